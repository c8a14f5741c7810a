"""Prints what transformers and numpy give for the parts of prompts in tests/transcript/segments.test.

Run in the repository's root:  python3 tests/core/measure/reference_segments.py   (torch, transformers, numpy)
"""
import re

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoTokenizer

torch.set_num_threads(1)
CAPITALS = "The capital of France is Paris.\n\nThe capital of Spain is Madrid.\n\nThe capital of Italy is Rome.\n\nThe capital of Germany is"
APART = -1


def load(cls, name):
    folder = "examples/models/" + name
    return AutoTokenizer.from_pretrained(folder), cls.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()


def parts(tokenizer, text, by, ids, offsets, special):
    """The part of each token: a part begins behind each match; a token belongs where its last character lies."""
    cuts = [m.end() for m in re.finditer(by, text) if m.end()]
    out = []
    for t, (i, (b, e)) in enumerate(zip(ids, offsets)):
        apart = t == 0 or i in special or (b, e) == (0, 0)
        out.append(APART if apart else sum(c <= e - 1 for c in cuts))
    return np.array(out)


def column_keys(a, see):
    out = np.zeros(a.shape[1], bool)
    for j in range(a.shape[1]):
        rows = np.flatnonzero(see[:, j])
        if len(rows) < 8 and not see.all():
            continue
        times = a[rows, j] * see[rows].sum(1)
        out[j] = times.mean() >= 3 and (times[rows != j] >= 2).mean() >= 2 / 3
    return out


def masses(a, see, queries, keys, columns=False):
    """Mean mass and share of the visible keys, [parts, parts + 1], what is apart last; counted queries."""
    keys = np.where(column_keys(a, see), APART, keys) if columns else keys
    P, Q = queries.max() + 1, keys.max() + 1
    mass, share = np.zeros((P, Q + 1)), np.zeros((P, Q + 1))
    for p in range(P):
        rows = np.flatnonzero(queries == p)
        for q in range(Q + 1):
            of = keys == (q if q < Q else APART)
            mass[p, q] = np.mean([a[i, of & see[i]].sum() for i in rows])
            share[p, q] = np.mean([(of & see[i]).sum() / see[i].sum() for i in rows])
    return mass, share


def encode(tokenizer, text):
    e = tokenizer(text, return_offsets_mapping=True)
    return e["input_ids"], e["offset_mapping"], set(tokenizer.all_special_ids)


def show(title, mass, share):
    print("==", title)
    for p in range(len(mass)):
        print(p, " ".join(f"{m:.6f}/{s:.6f}" for m, s in zip(mass[p], share[p])))


def maps(model, ids):
    with torch.no_grad():
        out = model(torch.tensor([ids]), output_attentions=True)
    return np.stack([a[0].double().numpy() for a in out.attentions])


def gpt2():
    tokenizer, model = load(AutoModelForCausalLM, "gpt2-tiny")
    ids, offsets, special = encode(tokenizer, CAPITALS)
    part = parts(tokenizer, CAPITALS, "\n\n", ids, offsets, special)
    a = maps(model, ids)
    see = np.tril(np.ones((len(ids), len(ids)), bool))
    every = [masses(m, see, part, part) for layer in a for m in layer]
    show("gpt2-tiny, mean of all heads", np.mean([m for m, _ in every], 0), every[0][1])
    for layer, head in ((0, 2), (4, 1)):
        show(f"gpt2-tiny L{layer}.H{head}", *masses(a[layer, head], see, part, part))
    columns = [masses(m, see, part, part, True) for layer in a for m in layer]
    show("gpt2-tiny, columns apart, mean", np.mean([m for m, _ in columns], 0), np.mean([s for _, s in columns], 0))
    ranked = sorted(((-m[3, 0], n) for n, (m, _) in enumerate(every)))[:3]
    print("ranked by what part 3 gives to part 0:", [(f"L{n // 4}.H{n % 4}", round(-m, 6)) for m, n in ranked])
    apart = sorted(((-m[3, -1], n) for n, (m, _) in enumerate(every)))[:2]
    print("ranked by what part 3 gives to what is apart:", [(f"L{n // 4}.H{n % 4}", round(-m, 6)) for m, n in apart])
    control(model, ids, part)


MASK = (1 << 64) - 1


class Random:
    """SplitMix64, and a stream of its own for each seed and number."""

    def __init__(self, seed, number):
        self.x = seed
        self.x = self.next() ^ number
        self.x = self.next()

    def next(self):
        self.x = (self.x + 0x9E3779B97F4A7C15) & MASK
        z = self.x
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        return z ^ z >> 31


