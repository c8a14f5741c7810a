"""Times gaze, PyTorch and ONNX Runtime on the same weights, round by round in turn, and prints medians and ratios.

    compare.py BUILD

Both sides stay loaded in processes of their own and are asked in turn, so that a machine that slows down slows both.
A pause before each question lets the other side's spinning threads go to sleep. Exit 1 where a side fails or the
numbers of the two sides, or of one thread and two, do not agree.
"""
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import time

import numpy

BUILD = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(os.environ.get("ROUNDS", "11"))
THREADS = int(os.environ.get("THREADS", "2"))
LENGTHS = [int(n) for n in os.environ.get("LENGTHS", "8,32,128,512").split(",")]
SHAPES = os.environ.get("SHAPES", "bert-base,deberta-v3-base,gpt2-small,t5-base,modernbert-base,mixtral-small").split(",")
PROMPT, MORE = 128, 64  # generation: tokens of the prompt, and of what follows by the cache
GENERATES = {"gpt2-small"}
ONLY = {"gpt2-small": [128], "t5-base": [128], "modernbert-base": [128], "mixtral-small": [128]}  # else LENGTHS
NO_PRODUCTS = {"mixtral-small"}  # its experts' products depend on the text
GROWTH = [int(n) for n in os.environ.get("GROWTH", "8,16,32,64,128,256,512,1024,2048,4096").split(",") if n]
PAUSE = 0.25
TOLERANCE = 2e-5  # of the last hidden state, whose entries are of order 1


class Side:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, request):
        self.process.stdin.write(request.encode() + b"\n")
        self.process.stdin.flush()
        return self.line()

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("bench: %s ended (status %s)" % (" ".join(self.process.args), self.process.wait()))
        return line.decode().strip()

    def hidden(self, n, width):
        self.process.stdin.write(b"hidden %d\n" % n)
        self.process.stdin.flush()
        data = b""
        while len(data) < n * width * 4:
            more = self.process.stdout.read(n * width * 4 - len(data))
            if not more:
                sys.exit("bench: %s ended" % self.process.args[0])
            data += more
        return numpy.frombuffer(data, dtype=numpy.float32).reshape(n, width)

    def time(self, request):
        time.sleep(PAUSE)
        return float(self.ask(request))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def peer(*arguments):
    return [sys.executable, os.path.join(HERE, "peer.py"), *arguments]


def folder_of(shape):
    folder = os.path.join(BUILD, "bench", shape)
    if not os.path.exists(os.path.join(folder, "model.safetensors")):
        os.makedirs(folder, exist_ok=True)
        print("making %s with random weights" % folder, file=sys.stderr)
        subprocess.run(peer("make", shape, folder), check=True)
    return folder


def same_numbers(shape, ours, theirs, n):
    """One and two threads give the same bits; both sides agree on the last hidden state."""
    width = int(ours.ask("size"))
    hashes = set()
    for threads in (1, 2, THREADS):
        ours.ask("threads %d" % threads)
        hashes.add(ours.ask("hash %d" % n))
    if len(hashes) != 1:
        sys.exit("bench: %s at %d tokens: the bits depend on the number of threads" % (shape, n))
    error = float(numpy.abs(ours.hidden(n, width) - theirs.hidden(n, width)).max())
    if not error <= TOLERANCE:
        sys.exit("bench: %s at %d tokens: hidden states differ by %g from PyTorch's" % (shape, n, error))
    return error


def same_ids(shape, sides):
    """All sides go on from the prompt with the same tokens."""
    ids = {side.ask("ids %d %d" % (PROMPT, MORE)) for side in sides}
    if len(ids) != 1:
        sys.exit("bench: %s: what follows the prompt differs between the sides" % shape)


# What a peer needs beside PyTorch: packages, the word that exports the graph with all maps as outputs, and the one that serves.
GRAPHS = {"ONNX Runtime": (("onnx", "onnxruntime"), "export", "onnx"), "OpenVINO": (("openvino",), "export-openvino", "openvino")}


