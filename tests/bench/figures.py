"""Times figures beside matplotlib's of the same maps: one head at 512 tokens, and all heads of a base model side by side.

    figures.py BUILD

The maps are a bert-base's of random weights (tests/bench/peer.py makes it); matplotlib draws them from memory with imshow, 32
ticks on both axes and a colour bar, at 300 dpi, its import and the reading of the maps not counted; gaze's time is that of the
whole command, maps, layout and file. A round is a process each; medians of ROUNDS (5).
"""
import os
import re
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
begin = time.perf_counter()
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
print("SECONDS %.6f" % (time.perf_counter() - begin))
"""


def seconds(command, **more):
    out = subprocess.run(command, capture_output=True, text=True, check=True, **more)
    return out.stdout + out.stderr


def gaze(lines):
    out = seconds([os.path.join(BUILD, "gaze"), "-X"], input="\n".join(lines) + "\n")
    number, unit = re.findall(r"^([0-9.]+) (s|ms)$", out, re.M)[-1]
    return float(number) / (1000 if unit == "ms" else 1)


def matplotlib(maps, out, across):
    return float(re.search(r"SECONDS ([0-9.]+)", seconds([sys.executable, "-c", MATPLOTLIB, maps, out, str(across)])).group(1))


def row(name, ours, theirs, size):
    beside = "%8.3f s" % theirs if theirs is not None else "        -"
    print("%-44s %8.3f s   %s   %9d bytes" % (name, ours, beside, size))


def main():
    if not os.path.isfile(os.path.join(MODEL, "model.safetensors")):
        subprocess.run([sys.executable, os.path.join(HERE, "peer.py"), "make", "bert-base", MODEL], check=True)
    ids = lambda n: "run ids=" + ",".join(str(5 + (37 * i) % 20000) for i in range(n))
    begin = ["load " + MODEL, ids(512)]
    print("figures of bert-base, random weights           gaze        matplotlib    gaze's file")
    for name, n, what, extension, across in [
            ("one head at 512 tokens, .png", 512, "L3.H5", "png", 1), ("one head at 512 tokens, .pdf", 512, "L3.H5", "pdf", 1),
            ("one head at 512 tokens, .svg", 512, "L3.H5", "svg", 1), ("12 x 12 heads at 128 tokens, .png", 128, "*", "png", 12),
            ("12 x 12 heads at 512 tokens, .png", 512, "*", "png", 12), ("12 x 12 heads at 128 tokens, .html", 128, "*", "html", 0)]:
        file, npz = os.path.join(FOLDER, "figure." + extension), os.path.join(FOLDER, "maps.npz")
        begin[1] = ids(n)
        ours = statistics.median(gaze(begin + ["time plot %s mark=none > %s" % (what, file)]) for _ in range(ROUNDS))
        theirs = None
        if across:
            subprocess.run([os.path.join(BUILD, "gaze"), "-X"], input="\n".join(begin + ["show %s > %s" % (what, npz)]), text=True,
                           check=True, capture_output=True)
            theirs = statistics.median(matplotlib(npz, os.path.join(FOLDER, "peer." + extension), across) for _ in range(ROUNDS))
        row(name, ours, theirs, os.path.getsize(file))


main()
