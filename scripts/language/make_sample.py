"""Takes tests/data/language_sample.jsonl from the test sentences of lingua-rs: evenly spread over each language's rows,
20 of the languages Gleaner promises most for, 5 of the others it knows.

Usage: scripts/language/make_sample.py SENTENCES.jsonl.gz
"""

import collections
import gzip
import json
import pathlib
import sys

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "language_sample.jsonl"
MANY = {"en", "tr", "ar", "fr", "de", "ru"}
UNKNOWN = {"bs", "ms", "nn"}


def main():
    rows = collections.defaultdict(list)
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rows[row["lang"]].append(row)
    with open(SAMPLE, "w", encoding="utf-8", newline="\n") as out:
        for language in sorted(rows.keys() - UNKNOWN):
            count = 20 if language in MANY else 5
            step = len(rows[language]) // count
            for row in rows[language][step // 2 :: step][:count]:
                out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
