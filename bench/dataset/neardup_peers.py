#!/usr/bin/env python3
"""Gleaner's search for near duplicates beside datasketch and text-dedup: precision, recall and speed.

  bench/dataset/neardup_peers.py --corpora FOLDER     (or GLEANER_CORPORA; --json FILE, --bench PROGRAM)

The first run makes a virtual environment beside the build (build/neardup-peers) with the releases of requirements.txt.

The rules, for whoever doubts a figure:

* All three get the same texts, a threshold of 0.8, 128 permutations and shingles of five words. datasketch is given the
  words as dataset/words.h defines them; text-dedup has its own (it splits at every character that is no word character,
  so that a comma with a space behind it counts as a word).
* datasketch is used as its documentation shows: one MinHash for each text (update_batch), a MinHashLSH with the bands
  it chooses for the threshold, a query for each text before it is inserted. It does not verify what LSH gives. Both are
  counted: "as LSH gives", and "verified", where a candidate must have an estimated similarity of 0.8.
* text-dedup is its command, `python -m text_dedup.minhash`, one process.
* Gleaner is bench_neardup --clusters: verified by the texts, and by the signatures alone ("estimate").
* 06a is news articles with the list of all true pairs, as it came. "01j perturbed" is every different text of 01j, and
  of each a copy in which every word is dropped, replaced by another of the corpus or swapped with the next, with a
  probability that is drawn anew for each text between 0 and 5 in a hundred: its similarity to the original is about
  evenly between 0.55 and 1. The truth is the exact Jaccard similarity of all pairs of texts, by a product of sparse
  matrices, of shingles as dataset/words.h defines them; texts of fewer than five words are left out. Another table has
  the roleplay texts alone: the others share long prompts, and so have many pairs right at the threshold.
* Every program's pairs are connected to clusters, and the truth's as well. "pairs" compares all pairs of texts that are
  in one cluster; there, one wrong link between large clusters weighs much. "removed" compares the texts that would be
  removed, all but the first of each cluster.
* Speed is MB (10^6 bytes) of text for a second of CPU, from texts to clusters. Of text-dedup, the CPU of a run over two
  texts is taken off, so that starting Python and its libraries does not count; reading its file and writing the result
  does.
"""

import argparse
import gzip
import json
import os
import pathlib
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parents[1]
THRESHOLD = 0.8
PERMUTATIONS = 128
SHINGLE = 5
WORD = re.compile(r"[^\W_]+|(?<=[0-9]) *[-+*/=<>^%]")


def say(text):
    print(text, file=sys.stderr, flush=True)


def enter_environment(folder):
    """Runs this program again in the virtual environment, which is made first if need be."""
    python = folder / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == folder.resolve():
        return
    wanted = (HERE / "requirements.txt").read_text()
    done = folder / "requirements.txt"
    if not done.exists() or done.read_text() != wanted:
        say(f"making {folder}")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r",
                        HERE / "requirements.txt"], check=True)
        done.write_text(wanted)
    os.execv(python, [str(python), __file__, *sys.argv[1:]])


# --- the texts, and what is true of them ---


