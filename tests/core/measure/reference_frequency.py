"""Frequencies of tokens and what goes with them: transformers, numpy and scipy, for tests/transcript/columns-frequency.test.

    python tests/core/measure/reference_frequency.py write      makes tests/data/columns/counts.txt from examples/texts.txt
    python tests/core/measure/reference_frequency.py"""
import sys
from collections import Counter, defaultdict

import numpy as np
import torch
from scipy.stats import spearmanr
from transformers import AutoModel, AutoTokenizer

PATH, LIST = "examples/models/roberta-tiny", "tests/data/columns/counts.txt"
tokenizer = AutoTokenizer.from_pretrained(PATH)
if sys.argv[1:] == ["write"]:
    counts = Counter()
    for line in open("examples/texts.txt", encoding="utf-8"):
        counts.update(tokenizer(line.rstrip("\n"), add_special_tokens=False).input_ids)
    with open(LIST, "w", encoding="utf-8") as out:
        out.write("token count\n")
        for id, n in counts.most_common(120):
            out.write(f"{tokenizer.convert_ids_to_tokens(id)}\t{n}\n")
        out.write("nosuchtoken 7\n")
    sys.exit()
torch.set_grad_enabled(False)
model = AutoModel.from_pretrained(PATH, attn_implementation="eager").eval()
counts = {}
for line in list(open(LIST, encoding="utf-8"))[1:]:
    token, n = line.split()
    id = tokenizer.convert_tokens_to_ids(token)
    if tokenizer.convert_ids_to_tokens(id) == token:
        counts[id] = int(n)
LENGTH, DIMS = 20, (5, 77)
seen, special, texts = defaultdict(list), [], 0
for line in open("tests/data/columns/texts.txt", encoding="utf-8"):
    ids = tokenizer(line.rstrip("\n"), truncation=True, max_length=LENGTH).input_ids
    if not line.strip() or len(ids) < 8:
        continue
    texts += 1
    out = model(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    mass = [a[0].double().numpy().mean(0).sum(0) for a in out.attentions]
    hidden = [abs(h[0].double().numpy()[:, list(DIMS)]) for h in out.hidden_states]
    for i, id in enumerate(ids):
        row = np.concatenate([[m[i] for m in mass]] + [h[i] for h in hidden])
        if id in tokenizer.all_special_ids:
            special.append(row)
        elif id in counts:
            seen[id].append(row)
places = np.concatenate(list(seen.values()))
x = np.array([np.mean(rows, 0) for rows in seen.values()])
f = np.log([counts[id] for id in seen])
print(texts, "texts", len(seen), "tokens", len(places), "places", len(special), "special")
L = len(mass)
for name, k in ("mass layer 2", 2), ("h5 state 0", L), ("h77 state 3", L + 3 * len(DIMS) + 1):
    r = spearmanr(x[:, k], f).statistic
    half = 1.959963984540054 * np.sqrt((1 + r * r / 2) / (len(f) - 3))
    print(f"{name}: rho {r:.8f} [{np.tanh(np.arctanh(r) - half):.8f}, {np.tanh(np.arctanh(r) + half):.8f}] special {np.mean(special, 0)[k]:.7f} others {places.mean(0)[k]:.7f}")
