"""Times figures beside matplotlib's of the same maps: one head at 512 tokens, and all heads of a base model side by side.

    figures.py BUILD

The maps are a bert-base's of random weights (tests/bench/peer.py makes it); matplotlib draws them from memory with imshow, 32
ticks on both axes and a colour bar, at 300 dpi, its import and the reading of the maps not counted; gaze's time is that of the
whole command, maps, layout and file. Beside seconds on the clock stand those of the processor, of all threads (gaze: of a
process that draws less those of one that only runs the text), which other programs on the machine change little. A round is a
process each; medians of ROUNDS (5).
"""
import os
import re
import resource
import statistics
import subprocess
import sys

BUILD = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
FOLDER = os.path.join(BUILD, "bench")
MODEL = os.path.join(FOLDER, "bert-base")

MATPLOTLIB = """
import sys, time
import numpy, matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
stored, out, across = numpy.load(sys.argv[1]), sys.argv[2], int(sys.argv[3])
maps = numpy.stack([stored[name] for name in stored.files])
begin, busy = time.perf_counter(), time.process_time()
down = len(maps) // across
figure, axes = plt.subplots(down, across, figsize=(6.1, 6) if across == 1 else (18, 18), squeeze=False)
for axis, one in zip(axes.flat, maps):
    shown = axis.imshow(one, vmin=0, vmax=float(maps.max()), cmap="Blues")
    step = max(1, one.shape[0] // 32)
    ticks = range(0, one.shape[0], step) if across == 1 else []
    axis.set_xticks(ticks, ["t%d" % t for t in ticks], rotation=90, fontsize=6)
    axis.set_yticks(ticks, ["t%d" % t for t in ticks], fontsize=6)
figure.colorbar(shown, ax=axes)
figure.savefig(out, dpi=300)
print("SECONDS %.6f %.6f" % (time.perf_counter() - begin, time.process_time() - busy))
"""

# name, tokens, heads, extension, maps side by side in matplotlib's figure (0: it has no such format), what is aimed at
FIGURES = [
    ("one head at 512 tokens, .png", 512, "L3.H5", "png", 1, "0.3 s"),
    ("one head at 512 tokens, .pdf", 512, "L3.H5", "pdf", 1, "1 MB"),
    ("one head at 512 tokens, .svg", 512, "L3.H5", "svg", 1, ""),
    ("12 x 12 heads at 128 tokens, .png", 128, "*", "png", 12, ""),
    ("12 x 12 heads at 512 tokens, .png", 512, "*", "png", 12, "1 s"),
    ("12 x 12 heads at 128 tokens, .html", 128, "*", "html", 0, "12 MB"),
]


def busy():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def gaze(lines):
    """Runs them: what it prints, and the processor's seconds."""
    before = busy()
    out = subprocess.run([os.path.join(BUILD, "gaze"), "-X"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    return out.stdout + out.stderr, busy() - before


def medians(rounds):
    return [statistics.median(column) for column in zip(*rounds)]


def draw(begin, command):
    """Seconds of the last command on the clock and of the processor."""
    number, unit = re.findall(r"^([0-9.]+) (s|ms)$", (both := gaze(begin + ["time " + command]))[0], re.M)[-1]
    return float(number) / (1000 if unit == "ms" else 1), both[1] - gaze(begin)[1]


def matplotlib(maps, out, across):
    run = subprocess.run([sys.executable, "-c", MATPLOTLIB, maps, out, str(across)], capture_output=True, text=True, check=True)
    return [float(x) for x in re.search(r"SECONDS ([0-9.]+) ([0-9.]+)", run.stdout).groups()]


def main():
    if not os.path.isfile(os.path.join(MODEL, "model.safetensors")):
        subprocess.run([sys.executable, os.path.join(HERE, "peer.py"), "make", "bert-base", MODEL], check=True)
    print("figures of bert-base, random weights     gaze: clock  processor      bytes     aim   matplotlib: clock  processor      bytes")
    for name, n, heads, extension, across, aim in FIGURES:
        begin = ["load " + MODEL, "run ids=" + ",".join(str(5 + (37 * i) % 20000) for i in range(n))]
        file, peer, npz = (os.path.join(FOLDER, x) for x in ("figure." + extension, "peer." + extension, "maps.npz"))
        ours = medians(draw(begin, "plot %s mark=none > %s" % (heads, file)) for _ in range(ROUNDS))
        line = "%-40s %8.3f s %8.3f s %10d %7s" % (name, *ours, os.path.getsize(file), aim)
        if across:
            gaze(begin + ["show %s > %s" % (heads, npz)])
            theirs = medians(matplotlib(npz, peer, across) for _ in range(ROUNDS))
            line += "          %8.3f s %8.3f s %10d" % (*theirs, os.path.getsize(peer))
        print(line, flush=True)


main()
