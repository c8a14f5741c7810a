#!/usr/bin/env python3
"""Writes model/: random weights of a weft (see weft.c), a tokenizer of its words, and what it gives for three texts,
computed here in double precision with plain numpy. Needs numpy and safetensors. Run in tests/arch."""
import json

import numpy as np
from safetensors.numpy import save_file

WORDS = "<s> </s> <unk> the cat sat on a mat and dog ran to its old red house while rain fell over quiet hills near".split()
V, E, I, X, P, REACH, WINDOW, CAP, EPS = len(WORDS), 16, 24, 4, 64, 2, 3, 2.0, 1e-6
ENCODER = {"heads": [4, 2, 4], "kv": [2, 1, 4], "width": [4, 8, 4]}
DECODER = {"heads": [2, 4], "kv": [1, 2], "width": [8, 4]}
rng = np.random.default_rng(20240611)
weights = {}


def weight(name, *shape, size=0.4, about=0.0):
    weights[name] = (about + size * rng.standard_normal(shape)).astype(np.float32)


def attending(prefix, shapes, l, slopes=True):
    h, kv, d = (shapes[key][l] for key in ("heads", "kv", "width"))
    weight(prefix + ".q.weight", h * d, E)
    weight(prefix + ".k.weight", kv * d, E)
    weight(prefix + ".v.weight", kv * d, E)
    weight(prefix + ".o.weight", E, h * d)
    weight(prefix + ".norm", E, size=0.1, about=1)
    if slopes:
        weights[prefix + ".slopes"] = np.abs(0.2 * rng.standard_normal(h)).astype(np.float32)


def fed_forward(prefix, routed):
    weight(prefix + ".ffn_norm", E, size=0.1, about=1)
    if routed:
        weight(prefix + ".router.weight", X, E)
    for part in [f".expert.{e}" for e in range(X)] if routed else [""]:
        weight(prefix + part + ".up.weight", I, E)
        weight(prefix + part + ".down.weight", E, I)


weight("word", V, E, size=1)
weight("position", P, E, size=0.5)
weight("norm", E, size=0.1, about=1)
for l in range(3):
    attending(f"encoder.{l}", ENCODER, l)
    fed_forward(f"encoder.{l}", l == 2)
weight("encoder.2.sink", 4, size=1)
for l in range(2):
    attending(f"decoder.{l}", DECODER, l)
    attending(f"decoder.{l}.cross", DECODER, l, slopes=False)
    fed_forward(f"decoder.{l}", l == 1)
W = {name: w.astype(np.float64) for name, w in weights.items()}


def rms(x, weight):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPS) * weight


