"""Times `scan` beside PyTorch with the same statistics in NumPy: tokens a second, and the memory of both.

    scan.py BUILD

The corpus: 10,000 lines, the first of the file CORPUS (one text a line) or sentences made from the words of examples/texts.txt. The
model: MODEL, examples/models/roberta-tiny, two threads each. The peer reads attentions from transformers' eager model in batches of
16 texts that were sorted by length, padded within the batch, and sums what `scan` sums: nine measures of every head, masses by index
and by token, columns, sinks. What both came to is compared, all of it: means to 1e-5, counts to one in 100,000 (a map that differs in
its last bits falls on the other side of a threshold). gaze is timed as a process, the peer without its imports and the loading. Every
round asks each side once. Seconds of the processor stand beside the clock's: they say more where a machine has other work.

Then gaze alone: peak memory over a quarter of the lines and over all; one thread, three parts merged in another order, and a process
that was killed in the middle and went on, each with the bits of the first (BITS=0: not asked).
"""
import io
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import time

BUILD = sys.argv[1]
ROUNDS = int(os.environ.get("ROUNDS", "3"))
THREADS = int(os.environ.get("THREADS", "2"))
LINES = int(os.environ.get("LINES", "10000"))
MODEL = os.environ.get("MODEL", "examples/models/roberta-tiny")
FOLDER = os.path.join(BUILD, "bench")
CORPUS = os.path.join(FOLDER, "scan.txt")
PEER = os.path.join(FOLDER, "scan-peer.npz")
PLACES, EPS = 128, [k / 10 for k in range(1, 10)]
MEASURES = ["column", "ratio", "first", "entropy", "distance", "previous", "next", "self", "special"]


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
    """The whole corpus; prints seconds by the clock and the processor, tokens, peak memory above the start; sums go to PEER."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false")
    import numpy as np
    import torch
    import transformers
    torch.set_num_threads(THREADS)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    model = transformers.AutoModel.from_pretrained(MODEL, attn_implementation="eager", torch_dtype=torch.float32).eval()
    special = set(tokenizer.all_special_ids)
    config = model.config
    vocabulary, heads = len(tokenizer), config.num_hidden_layers * config.num_attention_heads
    longest = min(512, config.max_position_embeddings - (config.pad_token_id + 1 if config.model_type == "roberta" else 0))
    before, begin, processor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), time.process_time()
    texts = tokenizer([l.rstrip("\n") for l in open(CORPUS, encoding="utf-8")], truncation=True, max_length=longest)["input_ids"]
    texts.sort(key=len)
    sums, squares = np.zeros((len(MEASURES), heads)), np.zeros((len(MEASURES), heads))
    mass, square, ratio, columns = (np.zeros((heads, PLACES)) for _ in range(4))
    n_places = np.zeros(PLACES)
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
            n_places[:k] += 1
            for e, eps in enumerate(EPS):
                over[e, :, :k] += drawn[:, :k] > eps
            np.add.at(token_mass, ids, drawn.T)
            np.add.at(token_ratio, ids, n * drawn.T)
            np.add.at(token_columns, ids, column.T)
            np.add.at(token_n, ids, 1)
            done += n
    seconds, processor = time.perf_counter() - begin, time.process_time() - processor
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    there, seen = token_n > 0, np.maximum(n_places, 1)
    np.savez(PEER, measure=sums.T / len(texts), mass=mass / seen, ratio=ratio / seen, columns=columns, sinks=over.transpose(1, 2, 0),
             texts=np.tile(n_places, (heads, 1)), token_ids=np.flatnonzero(there), token_n=token_n[there],
             token_mass=token_mass[there] / token_n[there, None], token_ratio=token_ratio[there] / token_n[there, None],
             token_columns=token_columns[there])
    print(seconds, processor, done, memory)


def corpus_of(lines):
    part = os.path.join(FOLDER, f"scan-{lines}.txt")
    with open(CORPUS, encoding="utf-8") as corpus, open(part, "w", encoding="utf-8") as out:
        out.writelines(line for _, line in zip(range(lines), corpus))
    return part


def gaze(lines, name="scan-gaze.npz", options="", threads=THREADS):
    """Seconds by the clock, of the processor, peak memory in MB, the file written."""
    out = os.path.join(FOLDER, name)
    begin = time.perf_counter()
    child = subprocess.Popen([os.path.join(BUILD, "gaze"), "-X", f"--threads={threads}", MODEL, "-c",
                              f"scan {corpus_of(lines)} {options} > {out}"], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status:
        sys.exit("bench: scan: gaze failed")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out


def compare(path):
    """Every statistic of gaze's file beside the peer's; true where they agree."""
    import numpy as np
    ours, theirs = np.load(path), np.load(PEER)
    worst, counts, cells = {}, 0, 0
    if not (ours["token_ids"] == theirs["token_ids"]).all() or not (ours["token_n"] == theirs["token_n"]).all():
        print("not the same tokens")
        return False
    for name in theirs.files:
        a, b = ours[name], theirs[name]
        if a.ndim == 2 and a.shape[1] == PLACES + 4 or a.ndim == 3:
            a = a[:, :PLACES]
        if name in ("columns", "sinks", "token_columns", "texts"):
            counts += int(np.abs(a - b).sum())
            cells += int(b.sum())
        elif name not in ("token_ids", "token_n"):
            # units of the uniform map's are as large as the text is long
            worst[name] = float(np.nanmax(np.abs(a - b) / np.maximum(1, np.abs(b))))
    column = float(np.abs(ours["measure"][:, 0] - theirs["measure"][:, 0]).max())
    rest = float(np.abs(ours["measure"][:, 1:] - theirs["measure"][:, 1:]).max())
    print(f"differences at most: measures {rest:.1e} (column, which jumps at its rule, {column:.1e}), masses by index {worst['mass']:.1e}, "
          f"by token {worst['token_mass']:.1e}; counts {counts} of {cells:,}")
    return rest < 1e-4 and worst["mass"] < 1e-5 and worst["token_mass"] < 1e-5 and counts <= cells / 1e5


def same_bits(lines, whole):
    """One thread, parts merged, and a killed process that goes on; true where all hold the same bits as `whole`."""
    gaze_program, parts, ok = os.path.join(BUILD, "gaze"), [], True

    def claim(what, path):
        same = open(path, "rb").read() == open(whole, "rb").read()
        print(f"{what}: {'the same bits' if same else 'NOT the same'}")
        return same

    ok = claim("one thread and two", gaze(lines, "scan-one.npz", threads=1)[3]) and ok
    for k in (1, 2, 3):
        parts.append(gaze(lines, f"scan-{k}.scan", f"part={k}/3")[3])
    merged = os.path.join(FOLDER, "scan-merged.npz")
    subprocess.run([gaze_program, "-X", "-c", f"scan merge {parts[2]} {parts[0]} {parts[1]} > {merged}"], check=True)
    ok = claim("three parts merged", merged) and ok
    resumed = os.path.join(FOLDER, "scan-resumed.npz")
    state = resumed + ".ckpt"
    for path in (resumed, state):
        if os.path.exists(path):
            os.unlink(path)
    command = [gaze_program, "-X", f"--threads={THREADS}", MODEL, "-c"]
    child = subprocess.Popen(command + [f"scan {corpus_of(lines)} checkpoint=0.1 > {resumed}"], stderr=subprocess.DEVNULL)
    while not os.path.exists(state) and child.poll() is None:
        time.sleep(.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    subprocess.run(command + [f"scan {corpus_of(lines)} resume={state} > {resumed}"], check=True, stderr=subprocess.DEVNULL)
    return claim(f"killed in the middle (status {child.returncode}) and gone on", resumed) and ok


def main():
    lines = write_corpus()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(gaze(lines))
        out = subprocess.run([sys.executable, __file__, BUILD, "peer"], capture_output=True, text=True, check=True).stdout
        theirs.append([float(x) for x in out.split()])
    tokens = theirs[0][2]
    rate = lambda side, k: tokens / statistics.median(s[k] for s in side)
    print(f"scan of {lines} lines, {tokens:.0f} tokens, {os.path.basename(MODEL)}, {THREADS} threads, median of {ROUNDS}")
    print(f"{'':28}{'tokens/s':>10}{'a processor second':>22}{'MB':>8}")
    print(f"{'gaze':28}{rate(ours, 0):10.0f}{rate(ours, 1):22.0f}{max(s[2] for s in ours):8.0f}")
    print(f"{'PyTorch and NumPy':28}{rate(theirs, 0):10.0f}{rate(theirs, 1):22.0f}{max(s[3] for s in theirs):8.0f}  (beyond what is loaded)")
    few, many = gaze(lines // 4, "scan-quarter.npz")[2], ours[0][2]
    print(f"{rate(ours, 0) / rate(theirs, 0):.2f} times as many by the clock, {rate(ours, 1) / rate(theirs, 1):.2f} a processor second; "
          f"gaze's memory over a quarter of the lines {few:.0f} MB, over all {many:.0f} MB")
    return compare(ours[0][3]) & (not int(os.environ.get("BITS", "1")) or same_bits(lines, ours[0][3]))


if len(sys.argv) > 2:
    peer()
elif not main():
    sys.exit("bench: scan: the statistics differ")
