#!/usr/bin/env python3
"""Gleaner's export of a fine-tuning file beside the Python exporter it replaces: speed, memory, and a ratio.

  bench/dataset/export_peers.py --corpus FILE ...     (--records 1000000, --gleaner PROGRAM, --json FILE, --tmp FOLDER)

The rules, for whoever doubts a figure:

* The records are what `gleaner import` makes of the corpus files (JSONL, plain or compressed, or folders of it): chats,
  and runs of agents with a trajectory. They are repeated with new ids, in turn, until there are --records of them, over
  30 days, and stored once more by `gleaner import`. Three stores: all of them as they come, chats alone and runs of
  agents alone (a fifth as many each).
* Gleaner is `gleaner export --format openai` with filters by platform and by length of the answer. The Python exporter
  has the same filters and reads the same records as JSON lines.
* The Python exporter is export_for_training() of the TrainingCollector it was written for: every line by json.loads into
  one list, the filters, then json.dumps of every example. It is given the names of our fields, and messages instead of a
  prompt and a response; its removal of duplicates is left out, as an export does none. "line by line" is the same without
  the lists. Both write only what the record says as messages: they do not turn trajectories into tool calls, pair calls
  with results, look for corrections or leave out what a trainer would refuse. Gleaner does all that in its time.
* The Python exporter sees the first --by-hand records (0 for all): its speed does not depend on their number, and its
  lists do not fit into memory for long.
* Speed is MB (10^6 bytes) of record JSON for a second of CPU, user and system, of the whole process with its start, as
  wait4 tells them; record JSON is what the store counts as raw bytes, and for Python its file. Peak memory is the
  process's. Files of the system may be in memory, for both. Of --runs runs that take turns, the one with the median CPU.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone

REPO = pathlib.Path(__file__).resolve().parents[2]
PLATFORMS = ("web", "web", "web", "web", "n8n")
PLATFORM = "web"
MIN_CHARS = 20
DAYS = 30
TARGET_MB, TARGET_RATIO = 200, 50


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- the exporter of the seed ---


def wanted(record):
    return record.get("platform") == PLATFORM and (record.get("response_chars") or 0) >= MIN_CHARS


def messages_of(record):
    return {"messages": record.get("messages", []) + [record["output"]]}


def export_for_training(input_path, output_path):
    all_examples = []
    with open(input_path) as f:
        for line in f:
            all_examples.append(json.loads(line))
    filtered = [ex for ex in all_examples if wanted(ex)]
    formatted = [messages_of(ex) for ex in filtered]
    with open(output_path, "w") as f:
        for ex in formatted:
            f.write(json.dumps(ex) + "\n")
    return {"total_raw": len(all_examples), "after_filtering": len(formatted)}


def export_line_by_line(input_path, output_path):
    total = written = 0
    with open(input_path) as source, open(output_path, "w") as f:
        for line in source:
            record = json.loads(line)
            total += 1
            if wanted(record):
                f.write(json.dumps(messages_of(record)) + "\n")
                written += 1
    return {"total_raw": total, "after_filtering": written}


EXPORTERS = {"seed": export_for_training, "line": export_line_by_line}


# --- the records ---


class Gleaner:
    def __init__(self, program, data):
        self.program = program
        self.environment = {**os.environ, "GLEANER_DATA_DIR": str(data)}

    def run(self, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], env=self.environment, capture_output=True, text=True)
        if done.returncode not in (0, 3):  # 3: some records of a corpus were rejected
            raise SystemExit(f"gleaner {arguments[0]}: {done.stderr or done.stdout}")
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    def records(self):
        """Every interaction of the store."""
        key = self.run("keys", "create", "--name", "bench", "--scope", "read", "--json")["key"]
        server = subprocess.Popen([self.program, "serve", "--port", "0"], env=self.environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            port = int(server.stdout.readline().rsplit(":", 1)[1])
            connection, cursor = http.client.HTTPConnection("127.0.0.1", port, timeout=300), None
            while cursor is None or cursor:
                connection.request("GET", f"/v1/interactions?limit=500&cursor={cursor or ''}",
                                   headers={"Authorization": f"Bearer {key}"})
                page = json.loads(connection.getresponse().read())
                yield from (one["interaction"] for one in page["data"])
                cursor = page.get("next_cursor") or ""
        finally:
            server.terminate()
            server.wait()


def corpus(program, files, folder):
    """Records as the importer makes them, as the insides of JSON objects: chats, and runs of agents."""
    store = Gleaner(program, folder / "corpus")
    store.run("import", *files)
    own = {"id", "created_at", "schema_version", "platform"}
    kinds = {"chats": [], "agent runs": []}
    for record in store.records():
        # What has nobody's question or answer is in no export, and the Python exporter would stumble over it.
        if not record.get("messages") or not record.get("output"):
            continue
        inside = json.dumps({name: value for name, value in record.items() if name not in own}, ensure_ascii=False)[1:]
        kinds["agent runs" if "trajectory" in record else "chats"].append(inside)
    shutil.rmtree(folder / "corpus")
    for insides in kinds.values():
        random.Random(1).shuffle(insides)
    return kinds


def write_records(path, insides, count):
    start = datetime.now(timezone.utc).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            day = start + timedelta(days=number * DAYS // count)
            file.write(f'{{"id":"r{number}","created_at":"{day:%Y-%m-%dT%H:%M:%SZ}",'
                       f'"platform":"{PLATFORMS[number % len(PLATFORMS)]}",{insides[number % len(insides)]}\n')


def first_lines(path, count, into):
    with open(path, "rb") as source, open(into, "wb") as file:
        for _ in range(count):
            file.write(source.readline())


# --- measuring ---


def measure(command):
    """Wall and CPU seconds, peak memory in MB, and what it printed as JSON."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command}: {process.returncode}")
    return {"wall_s": time.monotonic() - start, "cpu_s": used.ru_utime + used.ru_stime,
            "peak_mb": used.ru_maxrss * 1024 / 1e6, "report": json.loads(out)}