def softmax(x, sink=None):
    x = x if sink is None else np.concatenate([x, np.broadcast_to(sink[:, None, None], (*x.shape[:2], 1))], -1)
    e = np.exp(x - x.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    return p if sink is None else p[..., :-1]


def attention(prefix, shapes, l, x, y, places=None, cap=0, mask=None, sink=None):
    """Queries of x, keys and values of y. Returns the heads' outputs through o, and what the maps are made of."""
    h, kv, d = (shapes[key][l] for key in ("heads", "kv", "width"))
    q = (x @ W[prefix + ".q.weight"].T).reshape(len(x), h, d).transpose(1, 0, 2)
    k, v = ((y @ W[f"{prefix}.{n}.weight"].T).reshape(len(y), kv, d).transpose(1, 0, 2).repeat(h // kv, 0) for n in "kv")
    maps = {"content": q @ k.transpose(0, 2, 1) / np.sqrt(d)}
    if places is not None:
        maps["slope"] = -W[prefix + ".slopes"][:, None, None] * np.abs(places[0][:, None] - places[1][None])
    scores = sum(maps.values())
    maps["scores"] = cap * np.tanh(scores / cap) if cap else scores
    maps["attn"] = softmax(maps["scores"] + (0 if mask is None else np.where(mask, 0, -np.inf)), sink)
    return (maps["attn"] @ v).transpose(1, 0, 2).reshape(len(x), h * d) @ W[prefix + ".o.weight"].T, maps


def ffn(prefix, x):
    return np.maximum(x @ W[prefix + ".up.weight"].T, 0) @ W[prefix + ".down.weight"].T


def routed_ffn(prefix, x, k, normalise):
    router = softmax(x @ W[prefix + ".router.weight"].T)
    expert = np.argsort(-router, -1, kind="stable")[:, :k]
    weight = np.take_along_axis(router, expert, -1)
    if normalise:
        weight = weight / weight.sum(-1, keepdims=True)
    y = sum(weight[:, [c]] * np.stack([ffn(f"{prefix}.expert.{e}", x[i]) for i, e in enumerate(expert[:, c])]) for c in range(k))
    return y, router, expert, weight


def run(ids, targets):
    out = {"input_ids": np.array(ids), "dec_input_ids": np.array(targets)}

    def keep(prefix, maps, l):
        out.update({f"{prefix}{name}.{l}": values for name, values in maps.items()})

    x, places = W["word"][ids] + W["position"][: len(ids)], np.arange(len(ids))
    out["hidden.0"] = x
    for l in range(3):
        prefix, y, of_keys = f"encoder.{l}", rms(x, W[f"encoder.{l}.norm"]), places
        if l == 1:
            x, places = x[::2], places[::2]
        mask = np.abs(places[:, None] - places[None]) <= REACH if l == 0 else None
        sink = W["encoder.2.sink"] if l == 2 else None
        z, maps = attention(prefix, ENCODER, l, rms(x, W[prefix + ".norm"]), y, (places, of_keys), CAP if l == 0 else 0, mask, sink)
        keep("", maps, l)
        x = x + z
        y = rms(x, W[prefix + ".ffn_norm"])
        if l == 2:
            out["sink.2"] = sink
            y, out["router.enc.2"], expert, out["weight.enc.2"] = routed_ffn(prefix, y, 1, False)
            out["expert.enc.2"] = expert[:, 0]
            x = x + y
        else:
            x = x + ffn(prefix, y)
            out[f"hidden.{l + 1}"] = x
    out["hidden.3"] = encoded = rms(x, W["norm"])

    y, places = W["word"][targets] + W["position"][: len(targets)], np.arange(len(targets))
    out["dec_hidden.0"] = y
    for l in range(2):
        prefix, back = f"decoder.{l}", places[:, None] - places[None]
        in_ = rms(y, W[prefix + ".norm"])
        z, maps = attention(prefix, DECODER, l, in_, in_, (places, places), mask=(back >= 0) & (back < (WINDOW if l else P)))
        keep("dec_", maps, l)
        y = y + z
        z, maps = attention(prefix + ".cross", DECODER, l, rms(y, W[prefix + ".cross.norm"]), encoded)
        keep("cross_", maps, l)
        y = y + z
        in_ = rms(y, W[prefix + ".ffn_norm"])
        if l == 1:
            f, out["router.dec.1"], out["expert.dec.1"], out["weight.dec.1"] = routed_ffn(prefix, in_, 2, True)
        else:
            f = ffn(prefix, in_)
        y = y + f
        out[f"dec_hidden.{l + 1}"] = y
    out["logits"] = y @ W["word"].T
    return out


TEXTS = [
    ("the cat sat on a mat and the old dog ran to its house", "<s> rain fell over"),
    ("rain fell", "<s>"),
    ("while the red cat sat near its house the rain fell over quiet hills and a dog ran on to the old mat", "<s> the old red house near quiet hills"),
]

cases, expected = [], {}
for number, (text, target) in enumerate(TEXTS):
    ids = [WORDS.index(word) for word in ("<s> " + text + " </s>").split()]
    targets = [WORDS.index(word) for word in target.split()]
    cases.append({"text": text, "pair": None, "input_ids": ids, "token_type_ids": [0] * len(ids)})
    for name, values in run(ids, targets).items():
        whole = values.dtype.kind == "i"
        expected[f"{number}.{name}"] = np.ascontiguousarray(values, np.int64 if whole else np.float32)

save_file(weights, "model/model.safetensors")
save_file(expected, "model/expected.safetensors")
special = [{"id": i, "content": WORDS[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for i in range(3)]
tokenizer = {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
    "pre_tokenizer": {"type": "WhitespaceSplit"},
    "post_processor": {"type": "TemplateProcessing",
                       "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                       "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                       "special_tokens": {t: {"id": t, "ids": [WORDS.index(t)], "tokens": [t]} for t in ("<s>", "</s>")}},
    "decoder": None,
    "model": {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(WORDS)}, "unk_token": "<unk>"},
}
config = {"model_type": "weft", "vocab_size": V, "d_model": E, "d_ff": I, "experts": X, "positions": P, "reach": REACH, "window": WINDOW,
          "cap": CAP, "eps": EPS, "activation": "relu", "encoder": ENCODER, "decoder": DECODER}
for name, value in (("config", config), ("cases", {"case": "weft", "family": "weft", "cases": cases}), ("tokenizer", tokenizer)):
    with open(f"model/{name}.json", "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=1)
        f.write("\n")
