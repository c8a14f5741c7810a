"""Clark et al. 2019 on a real checkpoint, beside transformers and numpy: mass on [CLS] and [SEP] and on . and , entropies, and the
distances and places of heads.

    python tests/real/clark.py MODEL "TEXT" [build/gaze]

Prints the largest difference of each number; exits 1 where one is above 1e-4 of its scale."""
import csv
import io
import subprocess
import sys

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

path, text, gaze = sys.argv[1], sys.argv[2], (sys.argv[3:] or ["build/gaze"])[0]


def ask(command):
    out = subprocess.run([gaze, "-X", path, text, "-c", command], capture_output=True, text=True, check=True).stdout
    return list(csv.DictReader(io.StringIO(out)))


tokenizer = AutoTokenizer.from_pretrained(path)
model = AutoModel.from_pretrained(path, attn_implementation="eager").eval()
ids = tokenizer(text, return_tensors="pt")
with torch.no_grad():
    maps = np.array([a[0].double().numpy() for a in model(**ids, output_attentions=True).attentions])
tokens = tokenizer.convert_ids_to_tokens(ids.input_ids[0])
L, H, n, _ = maps.shape
special = np.array([t in tokenizer.all_special_tokens for t in tokens])
behind = special & (np.arange(n) > 0)
stop = np.array([t in (".", ",") for t in tokens])
p = 0.9999 * maps + 0.0001 / n
want = {
    "cls": maps[..., 0].mean(-1) * special[0],
    "sep": maps[..., behind].sum(-1).mean(-1),
    "punctuation": maps[..., stop].sum(-1).mean(-1),
    "entropy": -(p * np.log(p)).sum(-1).mean(-1),
    "first_entropy": -(p * np.log(p)).sum(-1)[..., 0],
    "special": maps[..., special].sum(-1).mean(-1),
}
bad = 0


def tell(name, off, scale):
    global bad
    bad += off > 1e-4 * max(1, scale)
    print(f"{name:14} largest difference {off:.2e} of {scale:.4g}")


for name, value in want.items():
    rows = ask(f"heads sort={name} top=100000 format=csv")
    tell(name, max(abs(float(r[name]) - value[int(r["layer"]), int(r["head"])]) for r in rows), abs(value).max())

heads = (0.999 * maps + 0.001 / n).reshape(L * H, n, n)
js = np.zeros((L * H, L * H))
for i, a in enumerate(heads):
    for k, b in enumerate(heads):
        m = (a + b) / 2
        js[i, k] = 0.5 * (a * np.log(a / m) + b * np.log(b / m)).sum()
J = np.eye(L * H) - 1 / (L * H)
value, vector = np.linalg.eigh(-0.5 * J @ js ** 2 @ J)
order = np.argsort(value)[::-1][:2]
xy = vector[:, order] * np.sqrt(value[order])
xy *= np.sign(xy[np.abs(xy).argmax(0), [0, 1]])
rows = ask("heads cluster format=csv")
at = [int(r["layer"]) * H + int(r["head"]) for r in rows]
near = (js + np.diag([np.inf] * (L * H))).min(1)
tell("js to nearest", max(abs(float(r["js"]) - near[i]) for r, i in zip(rows, at)), near.max())
tell("place", max(max(abs(float(r["x"]) - xy[i, 0]), abs(float(r["y"]) - xy[i, 1])) for r, i in zip(rows, at)), abs(xy).max())
for l in range(L):
    print(f"L{l}: [CLS] {want['cls'][l].mean():.3f}  [SEP] {want['sep'][l].mean():.3f}  . , {want['punctuation'][l].mean():.3f}  "
          f"entropy {want['entropy'][l].min():.2f} to {want['entropy'][l].max():.2f}")
sys.exit(bad > 0)