def measured(command, environment):
    """The same, by a small process: a child's peak memory is at least that of its parent when it was started."""
    done = subprocess.run([sys.executable, __file__, "--measure", *map(str, command)], env=environment, check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def figures(run, raw_bytes, path):
    return {**run, "raw_mb": raw_bytes / 1e6, "written_mb": path.stat().st_size / 1e6,
            "mb_per_cpu_s": raw_bytes / 1e6 / run["cpu_s"]}


def compare(title, insides, count, options, folder):
    lines, by_hand = folder / "records.jsonl", folder / "by_hand.jsonl"
    write_records(lines, insides, count)
    store = Gleaner(options.gleaner, folder / "data")
    start = time.monotonic()
    store.run("import", lines, "--format", "gleaner")
    totals = store.run("stats", "--json")
    raw_bytes = sum(platform["raw_bytes"] for platform in totals["by_platform"].values())
    stored = totals["overview"]["total_records"]
    if stored != count:
        raise SystemExit(f"{title}: {stored} of {count} records were stored")
    say(f"{title}: {count} records of {len(insides)}, {raw_bytes / 1e6:.0f} MB, stored in "
        f"{time.monotonic() - start:.0f} s")
    hand_count = min(count, options.by_hand or count)
    first_lines(lines, hand_count, by_hand)
    hand_bytes = by_hand.stat().st_size
    lines.unlink()
    output = folder / "export.jsonl"
    programs = {
        "gleaner export": ([options.gleaner, "export", "--format", "openai", "--platform", PLATFORM,
                            "--min-response-length", MIN_CHARS, "--output", output, "--json"], raw_bytes),
        "Python, the seed's": ([sys.executable, __file__, "--exporter", "seed", by_hand, output], hand_bytes),
        "Python, line by line": ([sys.executable, __file__, "--exporter", "line", by_hand, output], hand_bytes)}
    runs = {name: [] for name in programs}
    for _ in range(options.runs):
        for name, (command, size) in programs.items():
            runs[name].append(figures(measured(command, store.environment), size, output))
            output.unlink()
    shutil.rmtree(folder / "data")
    by_hand.unlink()
    rows = {name: sorted(tries, key=lambda run: run["cpu_s"])[len(tries) // 2] for name, tries in runs.items()}
    for name, row in rows.items():
        row["spread"] = statistics.pstdev(run["mb_per_cpu_s"] for run in runs[name])
    return {"records": count, "megabytes": raw_bytes / 1e6, "by_hand_records": hand_count, "programs": rows}


def show(title, result):
    print(f"\n{title}: {result['records']} records, {result['megabytes']:.0f} MB of JSON "
          f"(Python: the first {result['by_hand_records']})\n")
    print(f"{'':<22}{'read MB':>9}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'MB/CPU s':>10}{'ratio':>8}")
    ours = result["programs"]["gleaner export"]["mb_per_cpu_s"]
    for name, row in result["programs"].items():
        print(f"{name:<22}{row['raw_mb']:>9.0f}{row['wall_s']:>9.2f}{row['cpu_s']:>9.2f}{row['peak_mb']:>9.0f}"
              f"{row['mb_per_cpu_s']:>10.1f}{ours / row['mb_per_cpu_s']:>8.1f}", flush=True)


def verdict(result):
    ours, theirs = (result["programs"][name]["mb_per_cpu_s"] for name in ("gleaner export", "Python, the seed's"))
    fast = "pass" if ours >= TARGET_MB else "MISS"
    times = "pass" if ours >= TARGET_RATIO * theirs else "MISS"
    print(f"\n{fast}  {ours:.0f} MB of JSON for a second of CPU (target {TARGET_MB})")
    print(f"{times}  {ours / theirs:.1f} times the Python exporter (target {TARGET_RATIO})")


def main():
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2:])))
        return
    if sys.argv[1:2] == ["--exporter"]:
        print(json.dumps(EXPORTERS[sys.argv[2]](sys.argv[3], sys.argv[4])))
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpus", nargs="+", required=True, help="files and folders that `gleaner import` reads")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--by-hand", type=int, default=100_000, help="of them for the Python exporter; 0 for all")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--gleaner", default=str(REPO / "build" / "release" / "gleaner"))
    parser.add_argument("--tmp", help="where the stores are made; default: the folder of gleaner")
    parser.add_argument("--json", metavar="FILE", help="write every figure there")
    options = parser.parse_args()
    options.gleaner = str(pathlib.Path(options.gleaner).resolve())
    results = {}
    with tempfile.TemporaryDirectory(prefix="export_", dir=options.tmp or pathlib.Path(options.gleaner).parent) as name:
        folder = pathlib.Path(name)
        kinds = corpus(options.gleaner, options.corpus, folder)
        everything = [one for records in kinds.values() for one in records]
        random.Random(2).shuffle(everything)
        sets = {"all": (everything, options.records)}
        if all(kinds.values()):
            sets |= {kind: (records, max(1, options.records // 5)) for kind, records in kinds.items()}
        for title, (insides, count) in sets.items():
            if not insides:
                raise SystemExit("the corpus has no interaction with messages and an output")
            results[title] = compare(title, insides, count, options, folder)
            show(title, results[title])
    verdict(results["all"])
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
