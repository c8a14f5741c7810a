"""What numpy gives for test_components.c: variance components by fitting constants, from dummies and least squares alone.

    python tests/core/measure/reference_components.py

Every expectation is a trace: of M = P(both) − P(the other) for E SS, with the factor's own dummies Z: tr(Zᵀ M Z), rank = tr(M).
"""
import numpy as np


class Random:
    """Knuth's MMIX generator, the top 24 bits as a fraction in [0,1): random_fraction of planted.c."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 40) / 2**24


def cells(seed, texts, n, tokens, index_effect, token_effect, text_size, noise):
    """Cell by cell: index k, a token, two halves; every seventh cell does not count."""
    r, out = Random(seed), []
    for t in range(texts):
        for k in range(n):
            token = int(r() * tokens)
            y = index_effect * (k == 0) + token_effect * (token == 1) + text_size * (r() - 0.5)
            a, b = np.float32(y + noise * (r() - 0.5)), np.float32(y + noise * (r() - 0.5))
            if (t * n + k) % 7 != 3:
                out.append((k, token, a, b))
    return out


def components(rows):
    index, token = np.array([c[0] for c in rows]), np.array([c[1] for c in rows])
    a, b = np.array([float(c[2]) for c in rows]), np.array([float(c[3]) for c in rows])
    y, C = (a + b) / 2, len(rows)
    dummies = [(v[:, None] == np.unique(v)[None, :]).astype(float) for v in (index, token)]
    project = lambda x: x @ np.linalg.pinv(x)
    both, each = project(np.hstack(dummies)), [project(d) for d in dummies]
    residual = ((a - b) ** 2 / 2).sum() / C
    cell = y @ (np.eye(C) - both) @ y / np.trace(np.eye(C) - both)
    found = []
    for own, other in ((0, 1), (1, 0)):
        M = both - each[other]
        found.append((y @ M @ y - np.trace(M) * cell) / np.trace(dummies[own].T @ M @ dummies[own]))
    v = np.array([*found, cell - residual / 2, residual])
    share = np.maximum(v, 0) / np.maximum(v, 0).sum()
    return v, share


for case in [(3, 12, 10, 9, 4, 0, 0.5, 0.2), (4, 12, 10, 9, 0, 4, 0.5, 0.2), (5, 12, 10, 9, 0, 0, 4, 0.2), (6, 10, 8, 30, 2, 3, 1, 1)]:
    v, share = components(cells(*case))
    print("    {{" + ", ".join(str(x) for x in case) + "}, {" + ", ".join(f"{x:.10g}" for x in v) + "}, {"
          + ", ".join(f"{x:.6f}" for x in share) + "}},")
