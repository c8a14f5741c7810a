"""Training times of gaze and of its peers, whole processes in turn on the same text with the same settings.

Every round runs every program once, so that what else the machine does falls on all of them alike; the median over rounds
counts. Two times are given: by the clock, and of the processor (user + system), which is the fairer one on a busy machine."""
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time

from peers import MIN_COUNT, NEGATIVE, SAMPLE, WINDOW, Job, answer, found, gaze, has_gensim, setting


def made_up(path, words=8_000_000, different=120_000):
    """A text of Zipf's law, 16 words a line: as fast or slow to train on as a real one of its size."""
    rng = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgkqjxz"
    names = []
    for i in range(different):
        n, name = i + 1, ""
        while n or len(name) < 2:
            name += letters[n % 26]
            n //= 26
        names.append(name)
    sums, total = [], 0.0
    for i in range(different):
        total += 1 / (i + 2.7)
        sums.append(total)
    with open(path, "w") as out:
        for _ in range(words // 160_000):
            drawn = rng.choices(names, cum_weights=sums, k=160_000)
            out.write("\n".join(" ".join(drawn[i:i + 16]) for i in range(0, len(drawn), 16)) + "\n")


def prepare(folder):
    path = os.path.join(folder, "corpus.txt")
    given, lines = os.environ.get("CORPUS"), int(setting("LINES", "500000"))
    if not given:
        made_up(path)
        return path, "a made-up text of 8 M words"
    reader = ["zstd", "-dc", given] if given.endswith(".zst") else ["gzip", "-dc", given] if given.endswith(".gz") else ["cat", given]
    with subprocess.Popen(reader, stdout=subprocess.PIPE) as p, open(path, "wb") as out:
        for n, line in enumerate(p.stdout):
            if lines and n >= lines:
                p.kill()
                break
            out.write(line)
    return path, f"{'the first ' + str(lines) + ' lines of ' if lines else ''}{os.path.basename(given)}"


def timed(line):
    begun = time.monotonic()
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"bench-embed: {line[0]} ended with {child.returncode}: {message.decode(errors='replace')[-400:]}")
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def processor():
    try:
        with open("/proc/cpuinfo") as f:
            name = next((l.split(":")[1].strip() for l in f if l.startswith("model name")), platform.machine())
    except OSError:
        name = platform.machine()
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def main():
    build = sys.argv[1]
    programs = found(build)
    rounds, epochs, threads = (int(setting(n, d)) for n, d in (("ROUNDS", "3"), ("EPOCHS", "1"), ("THREADS", "1")))
    if len(os.sched_getaffinity(0)) >= 2 * threads:
        # The same with twice the threads, behind the first: what other programs wrote may still go to disk on another core.
        programs.insert(1, (f"gaze x{2 * threads}", gaze(os.path.join(build, "gaze"), 2)))
    with tempfile.TemporaryDirectory() as folder:
        corpus, what = prepare(folder)
        print(f"{processor()}; gaze {answer(['git', 'rev-parse', '--short', 'HEAD'])}"
              + (f"; gensim {answer([sys.executable, '-c', 'import gensim; print(gensim.__version__)'])}" if has_gensim() else ""))
        print(f"{what}, epochs {epochs}, threads {threads}, window {WINDOW}, negative {NEGATIVE}, min-count {MIN_COUNT}, "
              f"sub-sampling {SAMPLE}; median of {rounds} rounds")
        print("trainer  dim  program    clock s   cpu s   peak MB   clock/gaze   cpu/gaze")
        for trainer in setting("TRAINERS", "cbow,sg").split(","):
            for dim in setting("DIMS", "100,300").split(","):
                job = Job(corpus, folder, trainer, int(dim), epochs, threads)
                times = {name: [] for name, _ in programs}
                for _ in range(rounds):
                    for name, line in programs:
                        times[name].append(timed(line(job)))
                middle = {name: [statistics.median(t[i] for t in times[name]) for i in range(3)] for name in times}
                for name, _ in programs:
                    clock, cpu, peak = middle[name]
                    print(f"{trainer:7}  {dim:>3}  {name:9} {clock:8.2f} {cpu:7.2f} {peak:9.0f}   {clock / middle['gaze'][0]:9.1f}x "
                          f"{cpu / middle['gaze'][1]:9.1f}x", flush=True)


main()
