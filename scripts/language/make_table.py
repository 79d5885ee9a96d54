"""Makes src/enrich/language/*.txt, the table of language detection, from a pinned package. Takes a quarter of an hour.

Needs pip, g++ and 4 GB of memory. The same table comes out of the same package, whatever the machine: nothing here
depends on the order of a hash table, and the trainer (make_table.cc, trainer.cc, words.cc) draws from a fixed seed and
rounds as IEEE 754 says.

Usage: scripts/language/make_table.py [WORK_FOLDER]
"""

import hashlib
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TABLE = HERE.parents[1] / "src" / "enrich" / "language"
PACKAGE = "lingua-language-detector==1.0.1"
WHEEL = "lingua_language_detector-1.0.1-py3-none-any.whl"
SHA256 = "bcaef6c5d751597a3dd84d2935c40793d43506d6f472fe5f3dc5271d0c56168b"
# No contraction of a * b + c into one rounding, which not every machine has.
COMPILE = ["g++", "-std=c++23", "-O2", "-ftree-vectorize", "-march=x86-64-v2", "-ffp-contract=off"]
SOURCES = ["make_table.cc", "trainer.cc", "words.cc"]
LATIN_PARTS = 3

HEAD = f"""\
# What n-grams of letters say about languages, version 1. The format: src/enrich/language_table.h.
# Made by scripts/language/make_table.py from the n-gram counts of {PACKAGE} (Apache-2.0). Do not edit.
"""


def download(work):
    wheel = work / WHEEL
    if not wheel.exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "-d", work, PACKAGE], check=True)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{wheel} is not the package that the table is made from")
    return wheel


def groups(work):
    """The table of each writing, as lines."""
    counts = work / "counts"
    if not counts.exists():
        subprocess.run([sys.executable, HERE / "extract.py", download(work), counts], check=True)
    maker = work / "make_table"
    subprocess.run([*COMPILE, *(HERE / source for source in SOURCES), "-o", maker], check=True)
    for writing in ["latin", "cyrillic", "arabic", "devanagari", "han"]:
        made = subprocess.run([maker, counts, writing], check=True, stdout=subprocess.PIPE)
        yield writing, made.stdout.decode().splitlines(keepends=True)


def write(work):
    TABLE.mkdir(exist_ok=True)
    other = []
    for writing, lines in groups(work):
        if writing != "latin":
            other += lines
            continue
        legend, grams = lines[0], lines[1:]
        size = -(-len(grams) // LATIN_PARTS)
        for part in range(LATIN_PARTS):
            text = HEAD + legend + "".join(grams[part * size : (part + 1) * size])
            (TABLE / f"latin_{part + 1}.txt").write_text(text, encoding="utf-8")
    (TABLE / "other.txt").write_text(HEAD + "".join(other), encoding="utf-8")


def main():
    if len(sys.argv) > 1:
        write(pathlib.Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as work:
        write(pathlib.Path(work))


if __name__ == "__main__":
    main()
