"""The quality of the vectors that gaze and its peers train on one corpus with the same settings: tests/bench-embed/quality.py BUILD.

CORPUS is the text; SETS a folder with questions-words.txt, wordsim353.tsv and simlex999.txt; SEEDS (1,2,3), DIM (100), EPOCHS (5).
Every program trains with one thread; all vectors are judged by `gaze eval` (3CosAdd, case folded; Spearman's rho of cosines)."""
import json
import os
import subprocess
import sys
import tempfile

from peers import Job, found, setting

ROWS = [  # what, program, trainer, update, one row a seed
    ("gaze cbow, corrected", "gaze", "cbow", None, True),
    ("koan cbow, corrected", "koan", "cbow", None, False),
    ("gaze cbow update=word2vec", "gaze", "cbow", "word2vec", True),
    ("gensim cbow", "gensim", "cbow", None, True),
    ("word2vec.c cbow", "word2vec", "cbow", None, False),
    ("gaze sg", "gaze", "sg", None, True),
    ("gensim sg", "gensim", "sg", None, True),
    ("word2vec.c sg", "word2vec", "sg", None, False),
    ("koan sg", "koan", "sg", None, False),
]
FILES = {"gaze": "gaze.bin", "gensim": "gensim.bin", "word2vec": "word2vec.bin", "koan": "koan.txt"}


def judged(gaze, vectors, sets):
    lines = ["-c", f"vectors load {vectors}"]
    for name in ("questions-words.txt", "wordsim353.tsv", "simlex999.txt"):
        lines += ["-c", f"eval {os.path.join(sets, name)} format=json"]
    told = subprocess.run([gaze, "-X"] + lines, capture_output=True, text=True, check=True).stdout.splitlines()
    questions, pairs, more = (json.loads(line) for line in told)
    return 100 * questions["correct"] / questions["total"], pairs["spearman"], more["spearman"]


def text_of(corpus, folder):
    """The plain text, which the peers want."""
    unpack = {".zst": "zstd", ".gz": "gzip"}.get(os.path.splitext(corpus)[1])
    if not unpack:
        return corpus
    path = os.path.join(folder, "corpus.txt")
    with open(path, "wb") as out:
        subprocess.run([unpack, "-dc", corpus], stdout=out, check=True)
    return path


def main():
    gaze = os.path.join(sys.argv[1], "gaze")
    given, sets = os.environ.get("CORPUS"), os.environ.get("SETS")
    if not given or not sets:
        sys.exit("quality: set CORPUS= (a text) and SETS= (the folder of the test sets)")
    programs = dict(found(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        corpus = text_of(given, folder)
        print(f"{'':26} seed  questions-words %  WordSim-353  SimLex-999")
        for what, program, trainer, update, seeded in ROWS:
            if program not in programs:
                continue
            for seed in setting("SEEDS", "1,2,3").split(",") if seeded else ["-"]:
                job = Job(corpus, folder, trainer, int(setting("DIM", "100")), int(setting("EPOCHS", "5")), 1, seed, update)
                subprocess.run(programs[program](job), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
                questions, pairs, more = judged(gaze, job.out(FILES[program]), sets)
                print(f"{what:26} {seed:>4}  {questions:17.1f}  {pairs:11.3f}  {more:10.3f}", flush=True)


main()
