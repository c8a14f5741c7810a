"""How gaze and its peers are called to train word vectors with the same settings."""
import os
import shutil
import subprocess
import sys

WINDOW, NEGATIVE, MIN_COUNT, SAMPLE = 5, 5, 5, "1e-3"
# kōan's buffer in sentences, above what any corpus has: the reader that it takes for longer ones keeps the line's end on the
# last word, which is then unknown and dropped.
WHOLE = "1000000000"
GENSIM = """
import sys, gensim
corpus, out, dim, sg, epochs, threads, alpha, seed = sys.argv[1:9]
m = gensim.models.Word2Vec(corpus_file=corpus, vector_size=int(dim), window=%d, negative=%d, min_count=%d, sample=%s,
                           sg=int(sg), epochs=int(epochs), workers=int(threads), alpha=float(alpha), min_alpha=1e-4,
                           seed=int(seed))
m.wv.save_word2vec_format(out, binary=True)
""" % (WINDOW, NEGATIVE, MIN_COUNT, SAMPLE)


def setting(name, default):
    return os.environ.get(name) or default


def program(variable, name):
    given = os.environ.get(variable)
    return shutil.which(given if given else name)


def has_gensim():
    return subprocess.run([sys.executable, "-c", "import gensim"], capture_output=True).returncode == 0


class Job:
    """What is trained: the vectors go to folder/PROGRAM.bin (kōan's and fastText's to the names that they make of theirs)."""

    def __init__(self, corpus, folder, trainer, dim, epochs, threads, seed=1, update=None):
        self.corpus, self.folder, self.trainer = corpus, folder, trainer
        self.dim, self.epochs, self.threads = dim, epochs, threads
        self.seed, self.update = seed, update
        self.sg = trainer == "sg"

    def out(self, name):
        return os.path.join(self.folder, name)


def gaze(path, times=1):
    def line(j):
        return [path, "-X", "-c", f"train {j.trainer} {j.corpus} dim={j.dim} window={WINDOW} negative={NEGATIVE} epochs={j.epochs} "
                f"min-count={MIN_COUNT} subsample={SAMPLE} threads={j.threads * times} seed={j.seed}"
                + (f" update={j.update}" if j.update else "") + f" > {j.out('gaze.bin')}"]
    return line


def gensim(_):
    def line(j):
        return [sys.executable, "-c", GENSIM, j.corpus, j.out("gensim.bin"), str(j.dim), str(int(j.sg)), str(j.epochs),
                str(j.threads), "0.025" if j.sg else "0.05", str(j.seed)]
    return line


def word2vec(path):
    def line(j):
        return [path, "-train", j.corpus, "-output", j.out("word2vec.bin"), "-cbow", str(int(not j.sg)), "-size", str(j.dim),
                "-window", str(WINDOW), "-negative", str(NEGATIVE), "-hs", "0", "-sample", SAMPLE, "-threads", str(j.threads),
                "-binary", "1", "-iter", str(j.epochs), "-min-count", str(MIN_COUNT)]
    return line


def fasttext(path):
    def line(j):
        return [path, "skipgram" if j.sg else "cbow", "-input", j.corpus, "-output", j.out("fasttext"), "-dim", str(j.dim), "-ws",
                str(WINDOW), "-neg", str(NEGATIVE), "-epoch", str(j.epochs), "-minCount", str(MIN_COUNT), "-t", SAMPLE, "-thread",
                str(j.threads), "-minn", "0", "-maxn", "0", "-loss", "ns", "-verbose", "0"]
    return line


def koan(path):
    def line(j):
        return [path, "-f", j.corpus, "-p", j.out("koan.txt"), "-d", str(j.dim), "-c", str(WINDOW), "-n", str(NEGATIVE), "-e",
                str(j.epochs), "-k", str(MIN_COUNT), "-o", SAMPLE, "-t", str(j.threads), "-b", "false" if j.sg else "true", "-l",
                "0.025" if j.sg else "0.075", "-P", "-B", WHOLE]
    return line


def found(build):
    """(name, its command line of a job) of gaze and of every peer that is installed; the others are named on stderr."""
    programs = [("gaze", gaze(os.path.join(build, "gaze")))]
    for name, variable, make in (("gensim", None, gensim), ("word2vec", "WORD2VEC", word2vec), ("fasttext", "FASTTEXT", fasttext),
                                 ("koan", "KOAN", koan)):
        path = (has_gensim() or None) if variable is None else program(variable, name)
        if path:
            programs.append((name, make(path)))
        else:
            print(f"bench-embed: {name} is missing" + (f" in {sys.executable}" if variable is None else f" (set {variable}=)"),
                  file=sys.stderr)
    if len(programs) == 1:
        sys.exit("bench-embed: no peer is installed: no comparison (Debian: fasttext; PyPI: gensim)")
    return programs


def answer(line):
    try:
        return subprocess.run(line, capture_output=True, text=True).stdout.strip().splitlines()[0]
    except (OSError, IndexError):
        return "?"
