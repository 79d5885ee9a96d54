#!/usr/bin/env python3
"""Gleaner's redaction beside Microsoft Presidio's pattern recognisers: accuracy on two corpora, and speed.

  bench/redaction/compare.py --corpora FOLDER     (or GLEANER_CORPORA; --json FILE, --gleaner PROGRAM)

The first run makes a virtual environment beside the build (build/presidio) with the releases of requirements.txt.

The rules, for whoever doubts a figure:

* The cases are those of tests/redaction_score.py, which also says what is found, false and cross-talk. 05b is taken
  from Presidio's own unit tests. Each asks one recogniser about its own texts, and alone Presidio passes them all, by
  construction. A user has no such oracle: every recogniser looks at every text. So here both programs are given every
  text whole, with everything switched on, and must say for themselves what is there.
* "Everything" for Presidio is every predefined recogniser that works by patterns and whose entity is of one of the
  kinds compared, nearly ninety, most of them off by default, all registered for one language so that all run. There is
  no language model: its pipeline is spaCy's tokenizer, each word its own lemma, so that context words count. Its phone
  numbers are looked for in its own regions and in those of the cases.
* Presidio gives scores. It is measured with thresholds of 0 (its default), 0.4 and 0.5, on each corpus, and the best by
  micro F1 with cross-talk is what Gleaner is set against. Gleaner has no threshold: it runs as it runs in the intake,
  with all its kinds but names and addresses.
* Presidio may name one place in several ways at once. Any of these names may be the right one ("found"). For cross-talk
  only the name that would be written counts: the one with the highest score, then the longest.
* A text that is a negative case for one recogniser may hold what another looks for. So a false positive is a finding of
  the case's own kind, and findings of other kinds are counted apart, as cross-talk. Both F1 are given: without and with
  it. Kinds are coarse (all national and tax numbers are of one family), so a negative of one country can be a valid
  number of another; that is charged to both programs alike.
* Only kinds that both know are compared. Gleaner's others (tokens, keys, passwords ...) count for nothing here, nor
  does what it finds of them.
* The validation rows of 05b, a bare number that is valid or not, are apart: Gleaner is given the number as the value of
  a JSON member with the entity's name, Presidio the number and the words of that name as context.
* Speed: the same texts through `gleaner redact`, start to end, reading and writing JSON lines, and through Presidio's
  analyze() alone, called in one process that is warm. Both are one thread. Seconds are of the CPU, for other work on
  the machine changes them less; those of the clock are in --json.
"""

import argparse
import gzip
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parents[1]
sys.path.insert(0, str(REPO))

from tests import redaction_score as rs  # noqa: E402

THRESHOLDS = (0, 0.4, 0.5)
SPEED_THRESHOLD = 0.4  # what is dropped afterwards; it changes nothing of the work
GLEANER_BYTES = 100_000_000  # of text, so that starting the program does not count
SOURCES = {
    "05b": "05b, Presidio's test cases, everything switched on",
    "05b-validation": "05b, validation rows: a number under its name",
    "05c": "05c, sentences",
}


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- the two programs ---


