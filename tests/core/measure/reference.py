"""Prints reference.h: what numpy gives for the measures and columns of random maps.

The maps come from a generator that reference_map.h repeats bit for bit, so that only its seed is stored.
Run as:  python3 tests/core/measure/reference.py > tests/core/measure/reference.h   (numpy, scipy)
"""
import numpy as np
from scipy.stats import binomtest

MASK = (1 << 64) - 1


class Random:
    """Knuth's MMIX generator, the top 24 bits as a fraction."""

    def __init__(self, seed):
        self.x = seed

    def next(self):
        self.x = (self.x * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.x >> 40) / (1 << 24)


def random_probs(seed, n, causal, column):
    """Rows of fractions to the fourth power that sum to 1; every third row gives twelve more to key `column`."""
    r = Random(seed)
    a = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            u = r.next()
            a[i, j] = 0 if causal and j > i else u ** 4 + (12.0 if j == column and i % 3 else 0.0)
        a[i] /= a[i].sum()
    return a.astype(np.float32).astype(np.float64)


def random_scores(seed, n):
    r = Random(seed)
    return np.array([[r.next() * 8 - 4 for _ in range(n)] for _ in range(n)]).astype(np.float32).astype(np.float64)


def visible(n, causal):
    return np.tril(np.ones((n, n), bool)) if causal else np.ones((n, n), bool)


def columns(a, causal):
    n = len(a)
    see = visible(n, causal)
    out = []
    for j in range(n):
        rows = np.flatnonzero(see[:, j])
        times = a[rows, j] * see[rows].sum(1)
        others = times[rows != j]
        cover = (others >= 2).mean() if len(others) else np.nan
        median = np.median(others.astype(np.float32)) if len(others) else np.nan
        ratio = times.mean()
        is_column = ratio >= 3 and cover >= 2 / 3 and (not causal or len(rows) >= 8)
        out.append((a[:, j].mean(), ratio, cover, median, int(is_column)))
    return out


def duplicate(n):
    """Cells of other tokens with the query's id; planted.c gives token i the id 10 + 5·i mod 7."""
    ids = np.arange(n) * 5 % 7
    return (ids[:, None] == ids[None, :]) & ~np.eye(n, dtype=bool)


def evenness(plogp, see):
    keys = see.sum(1)
    rows = keys > 1
    return (-plogp.sum(1)[rows] / np.log(keys[rows])).mean() if rows.any() else np.nan


def effective_rank(a):
    s = np.linalg.svd(a, compute_uv=False)
    p = s / s.sum()
    p = p[p > 0]
    return np.exp(-(p * np.log(p)).sum())


def pattern(a, see, marks):
    n, marks = len(a), np.array(marks, bool)
    i, j = np.indices((n, n))
    near = (abs(i - j) <= 1) & ~marks[None, :] & see
    v, d, u = a[:, marks].sum() / n, a[near].sum() / n, (see / see.sum(1, keepdims=True))[near].sum() / n
    d = max((d - u) / (1 - u), 0) if u < 1 else 0
    return (3 if v >= .2 and d >= .2 else 1 if v > d else 2) if v + d >= .5 else 0


