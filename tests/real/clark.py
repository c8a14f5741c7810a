"""Clark et al. 2019 on a real checkpoint over many texts, beside transformers and numpy: mass on [CLS], [SEP] and on . and , and
entropies by head, and the distances and places of heads.

    python tests/real/clark.py MODEL FILE LENGTH [build/gaze]

A line of FILE is a text, cut to LENGTH tokens. Prints the largest difference of each number; exits 1 where one is above 1e-4 of
its scale."""
import csv
import io
import subprocess
import sys

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

path, file, length, gaze = sys.argv[1], sys.argv[2], int(sys.argv[3]), (sys.argv[4:] or ["build/gaze"])[0]
torch.set_num_threads(2)


def ask(command):
    out = subprocess.run([gaze, "-X", path, "-c", command], capture_output=True, text=True, check=True).stdout
    return list(csv.DictReader(io.StringIO(out)))


tokenizer = AutoTokenizer.from_pretrained(path)
model = AutoModel.from_pretrained(path, attn_implementation="eager").eval()
values, js, texts, clustered = {}, 0, 0, 0
for line in open(file, encoding="utf-8"):
    ids = tokenizer(line.rstrip("\n"), return_tensors="pt", truncation=True, max_length=length).input_ids
    if not line.strip() or ids.shape[1] < 8:
        continue
    with torch.no_grad():
        maps = np.array([a[0].double().numpy() for a in model(ids, output_attentions=True).attentions])
    tokens = tokenizer.convert_ids_to_tokens(ids[0])
    L, H, n, _ = maps.shape
    special = np.array([t in tokenizer.all_special_tokens for t in tokens])
    behind = special & (np.arange(n) > 0)
    stop = np.array([t in (".", ",") for t in tokens])
    p = 0.9999 * maps + 0.0001 / n
    mean = {
        "cls": maps[..., 0].mean(-1) * special[0],
        "sep": maps[..., behind].sum(-1).mean(-1),
        "punctuation": maps[..., stop].sum(-1).mean(-1),
        "entropy": -(p * np.log(p)).sum(-1).mean(-1),
        "first_entropy": -(p * np.log(p)).sum(-1)[..., 0],
        "special": maps[..., special].sum(-1).mean(-1),
    }
    if n == length:
        texts += 1
        for name, value in mean.items():
            values[name] = values.get(name, 0) + value
    heads = (0.999 * maps + 0.001 / n).reshape(L * H, n, n)
    own = -(heads * np.log(heads)).sum((1, 2))
    between = np.zeros((L * H, L * H))
    for i, a in enumerate(heads):
        m = (a + heads[i:]) / 2
        between[i, i:] = -(m * np.log(m)).sum((1, 2)) - (own[i] + own[i:]) / 2
    js = js + np.maximum(between, between.T)
    clustered += 1
bad = 0


def tell(name, off, scale):
    global bad
    bad += off > 1e-4 * max(1, scale)
    print(f"{name:14} largest difference {off:.2e} of {scale:.4g}")


print(f"{texts} texts of {length} tokens, {clustered} of 8 and more")
want = {name: value / texts for name, value in values.items()}
for name, value in want.items():
    rows = ask(f"layers by={name} texts={file} length={length} format=csv")
    assert int(rows[0]["texts"]) == texts
    tell(name, max(abs(float(r["value"]) - value[int(r["layer"]), int(r["head"])]) for r in rows), abs(value).max())

J = np.eye(L * H) - 1 / (L * H)
value, vector = np.linalg.eigh(-0.5 * J @ js ** 2 @ J)
order = np.argsort(value)[::-1][:2]
xy = vector[:, order] * np.sqrt(value[order])
xy *= np.sign(xy[np.abs(xy).argmax(0), [0, 1]])
rows = ask(f"heads cluster texts={file} length={length} format=csv")
at = [int(r["layer"]) * H + int(r["head"]) for r in rows]
near = (js + np.diag([np.inf] * (L * H))).min(1)
tell("js to nearest", max(abs(float(r["js"]) - near[i]) for r, i in zip(rows, at)), near.max())
tell("place", max(max(abs(float(r["x"]) - xy[i, 0]), abs(float(r["y"]) - xy[i, 1])) for r, i in zip(rows, at)), abs(xy).max())
for l in range(L):
    print(f"L{l}: [CLS] {want['cls'][l].mean():.3f}  [SEP] {want['sep'][l].mean():.3f}  . , {want['punctuation'][l].mean():.3f}  "
          f"entropy {want['entropy'][l].min():.2f} to {want['entropy'][l].max():.2f}")
sys.exit(bad > 0)