class Presidio:
    """The worker in its virtual environment."""

    def __init__(self, folder):
        python = folder / "bin" / "python"
        wanted = (HERE / "requirements.txt").read_text()
        done = folder / "requirements.txt"
        if not done.exists() or done.read_text() != wanted:
            say(f"making {folder}")
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r",
                            HERE / "requirements.txt"], check=True)
            done.write_text(wanted)
        command = [python, HERE / "presidio_worker.py", ",".join(rs.ENTITY_KINDS)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        self.about = self.ask({"do": "about"})

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the Presidio worker ended with {self.process.wait()}")
        return json.loads(line)

    def find(self, cases, threshold):
        """All findings of each case, and those of them that would be written."""
        contexts = [case.key.lower().split("_") if case.key else [] for case in cases]
        answers = self.ask({"do": "find", "set": "all", "threshold": threshold, "contexts": contexts,
                            "texts": [case.text for case in cases]})
        found = [[(rs.Finding(rs.ENTITY_KINDS[name], begin, end, name), score) for name, begin, end, score in one]
                 for one in answers]
        return [[finding for finding, _ in one] for one in found], [written(one) for one in found]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def written(found):
    """Of findings that overlap, the one with the highest score, then the longest."""
    kept = []
    for finding, _ in sorted(found, key=lambda one: (-one[1], one[0].begin - one[0].end, one[0].begin)):
        if not any(rs.overlaps(finding[1:3], other[1:3]) for other in kept):
            kept.append(finding)
    return kept


class Gleaner:
    def __init__(self, program):
        self.program = program
        self.version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()

    def find(self, cases):
        given = "".join(rs.input_line(case) + "\n" for case in cases)
        done = subprocess.run([self.program, "redact", "--json"], input=given.encode(), capture_output=True)
        if done.returncode != 0:
            raise SystemExit(f"gleaner redact: {done.stderr.decode()}")
        answers = [json.loads(line) for line in done.stdout.decode().split("\n") if line]
        return [[one for one in rs.findings_of(case, answer) if one.kind in rs.SHARED_KINDS]
                for case, answer in zip(cases, answers, strict=True)]

    def time(self, path):
        """Seconds of CPU and of the clock for one file, program start included."""
        before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        with path.open("rb") as given:
            subprocess.run([self.program, "redact"], stdin=given, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return cpu, time.perf_counter() - clock


# --- accuracy ---


def shared(score):
    """The kinds of the table: those with a case or a finding."""
    return [kind for kind in rs.SHARED_KINDS if kind in score.kinds]


def compare_accuracy(rows, gleaner, presidio):
    """For each corpus: Gleaner's score, Presidio's by threshold, and which threshold is its best."""
    results = {}
    for source in SOURCES:
        cases = rs.cases_of(rows, source)
        theirs = {}
        for threshold in THRESHOLDS:
            found, crossing = presidio.find(cases, threshold)
            theirs[threshold] = rs.score(cases, found, crossing)
        best = max(THRESHOLDS, key=lambda one: theirs[one].total(rs.SHARED_KINDS).f1(crossing=True))
        ours = rs.score(cases, gleaner.find(cases)) if gleaner else rs.Score()
        results[source] = {"cases": len(cases), "gleaner": ours, "presidio": theirs, "best": best}
    return results


def show_accuracy(results):
    for source, title in SOURCES.items():
        one = results[source]
        ours, theirs = one["gleaner"], one["presidio"][one["best"]]
        print(f"\n{title} ({one['cases']} texts); Presidio with threshold {one['best']}\n")
        print(f"{'':<16}{'':>8} | {'Gleaner':^47} | {'Presidio':^47}")
        columns = f"{'found':>6}{'hidden':>7}{'false':>6}{'cross':>6}{'prec.':>7}{'recall':>7}{'F1':>7}"
        print(f"{'kind':<16}{'expected':>8} |{columns}  |{columns}")
        kinds = [kind for kind in rs.SHARED_KINDS if theirs.of(kind).expected or theirs.of(kind).false
                 or ours.of(kind).false or ours.of(kind).cross or theirs.of(kind).cross]
        for kind in [*kinds, "all"]:
            pair = [score.total(rs.SHARED_KINDS) if kind == "all" else score.of(kind) for score in (ours, theirs)]
            cells = [f"{count.found:>6}{count.hidden:>7}{count.false:>6}{count.cross:>6}{count.precision():>7.3f}"
                     f"{count.recall:>7.3f}{count.f1():>7.3f}" for count in pair]
            print(f"{kind:<16}{pair[1].expected:>8} |{cells[0]}  |{cells[1]}")
        total = ours.total(rs.SHARED_KINDS)
        line = [f"Gleaner {total.f1():.3f} / {total.f1(crossing=True):.3f}"]
        for threshold, score in one["presidio"].items():
            count = score.total(rs.SHARED_KINDS)
            line.append(f"Presidio at {threshold}: {count.f1():.3f} / {count.f1(crossing=True):.3f}")
        print("micro F1, without / with cross-talk: " + ", ".join(line))
        if source == "05c":
            print(f"findings beside all labels: Gleaner {total.unlabelled}, "
                  f"Presidio {theirs.total(rs.SHARED_KINDS).unlabelled}")


# --- speed ---


def chats(corpora):
    """The messages of 01c's conversations, as they are."""
    path = corpora / "01c-open-assistant-trees-en100" / "en_100_tree.jsonl.gz"
    texts = []

    def walk(message):
        texts.append(message["text"])
        for reply in message["replies"]:
            walk(reply)

    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            walk(json.loads(line)["prompt"])
    return texts


def planted(texts, rows):
    """The same messages, each with one more sentence that holds something to find."""
    cases = [case for case in rs.cases_of(rows, "05b") if case.expected]
    return [f"{text}\nPlease note: {cases[number * 7 % len(cases)].text}." for number, text in enumerate(texts)]


def measure_speed(texts, gleaner, presidio, rounds):
    """Megabytes of text a second: Presidio all texts once a round, Gleaner the same over and over."""
    size = sum(len(text.encode()) for text in texts)
    repeat = GLEANER_BYTES // size + 1
    cpu, clock = {}, {}

    def note(name, done, spent, passed):
        cpu.setdefault(name, []).append(done / spent / 1e6)
        clock.setdefault(name, []).append(done / passed / 1e6)

    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "texts.jsonl"
        lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
        with path.open("w") as file:
            for _ in range(repeat):
                file.write(lines)
        for _ in range(rounds):
            if gleaner:
                note("gleaner", repeat * size, *gleaner.time(path))
            for name in ("all", "default"):
                took = presidio.ask({"do": "time", "set": name, "texts": texts, "threshold": SPEED_THRESHOLD})
                note(name, size, took["cpu"], took["clock"])
                say(f"  {name}: {cpu[name][-1]:.4f} MB a second of CPU")
    middle = {name: statistics.median(runs) for name, runs in cpu.items()}
    return {"bytes": size, "texts": len(texts), "mb_per_cpu_s": middle, "runs_cpu": cpu, "runs_clock": clock}


def show_speed(title, result):
    middle = result["mb_per_cpu_s"]
    ours = middle.get("gleaner")
    print(f"\n{title} ({result['bytes'] / 1e6:.2f} MB of text), MB a second of CPU")
    if ours:
        print(f"  gleaner redact                      {ours:10.2f}")
    for name, what in (("all", "Presidio, every pattern recogniser"), ("default", "Presidio, as it comes")):
        ratio = f"   {ours / middle[name]:,.0f} times slower" if ours else ""
        print(f"  {what:<34} {middle[name]:11.4f}{ratio}")


# --- all of it ---


def as_json(results, speed, presidio, gleaner):
    def counts(score):
        kinds = {**{kind: score.of(kind) for kind in shared(score)}, "all": score.total(rs.SHARED_KINDS)}
        return {kind: {**vars(count), "precision": count.precision(), "recall": count.recall, "f1": count.f1(),
                       "f1_with_cross": count.f1(crossing=True)} for kind, count in kinds.items()}

    return {
        "versions": {**presidio.about["versions"], "gleaner": gleaner.version if gleaner else None},
        "presidio_entities": presidio.about["entities"],
        "accuracy": {source: {"cases": one["cases"], "gleaner": counts(one["gleaner"]), "best_threshold": one["best"],
                              "presidio": {str(at): counts(score) for at, score in one["presidio"].items()}}
                     for source, one in results.items()},
        "speed": speed,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpora", default=os.environ.get("GLEANER_CORPORA"), help="folder of the corpora")
    parser.add_argument("--gleaner", default=str(REPO / "build" / "release" / "gleaner"), help="the program")
    parser.add_argument("--venv", default=str(REPO / "build" / "presidio"), help="where Presidio is installed")
    parser.add_argument("--rounds", type=int, default=3, help="for the speeds; 0 leaves them out (default: 3)")
    parser.add_argument("--no-gleaner", action="store_true", help="Presidio alone")
    parser.add_argument("--mistakes", action="store_true", help="print every mistake of Gleaner")
    parser.add_argument("--json", metavar="FILE", help="write every figure there")
    options = parser.parse_args()
    if not options.corpora:
        parser.error("--corpora or GLEANER_CORPORA must name the corpora")
    corpora = pathlib.Path(options.corpora)
    rows = rs.rows_of_corpora(corpora)
    gleaner = None if options.no_gleaner else Gleaner(options.gleaner)
    presidio = Presidio(pathlib.Path(options.venv))
    about = presidio.about
    say(f"Presidio {about['versions']['presidio-analyzer']}, {len(about['entities']['all'])} entities")
    results = compare_accuracy(rows, gleaner, presidio)
    show_accuracy(results)
    if options.mistakes:
        for source in SOURCES:
            for what, kind, text, place in results[source]["gleaner"].mistakes:
                if kind.split()[0] in rs.SHARED_KINDS:
                    print(f"{source} {what:<10} {kind:<32} {place!r} in {text!r}")
    speed = {}
    if options.rounds > 0:
        texts = chats(corpora)
        for title, given in (("real chats", texts), ("the same with one case planted in each", planted(texts, rows))):
            speed[title] = measure_speed(given, gleaner, presidio, options.rounds)
            show_speed(title, speed[title])
    presidio.close()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(as_json(results, speed, presidio, gleaner), indent=1) + "\n")


if __name__ == "__main__":
    main()