def measures(a, causal, special):
    n = len(a)
    see = visible(n, causal)
    i, j = np.indices((n, n))
    p = 0.9999 * a + 0.0001 / see.sum(1, keepdims=True)
    plogp = np.where(see, p * np.log(np.where(see, p, 1)), 0)
    cols = columns(a, causal)
    return {
        "column": max([c[1] for c in cols if c[4]], default=0.0),
        "ratio": max([c[1] for k, c in enumerate(cols) if not causal or see[:, k].sum() >= 8], default=0.0),
        "first": a[:, 0].mean(),
        "share": anova(np.where(a > 0, np.log(np.where(a > 0, a, 1).astype(np.float32)), np.float32(-100)).astype(float), causal)[1],
        "entropy": -plogp.sum(1).mean(),
        "distance": (a * abs(i - j)).sum() / a.sum(),
        "previous": np.diagonal(a, -1).sum() / n,
        "next": np.diagonal(a, 1).sum() / n,
        "self": np.trace(a) / n,
        "special": a[:, special].sum() / n,
        "confidence_rest": a[[k for k in range(n) if k not in special]].max(1).mean() if n > len(special) else np.nan,
        "vertical": a[:, [k for k, c in enumerate(cols) if c[4]]].sum() / n,
        "diagonal": a[abs(i - j) <= 1].sum() / n,
        "block": np.nan,  # one segment; reference_runs.py has two
        "pattern": pattern(a, see, [c[4] for c in cols]),
        "variability": np.nan,  # of many texts
        "confidence": a[:max(1, n - 1)].max(1).mean(),
        "positional": np.unique(a.argmax(1) - np.arange(n), return_counts=True)[1].max() / n,
        "punctuation": a[:, [k for k in range(n) if k % 7 in (2, 4) and k not in special]].sum() / n,
        "duplicate": (a * duplicate(n)).sum() / a.sum(),
        "induction": (a * np.pad(duplicate(n)[:, :-1], ((0, 0), (1, 0)))).sum() / a.sum(),
        "cls": a[:, 0].sum() / n,
        "sep": a[:, [k for k in special if k > 0]].sum() / n,
        "first_entropy": -plogp[0].sum(),
        "evenness": evenness(plogp, see),
        "distance_rest": (a * abs(i - j))[:, 1:].sum() / a[:, 1:].sum() if n > 1 else np.nan,
        "incoming": (a.sum(0) > a.sum() / n + 3).sum(),
        "effective_rank": effective_rank(a),
        "stable_rank": np.nan,  # these maps have no output
        # of what a layer adds, which these maps have not: ../effect/reference.py has their numbers
        "mixing": np.nan,
        "mixing_residual": np.nan,
        "mixing_layernorm": np.nan,
    }


def anova(s, causal):
    """c by numpy's least squares over the visible cells of keys with at least 8 queries; centred; and its share."""
    n = len(s)
    see = visible(n, causal)
    kept = see.sum(0) >= 8 if causal else np.ones(n, bool)
    cells = [(i, j) for i in range(n) for j in range(n) if see[i, j] and kept[j]]
    X = np.zeros((len(cells), 2 * n))
    y = np.array([s[c] for c in cells])
    for k, (i, j) in enumerate(cells):
        X[k, i] = X[k, n + j] = 1
    full = np.linalg.lstsq(X, y, rcond=None)[0]
    rows = np.linalg.lstsq(X[:, :n], y, rcond=None)[0]
    rss_rows = ((y - X[:, :n] @ rows) ** 2).sum()
    rss_full = ((y - X @ full) ** 2).sum()
    c = np.where(kept, full[n:], np.nan)
    return c - np.nanmean(c), (rss_rows - rss_full) / rss_rows


def number(x):
    return "NAN" if np.isnan(x) else repr(float(x))


print("/* Made by reference.py with numpy; do not edit. */")
print("static const struct reference_measure reference_measures[] = {")
MAPS = [(1, 9, False, 0), (2, 24, False, 5), (3, 40, False, 39), (4, 16, True, 0), (5, 33, True, 2), (6, 1, False, 0)]
for seed, n, causal, column in MAPS:
    special = sorted({0, n - 1})
    for name, value in measures(random_probs(seed, n, causal, column), causal, special).items():
        print(f'    {{{seed}, {n}, {str(causal).lower()}, {column}, "{name}", {number(value)}}},')
print("};")
print("static const struct reference_column reference_columns[] = {")
for seed, n, causal, column in MAPS:
    for j, c in enumerate(columns(random_probs(seed, n, causal, column), causal)):
        if j % 3 == 0 or c[4]:
            print(f'    {{{seed}, {n}, {str(causal).lower()}, {column}, {j}, {", ".join(number(x) for x in c[:4])}, {c[4]}}},')
print("};")
print("static const struct reference_anova reference_anovas[] = {")
for seed, n, causal in [(11, 6, False), (12, 20, False), (13, 12, True), (14, 30, True)]:
    c, share = anova(random_scores(seed, n), causal)
    print(f"    {{{seed}, {n}, {str(causal).lower()}, {number(share)}, {{{', '.join(number(x) for x in c)}}}}},")
print("};")
print("static const struct reference_wilson reference_wilsons[] = {")
for k, n in [(0, 10), (1, 10), (8, 10), (30, 30), (17, 29), (1, 1), (499, 1000)]:
    ci = binomtest(k, n).proportion_ci(0.95, method="wilson")
    print(f"    {{{k}, {n}, {number(ci.low)}, {number(ci.high)}}},")
print("};")
