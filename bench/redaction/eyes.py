#!/usr/bin/env python3
"""Prints everything that redaction takes out of real conversations, with its surroundings, to be judged by eye.

  bench/redaction/eyes.py --corpora FOLDER [01c 02d ...]     (or GLEANER_CORPORA)

A corpus is named by the first letters of its folder. Every document goes whole through `gleaner redact`; then each string
that came back changed is laid beside the original. Equal findings are printed once, with how often they occurred.
"""

import argparse
import collections
import gzip
import json
import os
import pathlib
import re
import subprocess

REPO = pathlib.Path(__file__).resolve().parents[2]
DEFAULT = ("01c", "02d", "02f", "03a", "07a")
PLACEHOLDER = re.compile(r"(\[[A-Z_]+(?:_[0-9a-f]{4,})?\])")


def pairs(before, after, path=""):
    """(path, original, redacted) of every string that changed, members' names included; JSON in strings is entered."""
    if isinstance(before, dict):
        for (name, value), (new_name, new_value) in zip(before.items(), after.items(), strict=True):
            if name != new_name:
                yield f"{path}, a name", name, new_name
            yield from pairs(value, new_value, f"{path}.{name}")
    elif isinstance(before, list):
        for value, new_value in zip(before, after, strict=True):
            yield from pairs(value, new_value, f"{path}[]")
    elif before != after:
        inner, new_inner = inside(before), inside(after)
        if inner is not None and new_inner is not None:
            yield from pairs(inner, new_inner, path)
        else:
            yield path, str(before), after


def inside(text):
    """The JSON document that a string is, or None."""
    if isinstance(text, str) and text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except ValueError:
            pass
    return None


def findings(before, after):
    """(placeholder, value, text before, text behind): what stands between the pieces that stayed."""
    pieces = PLACEHOLDER.split(after)
    at = len(pieces[0])
    for index in range(1, len(pieces), 2):
        behind = pieces[index + 1]
        if before.startswith(pieces[index], at):  # it stood there before
            at += len(pieces[index]) + len(behind)
            continue
        last = index + 2 == len(pieces)
        end = len(before) - len(behind) if last else before.find(behind, at + 1) if behind else at + 1
        if end < 0:
            return
        yield pieces[index], before[at:end], before[:at], before[end:]
        at = end + len(behind)


def documents_of(folder):
    """The documents of every JSON and JSON Lines file of a folder, one a line."""
    for path in sorted(folder.iterdir()):
        data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
        if ".jsonl" in path.suffixes:
            yield from data.splitlines()
        elif ".json" in path.suffixes:
            yield json.dumps(json.loads(data)).encode()


def one_line(text):
    return text.replace("\n", "⏎").replace("\r", "").replace("\t", " ")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("corpus", nargs="*", default=DEFAULT, help=f"default: {' '.join(DEFAULT)}")
    parser.add_argument("--corpora", default=os.environ.get("GLEANER_CORPORA"), help="folder of the corpora")
    parser.add_argument("--gleaner", default=str(REPO / "build" / "release" / "gleaner"), help="the program")
    parser.add_argument("--kinds", default="default", help="as for gleaner redact")
    parser.add_argument("--context", type=int, default=40, help="characters on both sides (default: 40)")
    options = parser.parse_args()
    if not options.corpora:
        parser.error("--corpora or GLEANER_CORPORA must name the corpora")
    for name in options.corpus:
        (folder,) = pathlib.Path(options.corpora).glob(f"{name}*")
        documents = list(documents_of(folder))
        command = [options.gleaner, "redact", "--kinds", options.kinds]
        done = subprocess.run(command, input=b"\n".join(documents) + b"\n", capture_output=True)
        if done.returncode != 0:
            raise SystemExit(f"gleaner redact: {done.stderr.decode()}")
        seen, shown = collections.Counter(), {}
        for before, after in zip(documents, done.stdout.split(b"\n")[:-1], strict=True):
            for where, old, new in pairs(json.loads(before), json.loads(after)):
                for placeholder, value, left, right in findings(old, new):
                    around = f"{left[-options.context:]}«{value}»{right[:options.context]}"
                    seen[placeholder, value] += 1
                    shown.setdefault((placeholder, value), f"{where[-60:]:<60} {one_line(around)}")
        size = sum(map(len, documents)) / 1e6
        print(f"\n{name}: {sum(seen.values())} findings, {len(seen)} different, in {size:.1f} MB")
        for (placeholder, value), count in sorted(seen.items()):
            print(f"{placeholder:<18} {count:>4} × {shown[placeholder, value]}")


if __name__ == "__main__":
    main()
