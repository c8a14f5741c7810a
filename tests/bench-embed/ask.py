"""Loading and asking of gaze beside gensim, on the same file, machine and cores: tests/bench-embed/ask.py BUILD.

Makes WORDS (400000) × DIM (300) random vectors in clusters, as word2vec binary and as GloVe text. Times by the clock, and of the
processor (user + system), which is the fairer one on a busy machine. Exits 1 without gensim or numpy."""
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

try:
    import numpy as np
    from gensim import __version__ as version
    from gensim.models import KeyedVectors
except ImportError as missing:
    sys.exit(f"bench-embed: {missing}")

GAZE = os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "gaze")
V, E = int(os.environ.get("WORDS", 400000)), int(os.environ.get("DIM", 300))
QUERIES, SETS = 20, 2000


def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def gaze(*lines):
    """Clock and processor seconds of the process, the seconds that `time` told, and its output."""
    clock, cpu = time.time(), children()
    done = subprocess.run([GAZE, "-X"] + [x for line in lines for x in ("-c", line)], capture_output=True, text=True, check=True)
    told = [float(x) for x in re.findall(r"^([0-9.]+) s$", done.stderr, re.M)]
    return time.time() - clock, children() - cpu, told, done.stdout


def timed(call):
    clock, cpu = time.time(), time.process_time()
    value = call()
    return time.time() - clock, time.process_time() - cpu, value


def row(what, ours, theirs, unit="s", scale=1):
    print(f"{what:34} {ours[0] * scale:9.2f} {ours[1] * scale:9.2f} {theirs[0] * scale:9.2f} {theirs[1] * scale:9.2f} {unit:>3}"
          f" {theirs[0] / ours[0]:7.0f} {theirs[1] / max(ours[1], 1e-9):7.0f}", flush=True)


with tempfile.TemporaryDirectory() as folder:
    binary, text, questions = (os.path.join(folder, x) for x in ("set.bin", "set.txt", "questions.txt"))
    random = np.random.default_rng(1)
    centres = random.standard_normal((V // 100 + 1, E), dtype=np.float32)
    with open(binary, "wb") as out:
        out.write(b"%d %d\n" % (V, E))
        for i in range(V):
            out.write(b"word%d " % i + (centres[i % len(centres)] * .6 + random.standard_normal(E, dtype=np.float32) * .8).tobytes())
    names = random.integers(0, min(V, 2000), (SETS, 4))
    with open(questions, "w") as out:
        out.write(": all\n" + "".join("word%d word%d word%d word%d\n" % tuple(q) for q in names))
    gaze(f"vectors load {binary}", f"vectors save format=glove > {text}")
    print(f"{V} words of {E} dimensions, gensim {version}, {os.cpu_count()} CPUs; seconds by the clock and of the processor")
    print(f"{'':34} {'gaze':>9} {'cpu':>9} {'gensim':>9} {'cpu':>9} {'':3} {'ratio':>7} {'cpu':>7}")

    load = min(gaze(f"vectors load {binary}")[:2] for _ in range(3))
    clock, cpu, kv = timed(lambda: KeyedVectors.load_word2vec_format(binary, binary=True))
    row("word2vec binary, whole process", load, (clock, cpu))
    ours = min(gaze(f"vectors load {text}")[:2] for _ in range(2))
    row("GloVe text, whole process", ours, timed(lambda: KeyedVectors.load_word2vec_format(text, no_header=True))[:2])

    words = ["word%d" % (i * (V // QUERIES) + 5) for i in range(QUERIES)]
    begin = [f"vectors load {binary}", "set threads=1", "neighbors word3 top=1"]
    base = gaze(*begin)
    full = gaze(*begin, *(f"time neighbors {w} format=json" for w in words))
    kv.most_similar("word3")
    clock, cpu, answers = timed(lambda: [kv.most_similar(w, topn=10) for w in words])
    row("neighbors, one query, one core", (sum(full[2]) / QUERIES, (full[1] - base[1]) / QUERIES), (clock / QUERIES, cpu / QUERIES), "ms", 1e3)
    found = [[(x["word"], x["score"]) for x in json.loads(line)] for line in full[3].splitlines() if line.startswith("[")]
    same = sum(a == b and abs(s - t) <= 1e-5 for x, y in zip(found, answers) for (a, s), (b, t) in zip(x, y))
    print(f"{'':4}{same} of {10 * QUERIES} answers are gensim's, scores within 1e-5")

    base, full = gaze(*begin), gaze(*begin, f"time eval {questions} format=json")
    few = os.path.join(folder, "few.txt")
    with open(few, "w") as out:
        out.writelines(open(questions).readlines()[:51])
    clock, cpu, _ = timed(lambda: kv.evaluate_word_analogies(few))
    row("analogies, a question, both methods", (full[2][0] / SETS, (full[1] - base[1]) / SETS), (clock / 50, cpu / 50), "ms", 1e3)