def control(model, ids, part, rounds=6, front=0):
    """Prompts whose first three parts stand in other places: what the last part gives, by place and by content."""
    home = part.copy()
    if not front:
        home[0] = 0  # its first token goes with its part; a special token in front stays there
    blocks = [[ids[t] for t in np.flatnonzero(home == p)] for p in range(4)]
    m = 3
    order = []
    heads = np.zeros((rounds, 24, m))
    for r in range(rounds):
        random, items = Random(1, r // m), list(range(m))
        for i in range(m, 1, -1):
            at = random.next() % i
            items[at], items[i - 1] = items[i - 1], items[at]
        order.append([items[(i + r) % m] for i in range(m)])
        text = ids[:front] + [t for c in order[r] + [3] for t in blocks[c]]
        place = np.array([APART] * front + [k for k, c in enumerate(order[r] + [3]) for _ in blocks[c]])
        place[0] = APART
        a = maps(model, text).reshape(-1, len(text), len(text))
        see = np.tril(np.ones((len(text), len(text)), bool))
        heads[r] = [masses(x, see, place, place)[0][3, :m] for x in a]
    layers = heads.reshape(rounds, -1, 4, m).mean(2)
    for name, mass in [("all heads", heads.mean(1))] + [(f"L{n}", layers[:, n]) for n in range(layers.shape[1])]:
        effects(name, mass, order)


def effects(name, mass, order):
    rounds, m = mass.shape
    by_place = mass.mean(0)
    by_content = np.array([np.mean([mass[r, order[r].index(c)] for r in range(rounds)]) for c in range(m)])
    total = ((mass - mass.mean()) ** 2).sum()
    print("== control,", name, "by place", by_place.round(6), "by content", by_content.round(6))
    for name, means in (("place", by_place), ("content", by_content)):
        print(name, "explains", round(rounds * ((means - mass.mean()) ** 2).sum() / total, 6))


def roberta():
    tokenizer, model = load(AutoModelForMaskedLM, "roberta-tiny")
    text = "The cat sat. The dog ran. It was late."
    ids, offsets, special = encode(tokenizer, text)
    part = parts(tokenizer, text, r"\.", ids, offsets, special)
    a = maps(model, ids)
    see = np.ones((len(ids), len(ids)), bool)
    every = [masses(m, see, part, part) for m in a[1]]
    show("roberta-tiny L1, parts by full stops", np.mean([m for m, _ in every], 0), every[0][1])


def switch():
    tokenizer, model = load(AutoModelForSeq2SeqLM, "switch-tiny")
    source, target = "The cat sat on the mat. The dog was tired.", "A cat. A dog."
    ids, offsets, special = encode(tokenizer, source)
    given, places, _ = encode(tokenizer, target)
    given, places = [model.config.decoder_start_token_id] + given[:-1], [(0, 0)] + places[:-1]
    keys = parts(tokenizer, source, r"\.", ids, offsets, special)
    queries = parts(tokenizer, target, r"\.", given, places, special)
    with torch.no_grad():
        out = model(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([given]), output_attentions=True)
    cross = np.stack([x[0].double().numpy() for x in out.cross_attentions])
    see = np.ones((len(given), len(ids)), bool)
    show("switch-tiny X3.H1, parts by full stops", *masses(cross[3, 1], see, queries, keys))


def fewshot():
    """examples/fewshot.gaze."""
    tokenizer, model = load(AutoModelForCausalLM, "gpt2-tiny")
    prompt = tokenizer("<|endoftext|>" + CAPITALS)["input_ids"]
    ids = list(prompt)
    for _ in range(6):
        with torch.no_grad():
            ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    text, offsets = "", []
    for t in ids:
        piece = "" if t in tokenizer.all_special_ids else tokenizer.decode([t])
        offsets.append((len(text), len(text) + len(piece)))
        text += piece
    print("== fewshot:", repr(text[-40:]))
    part = parts(tokenizer, text, "\n\n|(?<= is)", ids, offsets, set(tokenizer.all_special_ids))
    a = maps(model, ids)
    see = np.tril(np.ones((len(ids), len(ids)), bool))
    every = [masses(m, see, part, part) for layer in a for m in layer]
    show("mean of all heads", np.mean([m for m, _ in every], 0)[-1:], every[0][1][-1:])
    ranked = sorted(((-m[7, 5], n) for n, (m, _) in enumerate(every)))[:4]
    print("ranked by what is given to Rome:", [(f"L{n // 4}.H{n % 4}", round(-m, 4)) for m, n in ranked])
    whole = parts(tokenizer, text, "\n\n", ids, offsets, set(tokenizer.all_special_ids))
    control(model, ids, whole, 12, front=1)


gpt2()
roberta()
switch()
fewshot()