def shingles(text):
    words = [word.strip() for word in WORD.findall(text.lower())]
    return {" ".join(words[at:at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}


def perturb(text, vocabulary, rng):
    """The same text with some of its words dropped, replaced or swapped with the next."""
    rate = rng.uniform(0, 0.05)
    words = text.split(" ")
    for at in range(len(words)):
        if rng.random() >= rate:
            continue
        kind = rng.randrange(3)
        if kind == 0:
            words[at] = ""
        elif kind == 1:
            words[at] = rng.choice(vocabulary)
        elif at + 1 < len(words):
            words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(word for word in words if word)


def gpteacher(corpora, pattern):
    texts = {}
    for path in sorted((corpora / "01j-gpteacher").glob(pattern)):
        for row in json.loads(gzip.open(path, "rt", encoding="utf-8").read()):
            texts["\n".join(row[name] for name in ("instruction", "input", "response") if row[name])] = None
    return [text for text in texts if shingles(text)]


def perturbed(corpora, pattern, seed):
    rng = random.Random(seed)
    texts = gpteacher(corpora, pattern)
    vocabulary = [word for text in texts for word in text.split(" ") if word]
    texts += [perturb(text, vocabulary, rng) for text in texts]
    texts = [text for text in texts if shingles(text)]
    rng.shuffle(texts)
    return texts


def true_pairs(texts):
    """All pairs with a Jaccard similarity of at least the threshold, by comparing all with all."""
    import numpy as np
    from scipy import sparse

    numbers, columns, ends = {}, [], [0]
    for text in texts:
        columns += [numbers.setdefault(one, len(numbers)) for one in shingles(text)]
        ends.append(len(columns))
    matrix = sparse.csr_matrix((np.ones(len(columns), dtype=np.int32), columns, ends),
                               shape=(len(texts), len(numbers)))
    sizes, turned, pairs = np.diff(ends), matrix.T.tocsr(), []
    for begin in range(0, len(texts), 500):
        shared = (matrix[begin:begin + 500] @ turned).tocoo()
        first = shared.row + begin
        alike = shared.data / (sizes[first] + sizes[shared.col] - shared.data) >= THRESHOLD
        pairs += [(int(a), int(b)) for a, b in zip(first[alike], shared.col[alike]) if a < b]
    return pairs


def articles(corpora, size):
    folder = corpora / "06a-neardup-articles-truth"
    with gzip.open(folder / f"articles_{size}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    place = {row["id"]: number for number, row in enumerate(rows)}
    truth = [json.loads(line) for line in (folder / f"articles_{size}.truth.jsonl").read_text().splitlines()]
    return [row["text"] for row in rows], [(place[row["a"]], place[row["b"]]) for row in truth]


def connect(pairs, count):
    """Clusters of two or more."""
    parents = list(range(count))

    def root(one):
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    for a, b in pairs:
        a, b = sorted((root(a), root(b)))
        parents[b] = a
    clusters = {}
    for one in range(count):
        clusters.setdefault(root(one), []).append(one)
    return [members for members in clusters.values() if len(members) > 1]


# --- the three programs: each gives clusters and seconds of CPU ---


def cpu(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def run_gleaner(program, texts, scratch, *more):
    path = scratch / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts))
    command = [program, "--clusters", "--threshold", str(THRESHOLD), "--permutations", str(PERMUTATIONS),
               "--shingle", str(SHINGLE), *more, path]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["clusters"], answer["add_seconds"] + answer["find_seconds"]


def run_datasketch(texts):
    """As LSH gives it, then verified."""
    from datasketch import MinHash, MinHashLSH

    start = time.process_time()
    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    given, verified, signatures = [], [], []
    checking = 0.0
    for number, text in enumerate(texts):
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([one.encode() for one in shingles(text)])
        candidates = lsh.query(signature)
        lsh.insert(number, signature)
        given += [(other, number) for other in candidates]
        before = time.process_time()
        signatures.append(signature)
        verified += [(other, number) for other in candidates if signatures[other].jaccard(signature) >= THRESHOLD]
        checking += time.process_time() - before
    clusters = connect(given, len(texts))
    used = time.process_time() - start
    return (clusters, used - checking), (connect(verified, len(texts)), used)


def run_text_dedup(texts, scratch):
    def run(some):
        path, output, cache = (scratch / name for name in ("dedup.jsonl", "output", "cache"))
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in some))
        before = cpu(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "text_dedup.minhash", "--path", "json", "--data_files", path, "--split", "train",
             "--column", "text", "--output", output, "--cache_dir", cache, "--ngram", str(SHINGLE), "--min_length",
             str(SHINGLE), "--num_perm", str(PERMUTATIONS), "--threshold", str(THRESHOLD), "--num_proc", "1",
             "--debug"], capture_output=True, text=True, cwd=scratch,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(scratch / "home")})
        if done.returncode != 0:
            raise SystemExit(f"text-dedup: {done.stderr[-2000:]}")
        used = cpu(resource.RUSAGE_CHILDREN) - before
        found = subprocess.run(
            [sys.executable, "-c", "import json, pickle, sys; found = pickle.load(open(sys.argv[1], 'rb')); "
             "print(json.dumps([[int(a), int(found.find(a))] for a in list(found.parent)]))", output / "uf.pkl"],
            check=True, capture_output=True, text=True, cwd=scratch)
        shutil.rmtree(output)
        shutil.rmtree(cache)
        return json.loads(found.stdout), used

    start = min(run(texts[:2])[1] for _ in range(2))
    pairs, used = run(texts)
    return connect(pairs, len(texts)), used - start


