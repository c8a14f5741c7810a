#!/usr/bin/env python3
"""Every measure of a head on real runs, computed by transformers' attentions and numpy alone: writes reference_runs.h beside this file.

    python tests/core/measure/reference_runs.py > tests/core/measure/reference_runs.h

The formulas are written here once more, from their sources, without a look at the program's: a map A [n,n] in double, queries in rows.
Those that read what a head adds (stable_rank, mixing) are in ../effect/reference.py."""
import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

torch.set_num_threads(1)
SHARED = "tests/data/columns/texts.txt"


def maps_of(model, ids, types=None):
    kwargs = {} if types is None else {"token_type_ids": torch.tensor([types])}
    with torch.no_grad():
        out = model(torch.tensor([ids]), output_attentions=True, **kwargs).attentions
    return [a[0].double().numpy() for a in out]


def columns(A, see):
    """Marks of columns: n·c_j ≥ 3 with each query against its own uniform map, and ≥ 2/n for two thirds of the other queries."""
    n, keys, marks, ratios = len(A), see.sum(1), [], []
    for j in range(n):
        rows = [i for i in range(n) if see[i, j]]
        times = np.array([A[i, j] * keys[i] for i in rows])
        others = np.array([A[i, j] * keys[i] for i in rows if i != j])
        enough = see.all() or len(rows) >= 8
        ratios.append((times.mean(), enough))
        marks.append(bool(enough and times.mean() >= 3 and len(others) and (others >= 2).mean() >= 2 / 3))
    return np.array(marks), ratios


def share(A, see):
    """Two-way analysis of ln A, by dummy variables; keys with fewer than 8 queries are left out of causal maps."""
    n = len(A)
    kept = np.ones(n, bool) if see.all() else see.sum(0) >= 8
    cells = np.argwhere(see & kept[None, :])
    y = np.log(A[cells[:, 0], cells[:, 1]])
    X = np.zeros((len(cells), 2 * n))
    X[np.arange(len(cells)), cells[:, 0]] = X[np.arange(len(cells)), n + cells[:, 1]] = 1
    rss = lambda M: ((y - M @ np.linalg.lstsq(M, y, rcond=None)[0]) ** 2).sum()
    return (rss(X[:, :n]) - rss(X)) / rss(X[:, :n])


def segments(special):
    of, k, before = [], 0, True
    for s in special:
        k += not s and before
        before = s
        of.append(k)
    return np.array(of), k


def block(A, see, special):
    of, k = segments(special)
    if k < 2:
        return np.nan
    word = ~np.array(special)
    w, u = [], []
    for i in np.flatnonzero(word):
        keys = see[i] & word
        own = keys & (of == of[i])
        w.append(A[i, own].sum() / A[i, keys].sum())
        u.append(own.sum() / keys.sum())
    w, u = np.mean(w), np.mean(u)
    return (w - u) / (1 - u)


def pattern(A, see, special):
    n = len(A)
    marks, _ = columns(A, see)
    i, j = np.indices(A.shape)
    near = (abs(i - j) <= 1) & ~marks[None, :] & see
    v, d, u = A[:, marks].sum() / n, A[near].sum() / n, (see / see.sum(1, keepdims=True))[near].sum() / n
    d = max((d - u) / (1 - u), 0)
    b = block(A, see, special)
    if v + d >= .5:
        return 3 if v >= .2 and d >= .2 else 1 if v > d else 2
    return 4 if b >= .5 else 0


