"""What transformers and numpy give for tests/transcript/columns-does.test: what GPT-2's columns add.

    python tests/core/measure/reference_does.py
"""
import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

torch.set_grad_enabled(False)
PATH = "examples/models/gpt2-tiny"
model, tokenizer = AutoModel.from_pretrained(PATH, attn_implementation="eager").eval(), AutoTokenizer.from_pretrained(PATH)
N, H = 24, 4
texts = [tokenizer(l.rstrip("\n"))["input_ids"] for l in open("tests/data/columns/texts.txt", encoding="utf-8") if l.strip()]
texts = [t[:N] for t in texts if len(t) >= N][:24]
kept = {}
for l, block in enumerate(model.h):
    block.attn.c_attn.register_forward_hook(lambda _, args, out, l=l: kept.__setitem__(l, out[0].double().numpy()))


def rank(z):
    s = np.linalg.svd(z, compute_uv=False)
    return (s ** 2).sum() / s[0] ** 2


def is_column(a, j):
    rows = np.arange(j, N)
    times = a[rows, j] * (rows + 1)
    return len(rows) >= 8 and times.mean() >= 3 and np.mean(times[rows != j] >= 2) >= 2 / 3


for l, h in [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3)]:
    W = model.h[l].attn.c_proj.weight.double().numpy()
    D = W.shape[0] // H
    found = {"start": [], "inner": []}
    for ids in texts:
        a = model(torch.tensor([ids]), output_attentions=True).attentions[l][0, h].double().numpy()
        v = kept[l][:, 2 * W.shape[0] :][:, h * D : (h + 1) * D]
        f = v @ W[h * D : (h + 1) * D]
        norms = np.linalg.norm(f, axis=1)
        for j in range(N - 1):
            if not is_column(a, j):
                continue
            rest = a.copy()
            rest[:, j] = 0
            left = rest.sum(1, keepdims=True)
            rest = np.where(left > 0, rest / np.where(left > 0, left, 1) * a.sum(1, keepdims=True), 0)
            found["start" if j == 0 else "inner"].append(
                (a[:, j].mean(), norms[j] / np.median(np.delete(norms, j)), rank(a @ v), rank(rest @ v), f[j] / norms[j]))
    for place, rows in found.items():
        if not rows:
            continue
        u = np.stack([r[4] for r in rows])
        n = len(rows)
        cosine = ((u @ u.T).sum() - n) / (n * (n - 1)) if n > 1 else float("nan")
        print(f"L{l}.H{h} {place}: {n} columns, mass, value, rank, without:", " ".join(f"{np.mean([r[k] for r in rows]):.9g}" for k in range(4)), f"cosine {cosine:.9g}")
