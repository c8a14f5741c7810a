"""Times `scan` beside PyTorch with the same statistics in NumPy: tokens a second, and the memory of both.

    scan.py BUILD

The corpus: 10,000 lines, those of the file CORPUS (one text a line) or sentences made from the words of examples/texts.txt. The
model: examples/models/roberta-tiny, two threads each. The peer reads attentions from transformers' eager model in batches of 16 texts
that were sorted by length, padded within the batch, and sums what `scan` sums: nine measures of every head, masses by index and by
token, columns, sinks. What both came to is compared (the mean entropy of every head to 1e-5). gaze is timed as a process, the peer
without its imports and the loading. Every round asks each side once.
"""
import io
import os
import random
import resource
import statistics
import subprocess
import sys
import time

BUILD = sys.argv[1]
ROUNDS = int(os.environ.get("ROUNDS", "3"))
THREADS = int(os.environ.get("THREADS", "2"))
LINES = int(os.environ.get("LINES", "10000"))
MODEL = "examples/models/roberta-tiny"
FOLDER = os.path.join(BUILD, "bench")
CORPUS = os.path.join(FOLDER, "scan.txt")
PLACES, EPS = 128, [k / 10 for k in range(1, 10)]


def write_corpus():
    os.makedirs(FOLDER, exist_ok=True)
    if os.environ.get("CORPUS"):
        lines = [l for l in io.open(os.environ["CORPUS"], encoding="utf-8", errors="ignore") if l.strip()][:LINES]
    else:
        words, draw = open("examples/texts.txt", encoding="utf-8").read().split(), random.Random(22)
        lines = [" ".join(draw.choice(words) for _ in range(draw.randrange(4, 40))) + ".\n" for _ in range(LINES)]
    with open(CORPUS, "w", encoding="utf-8") as out:
        out.writelines(l if l.endswith("\n") else l + "\n" for l in lines)
    return len(lines)


def peer():
    """The whole corpus; prints seconds, tokens, peak memory above the start, and the mean entropy of each head."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false")
    import numpy as np
    import torch
    import transformers
    torch.set_num_threads(THREADS)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    model = transformers.AutoModel.from_pretrained(MODEL, attn_implementation="eager", torch_dtype=torch.float32).eval()
    special = set(tokenizer.all_special_ids)
    vocabulary, heads = len(tokenizer), model.config.num_hidden_layers * model.config.num_attention_heads
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    texts = tokenizer([l.rstrip("\n") for l in open(CORPUS, encoding="utf-8")], truncation=True, max_length=256)["input_ids"]
    texts.sort(key=len)
    sums, squares = np.zeros((9, heads)), np.zeros((9, heads))
    mass, square, ratio, columns = (np.zeros((heads, PLACES)) for _ in range(4))
    over = np.zeros((len(EPS), heads, PLACES))
    token_mass, token_ratio, token_columns = (np.zeros((vocabulary, heads)) for _ in range(3))
    token_n, done = np.zeros(vocabulary), 0
    for at in range(0, len(texts), 16):
        batch = tokenizer.pad({"input_ids": texts[at:at + 16]}, return_tensors="pt")
        with torch.no_grad():
            maps = model(**batch, output_attentions=True).attentions
        maps = torch.stack(maps, 1).numpy()
        for i, ids in enumerate(texts[at:at + 16]):
            n, ids = len(ids), np.array(ids)
            a = maps[i].reshape(heads, *maps.shape[-2:])[:, :n, :n].astype(np.float64)
            drawn = a.mean(1)
            covered = a >= 2 / n
            covered[:, range(n), range(n)] = False
            column = (n * drawn >= 3) & (covered.sum(1) / max(n - 1, 1) >= 2 / 3)
            smooth = .9999 * a + .0001 / n
            distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
            diagonal = lambda k: np.trace(a, k, 1, 2) / n
            values = np.stack([(n * drawn * column).max(1), n * drawn.max(1), drawn[:, 0], -(smooth * np.log(smooth)).sum((1, 2)) / n,
                               (a * distance).sum((1, 2)) / a.sum((1, 2)), diagonal(-1), diagonal(1), diagonal(0),
                               drawn[:, [x in special for x in ids.tolist()]].sum(1)])
            sums += values
            squares += values ** 2
            k = min(n, PLACES)
            mass[:, :k] += drawn[:, :k]
            square[:, :k] += drawn[:, :k] ** 2
            ratio[:, :k] += n * drawn[:, :k]
            columns[:, :k] += column[:, :k]
            for e, eps in enumerate(EPS):
                over[e, :, :k] += drawn[:, :k] > eps
            np.add.at(token_mass, ids, drawn.T)
            np.add.at(token_ratio, ids, n * drawn.T)
            np.add.at(token_columns, ids, column.T)
            np.add.at(token_n, ids, 1)
            done += n
    seconds = time.perf_counter() - begin
    print(seconds, done, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, *(sums[3] / len(texts)))


def gaze(lines):
    """Seconds, peak memory in MB, the mean entropy of each head."""
    part = os.path.join(FOLDER, "scan-part.txt")
    with open(CORPUS, encoding="utf-8") as corpus, open(part, "w", encoding="utf-8") as out:
        out.writelines(line for _, line in zip(range(lines), corpus))
    begin = time.perf_counter()
    child = subprocess.Popen([os.path.join(BUILD, "gaze"), "-X", f"--threads={THREADS}", MODEL, "-c", f"scan {part} format=csv"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    rows = child.stdout.read().splitlines()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    seconds = time.perf_counter() - begin
    at = rows[0].split(",").index("entropy")
    return seconds, usage.ru_maxrss / 1024, [float(row.split(",")[at]) for row in rows[1:]]


def main():
    lines = write_corpus()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(gaze(lines))
        out = subprocess.run([sys.executable, __file__, BUILD, "peer"], capture_output=True, text=True, check=True).stdout
        theirs.append([float(x) for x in out.split()])
    tokens = theirs[0][1]
    worst = max(abs(a - b) for a, b in zip(ours[0][2], theirs[0][3:]))
    mine, other = (tokens / statistics.median(s[0] for s in side) for side in (ours, theirs))
    print(f"scan of {lines} lines, {tokens:.0f} tokens, roberta-tiny, {THREADS} threads, median of {ROUNDS}")
    print(f"{'':28}{'tokens/s':>10}{'MB':>8}")
    print(f"{'gaze':28}{mine:10.0f}{max(s[1] for s in ours):8.0f}")
    print(f"{'PyTorch and NumPy':28}{other:10.0f}{max(s[2] for s in theirs):8.0f}  (beyond what is loaded)")
    few, many = gaze(lines // 4)[1], ours[0][1]
    print(f"{mine / other:.2f} times as many; gaze's memory over a quarter of the lines {few:.0f} MB, over all {many:.0f} MB; "
          f"mean entropies differ by at most {worst:.1e}")
    return worst < 1e-5


if len(sys.argv) > 2:
    peer()
elif not main():
    sys.exit("bench: scan: the statistics differ")