def measures(A, see, ids, special, marks_of_text):
    n = len(A)
    i, j = np.indices(A.shape)
    special = np.array(special)
    end = n
    while end > 1 and special[end - 1]:
        end -= 1
    front = np.flatnonzero(special)[:1]
    marks, ratios = columns(A, see)
    keys = see.sum(1)
    smooth = np.where(see, .9999 * A + .0001 / keys[:, None], 1)
    H = -(smooth * np.log(smooth)).sum(1)
    same = (np.array(ids)[:, None] == np.array(ids)[None, :]) & (i != j)
    after = np.zeros_like(same)
    after[:, 1:] = same[:, :-1]
    s = np.linalg.svd(A, compute_uv=False)
    p = s[s > 0] / s.sum()
    yield "column", max([r for (r, _), m in zip(ratios, marks) if m], default=0)
    yield "ratio", max([r for r, enough in ratios if enough], default=0)
    yield "first", A[:, 0].mean()
    yield "entropy", H.mean()
    yield "distance", (A * abs(i - j)).sum() / A.sum()
    yield "previous", A[i - j == 1].sum() / n
    yield "next", A[j - i == 1].sum() / n
    yield "self", A[i == j].sum() / n
    yield "special", A[:, special].sum() / n
    if (A[see] > 0).all():  # else the scores are gone
        yield "share", share(A, see)
    yield "confidence", A[:end].max(1).mean()
    yield "confidence_rest", A[~special].max(1).mean()
    yield "positional", max(np.unique(A.argmax(1) - np.arange(n), return_counts=True)[1]) / n
    yield "punctuation", A[:, marks_of_text].sum() / n
    yield "duplicate", A[same].sum() / A.sum()
    yield "induction", A[after].sum() / A.sum()
    yield "cls", A[:, [k for k in front if k == 0]].sum() / n
    yield "sep", A[:, [k for k in np.flatnonzero(special) if k > 0]].sum() / n
    yield "first_entropy", H[0]
    yield "evenness", (H[keys > 1] / np.log(keys[keys > 1])).mean()
    yield "distance_rest", (A * abs(i - j))[:, 1:].sum() / A[:, 1:].sum()
    yield "incoming", (A.sum(0) > A.sum() / n + 3).sum()
    yield "vertical", A[:, marks].sum() / n
    yield "diagonal", A[abs(i - j) <= 1].sum() / n
    yield "block", block(A, see, special)
    yield "pattern", pattern(A, see, special)
    yield "effective_rank", np.exp(-(p * np.log(p)).sum())


def variability(path, length, causal):
    """By texts of one length, of every head."""
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path, attn_implementation="eager").eval()
    texts = []
    for line in open(SHARED, encoding="utf-8"):
        ids = tokenizer(line.rstrip("\n"))["input_ids"] if line.strip() else []
        if len(ids) >= length:
            texts.append(ids[:length] if causal else ids[:length - 1] + ids[-1:])
    maps = np.array([np.array(maps_of(model, ids)) for ids in texts])
    if causal:
        maps = maps[..., :10, :10]
    return np.abs(maps - maps.mean(0)).sum((0, 3, 4)) / (2 * maps.sum((0, 3, 4)))


TEXT = "The old dog saw a cat, and the cat saw the old dog. It ran."
PAIR = ("The old dog saw a cat.", "It was, they said, near the house.")
CASES = [("examples/models/roberta-tiny", TEXT, None), ("examples/models/roberta-tiny", *PAIR), ("examples/models/gpt2-tiny", TEXT, None),
         ("examples/models/deberta-v3-tiny", *PAIR)]
rows, texts = [], []
for c, (path, first, second) in enumerate(CASES):
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path, attn_implementation="eager").eval()
    given = tokenizer(first, second)
    ids = given["input_ids"]
    special = [x in tokenizer.all_special_ids for x in ids]
    stops = [k for k, x in enumerate(ids) if tokenizer.decode([x]).strip() in (".", ",")]
    n = len(ids)
    see = np.tril(np.ones((n, n), bool)) if "gpt2" in path else np.ones((n, n), bool)
    maps = maps_of(model, ids, given.get("token_type_ids"))
    texts.append((path, ids, given.get("token_type_ids")))
    for l, h in ((0, 1), (1, 3), (3, 0), (5, 2)):
        rows += [(c, l, h, name, float(x)) for name, x in measures(maps[l][h], see, ids, special, stops)]

print("/* Written by reference_runs.py: transformers and numpy. */")
for c, (path, ids, types) in enumerate(texts):
    print(f"static const int32_t ids_{c}[] = {{{', '.join(map(str, ids))}}};")
    print(f"static const int32_t types_{c}[] = {{{', '.join(map(str, types or [0] * len(ids)))}}};")
print("static const struct reference_text reference_texts[] = {")
for c, (path, ids, types) in enumerate(texts):
    print(f'    {{"{path}", ids_{c}, types_{c}, {len(ids)}}},')
print("};")
print("static const struct reference_value reference_values[] = {")
for c, l, h, name, x in rows:
    print(f'    {{{c}, {l}, {h}, "{name}", {"NAN" if np.isnan(x) else repr(x)}}},')
print("};")
for name, path, length, causal in (("roberta", "examples/models/roberta-tiny", 16, False), ("gpt2", "examples/models/gpt2-tiny", 12, True)):
    v = variability(path, length, causal)
    print(f"static const double variability_{name}[] = {{{', '.join(repr(float(x)) for x in v.ravel())}}};")
