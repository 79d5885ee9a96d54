"""Reads the n-gram models of the lingua-language-detector wheel and writes, per language, how often each n-gram was seen.

The wheel (Apache-2.0) holds for every language the relative frequency of each run of 1 to 5 letters inside words, given
the run without its last letter, as a fraction. Nothing is cut off, so the products along a run are the whole numbers
that were counted; the maker (make_table.cc) finds the beginnings and ends of words from their differences.

Usage: extract.py WHEEL FOLDER: writes FOLDER/<code>.txt, a line per n-gram: the n-gram, a space, its count.
"""

import io
import json
import math
import pathlib
import sys
import zipfile

ORDERS = ["unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams"]


def fractions(wheel, code, order):
    name = f"lingua/language-models/{code}/{order}.json.zip"
    if name not in wheel.namelist():
        return {}
    with zipfile.ZipFile(io.BytesIO(wheel.read(name))) as inner:
        model = json.loads(inner.read(inner.namelist()[0]))
    out = {}
    for fraction, grams in model["ngrams"].items():
        above, below = fraction.split("/")
        value = (int(above), int(below))
        for gram in grams.split(" "):
            out[gram] = value
    return out


def counts(wheel, code):
    """Every n-gram with its count, shorter ones first."""
    shorter = {}
    for order in ORDERS:
        model = fractions(wheel, code, order)
        if order == "unigrams":
            total = math.lcm(*(below for _, below in model.values()))
            longer = {gram: above * total // below for gram, (above, below) in model.items()}
        else:
            longer = {gram: shorter[gram[:-1]] * above // below for gram, (above, below) in model.items()}
        yield from sorted(longer.items())
        shorter = longer


def main():
    wheel = zipfile.ZipFile(sys.argv[1])
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    codes = sorted({name.split("/")[2] for name in wheel.namelist() if name.startswith("lingua/language-models/")} - {""})
    for code in codes:
        with open(folder / f"{code}.txt", "w", encoding="utf-8", newline="\n") as out:
            out.writelines(f"{gram} {count}\n" for gram, count in counts(wheel, code))


if __name__ == "__main__":
    main()