# --- the table ---


def pairs_of(clusters):
    return {(a, b) for members in clusters for at, a in enumerate(members) for b in members[at + 1:]}


def rates(found, true):
    right = len(found & true)
    precision = right / len(found) if found else 1.0
    recall = right / len(true) if true else 1.0
    return precision, recall, 2 * right / (len(found) + len(true)) if found or true else 1.0


def score(clusters, truth):
    removed = [{one for members in each for one in members[1:]} for each in (clusters, truth)]
    return {"clusters": len(clusters), "pairs": rates(pairs_of(clusters), pairs_of(truth)), "removed": rates(*removed)}


def compare(title, texts, truth, options, scratch):
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    say(f"{title}: {len(texts)} texts, {megabytes:.2f} MB")
    runs = {}
    for name, more in (("gleaner", ()), ("gleaner, estimate", ("--estimate",))):
        tries = [run_gleaner(options.bench, texts, scratch, *more) for _ in range(5)]
        runs[name] = tries[0][0], statistics.median(used for _, used in tries)
    runs["datasketch, as LSH gives"], runs["datasketch, verified"] = run_datasketch(texts)
    if not options.no_text_dedup:
        runs["text-dedup"] = run_text_dedup(texts, scratch)
    rows = {name: {**score(clusters, truth), "mb_per_cpu_s": megabytes / used}
            for name, (clusters, used) in runs.items()}
    return {"texts": len(texts), "megabytes": megabytes, "true_clusters": len(truth), "programs": rows}


def show(title, result):
    print(f"\n{title}: {result['texts']} texts, {result['megabytes']:.2f} MB, "
          f"{result['true_clusters']} true clusters\n")
    print(f"{'':<26}{'':>9} | {'pairs':^23} | {'removed':^23} |{'MB/CPU s':>10}{'ratio':>8}")
    columns = f"{'prec.':>7}{'recall':>8}{'F1':>8}"
    print(f"{'':<26}{'clusters':>9} | {columns} | {columns} |")
    ours = result["programs"]["gleaner"]["mb_per_cpu_s"]
    for name, row in result["programs"].items():
        cells = ["".join(f"{value:>{width}.3f}" for value, width in zip(row[what], (7, 8, 8)))
                 for what in ("pairs", "removed")]
        print(f"{name:<26}{row['clusters']:>9} | {cells[0]} | {cells[1]} |{row['mb_per_cpu_s']:>10.3f}"
              f"{ours / row['mb_per_cpu_s']:>8.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpora", default=os.environ.get("GLEANER_CORPORA"), help="folder of the corpora")
    parser.add_argument("--bench", default=str(REPO / "build" / "release" / "bench" / "bench_neardup"))
    parser.add_argument("--venv", default=str(REPO / "build" / "neardup-peers"), help="where the others are installed")
    parser.add_argument("--seed", type=int, default=1, help="of the perturbed copies")
    parser.add_argument("--no-text-dedup", action="store_true")
    parser.add_argument("--json", metavar="FILE", help="write every figure there")
    options = parser.parse_args()
    if not options.corpora:
        parser.error("--corpora or GLEANER_CORPORA must name the corpora")
    enter_environment(pathlib.Path(options.venv))
    corpora = pathlib.Path(options.corpora)
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        for size in (100, 1000):
            texts, pairs = articles(corpora, size)
            title = f"06a, {size} articles"
            results[title] = compare(title, texts, connect(pairs, len(texts)), options, pathlib.Path(scratch))
            show(title, results[title])
        for title, pattern in (("01j perturbed, roleplay", "roleplay*"), ("01j perturbed", "*")):
            texts = perturbed(corpora, pattern + ".json.gz", options.seed)
            truth = connect(true_pairs(texts), len(texts))
            results[title] = compare(title, texts, truth, options, pathlib.Path(scratch))
            show(title, results[title])
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
