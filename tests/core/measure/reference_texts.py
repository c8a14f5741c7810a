"""Prints reference_texts.h: columns of deberta-v3-tiny over tests/data/columns/texts.txt, by transformers and numpy.

Run in the repository's root:  python3 tests/core/measure/reference_texts.py > tests/core/measure/reference_texts.h
(torch, transformers with attn_implementation="eager", numpy, scipy)
"""
import sys
from collections import defaultdict

import numpy as np
import torch
from scipy.stats import binomtest
from transformers import AutoModel, AutoTokenizer

FOLDER, LENGTH = "examples/models/deberta-v3-tiny", 40
torch.set_num_threads(1)
tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = AutoModel.from_pretrained(FOLDER, attn_implementation="eager", torch_dtype=torch.float32).eval()
special = set(tokenizer.all_special_ids)
margin = 1.0


def columns(a):
    global margin
    n = len(a)
    out = []
    for j in range(n):
        others = np.delete(a[:, j], j)
        ratio, cover = n * a[:, j].mean(), (others >= 2 / n).mean()
        if ratio >= 3 and cover >= 2 / 3:
            out.append(j)
        if cover > 0.5 and ratio > 2:  # how near to the edge of the definition a key comes
            margin = min(margin, abs(ratio - 3))
    return out


def hypotheses(ids, j):
    yield "index", j
    yield "end", len(ids) - 1 - j
    yield ("special" if ids[j] in special else "token"), ids[j]


def could(h, ids):
    return any(h in hypotheses(ids, j) for j in range(len(ids)))


def run(add_special):
    halves = {0: [], 1: []}
    skipped = cut = 0
    lines = [line for line in open("tests/data/columns/texts.txt").read().split("\n") if line.strip()]
    for number, line in enumerate(lines, 1):
        ids = tokenizer(line, add_special_tokens=False)["input_ids"]
        room = LENGTH - (2 if add_special else 0)
        cut += len(ids) > room
        ids = ids[:room]
        if add_special:
            ids = [tokenizer.cls_token_id] + ids + [tokenizer.sep_token_id]
        if len(ids) < 8:
            skipped += 1
            continue
        with torch.no_grad():
            att = model(input_ids=torch.tensor([ids]), output_attentions=True).attentions
        halves[number % 2].append((ids, {(l, h): columns(att[l][0, h].numpy().astype(np.float64))
                                         for l in range(len(att)) for h in range(att[l].shape[1])}))
    rows = []
    for site in sorted(halves[0][0][1]):
        held_even = defaultdict(int)
        for ids, cols in halves[0]:
            for h in {h for j in cols[site] for h in hypotheses(ids, j)}:
                held_even[h] += 1
        candidates = []
        for h, k in held_even.items():
            if k >= 2:
                n = sum(could(h, ids) for ids, _ in halves[0])
                candidates.append((-binomtest(k, n).proportion_ci(0.95, method="wilson").low, h))
        kept = [h for _, h in sorted(candidates)]
        assert len(kept) <= 8, kept
        none = sum(not cols[site] for _, cols in halves[1])
        rows.append((site, "none", 0, none, len(halves[1])))
        for h in sorted(kept):
            c = [could(h, ids) for ids, _ in halves[1]]
            held = sum(any(h in hypotheses(ids, j) for j in cols[site]) for ids, cols in halves[1])
            rows.append((site, *h, held, sum(c)))
    return rows, len(halves[0]), len(halves[1]), skipped, cut


print("/* Made by reference_texts.py with transformers; do not edit. */")
for add_special in (True, False):
    rows, even, odd, skipped, cut = run(add_special)
    name = "special" if add_special else "plain"
    print(f"static const size_t {name}_counts[] = {{{even}, {odd}, {skipped}, {cut}}};")
    print(f"static const struct reference_text {name}_texts[] = {{")
    for (l, h), kind, value, held, n in rows:
        print(f'    {{{l}, {h}, "{kind}", {value}, {held}, {n}}},')
    print("};")
print(f"the ratio nearest to the threshold is {margin:.2g} away from it", file=sys.stderr)
