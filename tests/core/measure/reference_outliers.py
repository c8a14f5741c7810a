"""What transformers and numpy give for the outlier dimensions of tests/transcript/outliers.test.

    python tests/core/measure/reference_outliers.py
"""
from collections import Counter

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

torch.set_grad_enabled(False)


def lines(n):
    return [l for l in open("examples/texts.txt", encoding="utf-8").read().split("\n") if l.strip()][:n]


def by_values(name, ffn, n=30):
    path = f"examples/models/{name}"
    model, tokenizer = AutoModel.from_pretrained(path, attn_implementation="eager").eval(), AutoTokenizer.from_pretrained(path)
    seen, found = [], []
    if ffn:
        for layer in model.encoder.layer:
            layer.output.dense.register_forward_hook(lambda _, args, out: seen.append(out[0]))
    for line in lines(n):
        ids = tokenizer(line)["input_ids"]
        seen.clear()
        out = model(torch.tensor([ids]), output_hidden_states=True)
        tensors = list(seen) if ffn else [h[0] for h in out.hidden_states]
        for l, x in enumerate(tensors):
            x = x.double().numpy()
            z = (x - x.mean()) / x.std()
            for t, d in np.argwhere(np.abs(z) > 6):
                found.append((int(d), l, int(t), ids[t], float(x[t, d]), abs(float(z[t, d]))))
    print(name, "ffn" if ffn else "hidden", len(found), "values")
    for d, count in sorted(Counter(f[0] for f in found).items(), key=lambda p: (-p[1], p[0]))[:4]:
        own = [f for f in found if f[0] == d]
        token, times = Counter(f[3] for f in own).most_common(1)[0]
        index, at = Counter(f[2] for f in own).most_common(1)[0]
        states = {f[1] for f in own}
        print(f"  dim {d}: {count} values, {len(states)} states {min(states)} to {max(states)}, sigmas {max(f[5] for f in own):.9g}, "
              f"mean {np.mean([f[4] for f in own]):.9g}, token {tokenizer.convert_ids_to_tokens(token)} {times / count:.9g}, index {index} {at / count:.9g}")
    for l in sorted({f[1] for f in found}):
        print(f"  state {l}: {sum(f[1] == l for f in found)} values")


def by_weights(name, norms):
    model = AutoModel.from_pretrained(f"examples/models/{name}").eval()
    out = {}
    for kind in ("weight", "bias"):
        counts = Counter()
        for norm in norms(model):
            x = getattr(norm, kind).double().numpy()
            counts.update(np.flatnonzero(np.abs(x - x.mean()) > 3 * x.std()).tolist())
        out[kind] = counts
    L = len(norms(model))
    dims = sorted(d for d in set(out["weight"]) | set(out["bias"]) if max(out["weight"][d], out["bias"][d]) > L / 4)
    print(name, "by weights:", [(d, out["weight"][d], out["bias"][d]) for d in dims])


if __name__ == "__main__":
    by_weights("roberta-tiny", lambda m: [l.output.LayerNorm for l in m.encoder.layer])
    by_weights("gpt2-tiny", lambda m: [l.ln_2 for l in m.h])
    by_values("roberta-tiny", True)
    by_values("gpt2-tiny", False)
