"""Means over texts of two measures by head, with Student's 95 % interval: transformers and numpy. Numbers for tests/transcript/layers.test.

    python tests/core/measure/reference_layers.py examples/models/roberta-tiny examples/texts.txt 20"""
import sys

import numpy as np
import torch
from scipy.stats import t
from transformers import AutoModel, AutoTokenizer

path, file, length = sys.argv[1], sys.argv[2], int(sys.argv[3])
tokenizer = AutoTokenizer.from_pretrained(path)
model = AutoModel.from_pretrained(path, attn_implementation="eager").eval()
cls, entropy = [], []
for line in open(file, encoding="utf-8"):
    ids = tokenizer(line.rstrip("\n"), return_tensors="pt", truncation=True, max_length=length).input_ids
    if ids.shape[1] < length:
        continue
    with torch.no_grad():
        maps = np.array([a[0].double().numpy() for a in model(ids, output_attentions=True).attentions])
    p = 0.9999 * maps + 0.0001 / length
    cls.append(maps[..., 0].mean(-1))
    entropy.append(-(p * np.log(p)).sum(-1).mean(-1))
for name, x in ("cls", np.array(cls)), ("entropy", np.array(entropy)):
    n = len(x)
    half = t.ppf(0.975, n - 1) * x.std(0, ddof=1) / np.sqrt(n)
    for layer, head in (0, 1), (3, 3):
        m, h = x.mean(0)[layer, head], half[layer, head]
        print(f"{name} L{layer}.H{head}: {m:.8f} [{m - h:.8f}, {m + h:.8f}] of {n}")
