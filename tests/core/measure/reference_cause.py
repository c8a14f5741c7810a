"""What transformers and numpy give for tests/transcript/columns-cause.test: GPT-2's columns at index 0 with dimensions zeroed.

    python tests/core/measure/reference_cause.py
"""
import math

import numpy as np
import torch
from scipy import stats
from transformers import AutoModel, AutoTokenizer

torch.set_grad_enabled(False)
PATH = "examples/models/gpt2-tiny"
model, tokenizer = AutoModel.from_pretrained(PATH, attn_implementation="eager").eval(), AutoTokenizer.from_pretrained(PATH)
N, LAYERS, RULE = 24, 2, (3, 2 / 3)

texts = []
for line in open("tests/data/columns/texts.txt", encoding="utf-8"):
    ids = tokenizer(line.rstrip("\n"))["input_ids"] if line.strip() else []
    if len(ids) >= N:
        texts.append(ids[:N])
texts = texts[:24]
even, odd = texts[0::2], texts[1::2]


def modules(where):
    if where == "positions":
        return [model.wpe]
    if where == "words":
        return [model.wte]
    if where == "norms":
        return [m for m in model.modules() if isinstance(m, torch.nn.LayerNorm)]
    return [model.drop] + list(model.h) + [model.ln_f]


def maps(ids, shift=0, where=None, dims=()):
    def zero(_, args, out):
        x = (out[0] if isinstance(out, tuple) else out).clone()
        x[..., list(dims)] = 0
        return (x,) + tuple(out[1:]) if isinstance(out, tuple) else x
    handles = [m.register_forward_hook(zero) for m in modules(where)] if where else []
    out = model(torch.tensor([ids]), position_ids=torch.arange(shift, shift + N)[None], output_attentions=True).attentions
    for h in handles:
        h.remove()
    return np.stack([a[0].double().numpy() for a in out[:LAYERS]])  # layer, head, query, key


def ratio(a):
    return float(np.mean(a[:, 0] * np.arange(1, N + 1)))


def is_column(a):
    times = a[:, 0] * np.arange(1, N + 1)
    return times.mean() >= RULE[0] and np.mean(times[1:] >= 2) >= RULE[1]


def fieller(x, y):
    n, mx, my = len(x), np.mean(x), np.mean(y)
    c = np.cov(x, y) / n
    t = stats.t.ppf(0.95, n - 1) ** 2
    a, b, d = my * my - t * c[1, 1], mx * my - t * c[0, 1], mx * mx - t * c[0, 0]
    r = math.sqrt(b * b - a * d)
    return mx / my, (b - r) / a, (b + r) / a


heads = [(l, h) for l in range(LAYERS) for h in range(4) if sum(is_column(maps(t)[l, h]) for t in even) * 2 >= len(even)]
print("chosen", heads, len(even), len(odd))


def look(where=None, dims=(), shift=0):
    all_maps = [maps(t, shift, where, dims) for t in odd]
    columns = sum(is_column(a[l, h]) for a in all_maps for l in range(LAYERS) for h in range(4))
    return columns, np.array([sum(ratio(a[l, h]) - 1 for l, h in heads) for a in all_maps])


def interval(x):
    half = stats.t.ppf(0.975, len(x) - 1) * np.std(x, ddof=1) / math.sqrt(len(x))
    return f"{np.mean(x):.9g} [{np.mean(x) - half:.9g}, {np.mean(x) + half:.9g}]"


before, base = look()
_, base_vacant = look(shift=20)
log = lambda x: np.log(np.maximum(x / len(heads), 0.01))
for where in ("positions", "words", "norms", "hidden"):
    after, zeroed = look(where, [3])
    _, zeroed_vacant = look(where, [3], 20)
    change, vacant = log(zeroed) - log(base), log(zeroed_vacant) - log(base_vacant)
    print(where, "columns", before, "->", after, "rho", " ".join(f"{v:.9g}" for v in fieller(zeroed, base)), "ln", interval(change),
          "vacant", f"{vacant.mean():.9g}", "x place", interval(change - vacant))

# ---- inner keys: chosen by the even queries of the run as it is, measured by the odd ones ----


def seen_ratio(a, key):
    times = a[key:, key] * np.arange(key + 1, N + 1)
    return times.mean() if len(times) >= 8 else 0, np.mean(times[1:] >= 2)


def inner_columns(a):
    return sum(r >= RULE[0] and c >= RULE[1] for r, c in (seen_ratio(a, k) for k in range(1, N - 1)))


def half(a, key, start):
    queries = [i for i in range(start, N, 2) if i >= key]
    return np.mean([a[i, key] * (i + 1) for i in queries]) - 1 if len(queries) >= 4 else -math.inf


inner = [(l, h) for l in range(LAYERS) for h in range(4) if sum(inner_columns(maps(t)[l, h]) > 0 for t in even) * 2 >= len(even)]
keys = {(n, l, h): max(range(1, N - 1), key=lambda k: half(maps(t)[l, h], k, 0)) for n, t in enumerate(odd) for l, h in inner}


def look_inside(where=None):
    all_maps = [maps(t, 0, where, [3]) for t in odd]
    columns = sum(inner_columns(a[l, h]) for a in all_maps for l in range(LAYERS) for h in range(4))
    return columns, np.array([sum(half(a[l, h], keys[n, l, h], 1) for l, h in inner) for n, a in enumerate(all_maps)])


before, base = look_inside()
print("inner", inner, "keys", keys)
for where in ("positions", "words", "norms", "hidden"):
    after, zeroed = look_inside(where)
    print(where, "inner columns", before, "->", after, "rho", " ".join(f"{v:.9g}" for v in fieller(zeroed, base)))