def why_no_graph(folder, name):
    """Exports the model's graph where that has not been tried; why there is none, or ""."""
    packages, export, serve = GRAPHS[name]
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        return "%s not installed" % " and ".join(missing)
    log = os.path.join(folder, "export-%s.log" % serve)
    if not os.path.exists(log):
        print("exporting %s for %s" % (folder, name), file=sys.stderr)
        done = subprocess.run(peer(export, folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with open(log, "wb") as f:
            f.write(done.stdout.strip().split(b"\n")[-1] if done.returncode else b"")
    with open(log) as f:
        return f.read()


def others_of(folder):
    """The peers that can run this model, by name."""
    words = {"PyTorch": "serve"}
    for name, (_, _, serve) in GRAPHS.items():
        why = why_no_graph(folder, name)
        if why:
            print("  %-16s no %s: %s" % (os.path.basename(folder), name, why), file=sys.stderr)
        else:
            words[name] = serve
    sides = {name: Side(*peer(word, folder)) for name, word in words.items()}
    for side in sides.values():
        side.line()
    return sides


def measure(shape, what, request, ours, others, error):
    """Rounds of one request over all sides, each at its better of 1 and 2 threads."""
    mine, times = [], {(name, threads): [] for name in others for threads in (1, 2)}
    for _ in range(ROUNDS):
        mine.append(ours.time(request))
        for name, threads in times:
            others[name].ask("threads %d" % threads)
            times[name, threads].append(others[name].time(request))
    rows = []
    for name in others:
        best = min((1, 2), key=lambda threads: statistics.median(times[name, threads]))
        a, b = statistics.median(mine), statistics.median(times[name, best])
        rows.append((shape, what, a, name, b, best, b / a, min(times[name, best]) / min(mine), error))
        print("  %-16s %-22s gaze %8.2f ms   %s %8.2f ms (%d threads)   %.2f×" % rows[-1][:7], file=sys.stderr)
    return rows


def own_times(shape, n, ours):
    """A pass into memory that was used before and into fresh memory, and its products alone, in turn."""
    words = ("run", "fresh", "products")
    times = {word: [] for word in words}
    for _ in range(ROUNDS):
        for word in words:
            times[word].append(ours.time("%s %d" % (word, n)))
    return (shape, n, *(statistics.median(times[word]) for word in words))


def growth(shape):
    """How time and kept memory grow with the tokens of one text, and with texts of 64 tokens in one pass."""
    ours = Side(os.path.join(BUILD, "tests", "bench"), folder_of(shape), str(THREADS))
    rows = []
    for texts, n in [(1, n) for n in GROWTH] + [(k, 64) for k in (2, 4, 8, 16, 32, 64)]:
        answers = []
        for _ in range(max(3, ROUNDS // 2)):
            time.sleep(PAUSE)
            answers.append([float(x) for x in ours.ask("many %d %d" % (texts, n)).split()])
        ms = statistics.median(a[0] for a in answers)
        rows.append((texts, n, ms, texts * n / ms * 1e3, ms * 1e3 / (texts * n), answers[0][1] / 1e6))
    ours.close()
    return rows


def compare(shape, own):
    folder = folder_of(shape)
    ours = Side(os.path.join(BUILD, "tests", "bench"), folder, str(THREADS))
    others = others_of(folder)
    rows = []
    for n in ONLY.get(shape, LENGTHS):
        error = max(same_numbers(shape, ours, side, n) for side in others.values())
        rows += measure(shape, "%d tokens" % n, "run %d" % n, ours, others, error)
        if shape not in NO_PRODUCTS:
            own.append(own_times(shape, n, ours))
    if shape in GENERATES:
        able = {name: side for name, side in others.items() if name != "OpenVINO"}
        same_ids(shape, [ours, *able.values()])
        rows += measure(shape, "%d behind %d, by cache" % (MORE, PROMPT), "more %d %d" % (PROMPT, MORE), ours, able, 0)
    for side in (ours, *others.values()):
        side.close()
    return rows


def first_map(shape):
    """Seconds from exec of the program to its end, which follows the first map; warm."""
    folder = folder_of(shape)
    command = [os.path.join(BUILD, "gaze"), "-X", "-c", "set threads=%d" % THREADS, "-c", "load %s" % folder,
               "-c", "run ids=" + ",".join(str(5 + i * 7919 % 30000) for i in range(12)), "-c", "show L0.H0"]
    times = []
    for _ in range(ROUNDS):
        time.sleep(PAUSE)
        begin = time.perf_counter()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        times.append(time.perf_counter() - begin)
        if done.returncode or not done.stdout:
            sys.exit("bench: %s: status %d: %s" % (" ".join(command), done.returncode, done.stderr.decode()))
    return statistics.median(times)


def cpu():
    with open("/proc/cpuinfo") as f:
        lines = dict(line.split(":", 1) for line in f if ":" in line)
    lines = {k.strip(): v.strip() for k, v in lines.items()}
    vector = "AVX-512" if "avx512f" in lines.get("flags", "") else "AVX2" if "avx2" in lines.get("flags", "") else "no AVX2"
    return "%s (family %s, model %s; %s), %d CPUs" % (lines.get("model name", platform.machine()), lines.get("cpu family", "?"),
                                                      lines.get("model", "?"), vector, len(os.sched_getaffinity(0)))


def commit():
    def git(*arguments):
        return subprocess.run(["git", *arguments], capture_output=True, text=True).stdout.strip()
    changed = " with changes" if git("status", "--porcelain", "--", "core", "Makefile") else ""
    return (git("rev-parse", "--short", "HEAD") or "unknown") + changed


def main():
    import torch
    import transformers
    os.environ["PYTHONWARNINGS"] = "ignore"
    rows, firsts, own = [], [], []
    for shape in SHAPES:
        rows += compare(shape, own)
        if shape not in ONLY:
            firsts.append((shape, first_map(shape)))
    print("CPU: %s" % cpu())
    print("commit %s; PyTorch %s, transformers %s, Python %s" % (commit(), torch.__version__, transformers.__version__,
                                                               platform.python_version()))
    print("medians of %d rounds in turn; gaze with %d threads; PyTorch eager with output_attentions, ONNX Runtime and OpenVINO (f32) with the same"
          % (ROUNDS, THREADS))
    print("graph and outputs, each at its better of 1 and 2 threads;")
    print("the bits of gaze are the same with 1 and 2 threads; difference: largest of the last hidden state to theirs")
    print()
    print("| shape | what | gaze ms | beside | ms there | threads there | ratio | ratio of the fastest | difference |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print("| %s | %s | %.1f | %s | %.1f | %d | %.2f | %.2f | %.1e |" % row)
    print()
    print("gaze alone: a pass into memory that an earlier one has used, the same into fresh memory, and its products alone")
    print("(every layer's matrices and the two of every head, by the same kernels); ms")
    print()
    print("| shape | tokens | used memory | fresh memory | products alone | pass / products |")
    print("|---|---|---|---|---|---|")
    for row in own:
        print("| %s | %d | %.1f | %.1f | %.1f | %.2f |" % (*row, row[2] / row[4]))
    print()
    if GROWTH and "deberta-v3-base" in SHAPES:
        print("| deberta-v3-base: texts | tokens each | ms | tokens/s | µs a token | kept MB |")
        print("|---|---|---|---|---|---|")
        for row in growth("deberta-v3-base"):
            print("| %d | %d | %.1f | %.0f | %.0f | %.1f |" % row)
        print()
    for shape, seconds in firsts:
        print("exec to the first map (load, run of 12 tokens, show), %s: %.3f s" % (shape, seconds))


main()
