"""What transformers and torch give for the ablations of tests/transcript/ablate.test and patch.test.

    python tests/core/measure/reference_ablation.py

Heads are changed by hooks in front of the projection behind the attention, patterns by a softmax of their own, dimensions by
hooks behind the modules that make them. Nothing of gaze is used.
"""
import math
import numpy as np
import torch
from scipy import stats
from transformers import AutoModel, AutoModelForMaskedLM, AutoModelForCausalLM, AutoTokenizer

torch.set_grad_enabled(False)


def load(name, kind=AutoModelForMaskedLM):
    path = f"examples/models/{name}"
    return kind.from_pretrained(path, attn_implementation="eager").eval(), AutoTokenizer.from_pretrained(path)


def layers(model):
    if hasattr(model, "roberta"):
        return model.roberta.encoder.layer
    return model.transformer.h


def projection(model, layer):
    block = layers(model)[layer]
    return block.attention.output.dense if hasattr(model, "roberta") else block.attn.c_proj


class Hooks:
    """Hooks that are gone behind the block."""

    def __init__(self, *pairs):
        self.pairs = pairs

    def __enter__(self):
        self.handles = [m.register_forward_pre_hook(f) if pre else m.register_forward_hook(f) for m, f, pre in self.pairs]

    def __exit__(self, *_):
        for h in self.handles:
            h.remove()


def replace_output(model, layer, heads, what, H=4):
    """Before the projection: z [1,T,H·D] with some heads replaced."""
    def hook(_, args):
        z = args[0].clone()
        D = z.shape[-1] // H
        for h in heads:
            at = z[..., h * D : (h + 1) * D]
            z[..., h * D : (h + 1) * D] = what(at, h)
        return (z,) + args[1:]
    return (projection(model, layer), hook, True)


def zero(z, _):
    return torch.zeros_like(z)


def mean(z, _):
    return z.mean(1, keepdim=True).expand_as(z)


def uniform_roberta(model, layer, heads, H=4):
    """Without a mask every query takes the mean of all values."""
    value = layers(model)[layer].attention.self.value
    kept = {}

    def keep(_, args, out):
        kept["v"] = out

    def put(z, h):
        D = kept["v"].shape[-1] // H
        return kept["v"][..., h * D : (h + 1) * D].mean(1, keepdim=True).expand_as(z)
    return [(value, keep, False), replace_output(model, layer, heads, put)]


def uniform_gpt2(model, layer, heads, H=4):
    """Query i takes the mean of the values 0 … i."""
    attn = layers(model)[layer].attn.c_attn
    kept = {}

    def keep(_, args, out):
        kept["v"] = out[..., 2 * out.shape[-1] // 3 :]

    def put(z, h):
        D = z.shape[-1]
        v = kept["v"][..., h * D : (h + 1) * D]
        return v.cumsum(1) / torch.arange(1, v.shape[1] + 1)[None, :, None]
    return [(attn, keep, False), replace_output(model, layer, heads, put)]


def zero_dims(dims):
    def hook(_, args, out):
        first = (out[0] if isinstance(out, tuple) else out).clone()
        first[..., dims] = 0
        return (first,) + tuple(out[1:]) if isinstance(out, tuple) else first
    return hook


def dims_roberta(model, where, dims):
    e, f = model.roberta.embeddings, zero_dims(dims)
    if where == "positions":
        return [(e.position_embeddings, f, False)]
    if where == "words":
        return [(e.word_embeddings, f, False)]
    if where == "hidden":
        return [(e, f, False)] + [(l, f, False) for l in layers(model)]
    norms = [m for n, m in model.roberta.named_modules() if isinstance(m, torch.nn.LayerNorm)]
    return [(m, f, False) for m in norms]


def log_p(model, ids):
    return torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1).numpy()


def jsd(a, b):
    p, q = np.exp(a), np.exp(b)
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.nansum(p * np.log(p / m)) / 2 + np.nansum(q * np.log(q / m)) / 2)


def tell(what, before, after, word, against=None):
    if word is None:
        word = int(before.argmax())
    if against is None:
        against = int(np.argsort(-before)[0 if np.argsort(-before)[0] != word else 1])
    print(f"{what}: p {math.exp(before[word]):.9g} -> {math.exp(after[word]):.9g}, loss change {before[word] - after[word]:.9g}, "
          f"logit difference {before[word] - before[against]:.9g} -> {after[word] - after[against]:.9g}, jsd {jsd(before, after):.9g}, "
          f"first {int(before.argmax())} -> {int(after.argmax())}")


def masked_text():
    model, tokenizer = load("roberta-tiny")
    ids = tokenizer("The cat <mask> on the mat.")["input_ids"]
    at = ids.index(tokenizer.mask_token_id)
    before = log_p(model, ids)[at]
    sat, is_ = tokenizer.convert_tokens_to_ids(["Ġsat", "Ġis"])
    for what, hooks, word, against in [
        ("L3.H1 zero", [replace_output(model, 3, [1], zero)], None, None),
        ("L3 mean, sat - is", [replace_output(model, 3, range(4), mean)], sat, is_),
        ("L2 uniform", uniform_roberta(model, 2, range(4)), None, None),
        ("3,5 positions", dims_roberta(model, "positions", [3, 5]), None, None),
        ("3,5 words", dims_roberta(model, "words", [3, 5]), None, None),
        ("3,5 norms", dims_roberta(model, "norms", [3, 5]), None, None),
        ("3,5 hidden", dims_roberta(model, "hidden", [3, 5]), None, None),
    ]:
        with Hooks(*hooks):
            tell(what, before, log_p(model, ids)[at], word, against)


def deberta_term():
    """p2c of one head of DeBERTa left out: the row of query 3 of its map, and of a map of the next layer."""
    model, tokenizer = load("deberta-v3-tiny", AutoModel)
    ids = torch.tensor([tokenizer("The cat sat on the mat.")["input_ids"]])
    attention = model.encoder.layer[1].attention.self
    whole = attention.disentangled_attention_bias

    def without(*args, **kwargs):
        bias = whole(*args, **kwargs).clone()
        kinds = attention.pos_att_type
        attention.pos_att_type = [k for k in kinds if k != "p2c"]
        rest = whole(*args, **kwargs)
        attention.pos_att_type = kinds
        bias.view(-1, *bias.shape[-2:])[0] = rest.view(-1, *rest.shape[-2:])[0]
        return bias
    attention.disentangled_attention_bias = without
    maps = model(ids, output_attentions=True).attentions
    print("L1.H0 without p2c, query 3:", " ".join(f"{x:.4f}" for x in maps[1][0, 0, 3]), "; L1.H1:", " ".join(f"{x:.4f}" for x in maps[1][0, 1, 3]))
    print("L2.H1, query 3:", " ".join(f"{x:.6f}" for x in maps[2][0, 1, 3]))


def over_texts(name, kind, hooks_of, n=30, every=7):
    """Mean over texts of the change of loss, with Student's 95 % interval."""
    model, tokenizer = load(name, kind)
    hooks = hooks_of(model)
    changes, losses, words, firsts, told = [], [], 0, [], []
    lines = [l for l in open("examples/texts.txt", encoding="utf-8").read().split("\n") if l.strip()][:n]
    for number, line in enumerate(lines, 1):
        ids = tokenizer(line)["input_ids"]
        own = [i for i, t in enumerate(ids) if t not in tokenizer.all_special_ids]
        if kind is AutoModelForMaskedLM:
            asked = [i for k, i in enumerate(own) if (k + number) % every == 0] if len(own) >= every else [own[len(own) // 2]]
            targets = [ids[i] for i in asked]
            for i in asked:
                ids[i] = tokenizer.mask_token_id
        else:
            targets = [ids[i] for i in own if i > 0]
            asked = [i - 1 for i in own if i > 0]
        before = log_p(model, ids)
        with Hooks(*hooks):
            after = log_p(model, ids)
        b = -np.mean([before[i][t] for i, t in zip(asked, targets)])
        a = -np.mean([after[i][t] for i, t in zip(asked, targets)])
        losses.append(b)
        changes.append(a - b)
        told.append(further(before, after, asked, targets))
        firsts.append(np.mean([before[i].argmax() != after[i].argmax() for i in asked]))
        words += len(asked)
    half = stats.t.ppf(0.975, len(changes) - 1) * np.std(changes, ddof=1) / math.sqrt(len(changes))
    print(f"{name} over {len(changes)} texts, {words} words: loss {np.mean(losses):.9g}, change {np.mean(changes):.9g} "
          f"[{np.mean(changes) - half:.9g}, {np.mean(changes) + half:.9g}], first {np.mean(firsts):.9g}")
    tell_further(told)


def further(before, after, rows, words):
    """Means of the change of p and of the logit less that of the likeliest other word before."""
    p, margin = [], []
    for i, t in zip(rows, words):
        b, a = np.asarray(before[i], float), np.asarray(after[i], float)
        other = next(w for w in np.argsort(-b) if w != t)
        p.append(math.exp(a[t]) - math.exp(b[t]))
        margin.append((a[t] - a[other]) - (b[t] - b[other]))
    return np.mean(p), np.mean(margin)


def tell_further(told):
    told = np.array(told)
    half = stats.t.ppf(0.975, len(told) - 1) * told.std(0, ddof=1) / math.sqrt(len(told))
    for k, name in enumerate(("probability", "margin")):
        print(f"   {name} {told.mean(0)[k]:.9g} [{told.mean(0)[k] - half[k]:.9g}, {told.mean(0)[k] + half[k]:.9g}]")


def targets(path="tests/data/columns/pairs.tsv"):
    """The next words of targets of an encoder-decoder, heads of the decoder zeroed in front of their projection."""
    from transformers import AutoModelForSeq2SeqLM
    model, tokenizer = load("switch-tiny", AutoModelForSeq2SeqLM)
    attention = model.decoder.block[0].layer[0].SelfAttention
    D = attention.key_value_proj_dim

    def hook(_, args):
        z = args[0].clone()
        z[..., D : 2 * D] = 0
        return (z,)
    losses, changes, told = [], [], []
    for line in open(path, encoding="utf-8"):
        source, target = line.rstrip("\n").split("\t")
        labels = tokenizer(target)["input_ids"]
        shifted = [model.config.decoder_start_token_id] + [t for t in labels if t != tokenizer.eos_token_id]
        words = [(i, t) for i, t in enumerate(shifted[1:]) if t not in tokenizer.all_special_ids]

        def ask():
            out = model(input_ids=torch.tensor([tokenizer(source)["input_ids"]]), decoder_input_ids=torch.tensor([shifted]))
            return torch.log_softmax(out.logits[0].double(), -1).numpy()
        before = ask()
        with Hooks((attention.o, hook, True)):
            after = ask()
        rows, ids = zip(*words)
        losses.append(-np.mean([before[i][t] for i, t in words]))
        changes.append(-np.mean([after[i][t] for i, t in words]) - losses[-1])
        told.append(further(before, after, rows, ids))
    half = stats.t.ppf(0.975, len(changes) - 1) * np.std(changes, ddof=1) / math.sqrt(len(changes))
    print(f"switch-tiny D0.H1 zero: loss {np.mean(losses):.9g}, change {np.mean(changes):.9g} [{np.mean(changes) - half:.9g}, {np.mean(changes) + half:.9g}]")
    tell_further(told)


def texts_mean():
    """The mean output of a head over all tokens of all texts (as they are run: with masks), and what it does to the loss."""
    model, tokenizer = load("roberta-tiny")
    rows = []
    lines = [l for l in open("examples/texts.txt", encoding="utf-8").read().split("\n") if l.strip()][:30]

    def keep(_, args):
        rows.append(args[0][0])
    with Hooks((projection(model, 3), keep, True)):
        for number, line in enumerate(lines, 1):
            ids = tokenizer(line)["input_ids"]
            own = [i for i, t in enumerate(ids) if t not in tokenizer.all_special_ids]
            for k, i in enumerate(own):
                if (k + number) % 7 == 0:
                    ids[i] = tokenizer.mask_token_id
            model(torch.tensor([ids]))
    z = torch.cat(rows)
    D = z.shape[-1] // 4
    average = z[:, :D].double().mean(0).float()
    over_texts("roberta-tiny", AutoModelForMaskedLM,
               lambda m: [replace_output(m, 3, [0], lambda at, h: average.expand_as(at))])


def patches():
    """GPT-2: parts of one text's run in the other's."""
    model, tokenizer = load("gpt2-tiny", AutoModelForCausalLM)
    man, woman = (tokenizer(t)["input_ids"] for t in ("The old man took his hat", "The old woman took her hat"))
    kept = {}

    def keep_z(_, args):
        kept["z"] = args[0]

    def keep_block(_, args, out):
        kept["h"] = out[0] if isinstance(out, tuple) else out

    def keep_v(_, args, out):
        kept["v"] = out[..., 2 * out.shape[-1] // 3 :]
    blocks = layers(model)
    with Hooks((projection(model, 2), keep_z, True), (blocks[2], keep_block, False)):
        probs = model(torch.tensor([woman]), output_attentions=True).attentions[2][0]
    before, source = log_p(model, man)[-1], log_p(model, woman)[-1]
    z, h = kept["z"], kept["h"]
    D = z.shape[-1] // 4

    def put_hidden(rows):
        def hook(_, args, out):
            first = (out[0] if isinstance(out, tuple) else out).clone()
            first[:, rows] = h[:, rows]
            return (first,) + tuple(out[1:]) if isinstance(out, tuple) else first
        return hook

    def put_pattern(at, head):
        return probs[head] @ kept["v"][..., head * D : (head + 1) * D]
    word, against = int(source.argmax()), int(before.argmax())
    if word == against:
        against = int(np.argsort(-before)[1])
    and_, stop = tokenizer.convert_tokens_to_ids(["Ġand", "."])
    for what, hooks, w, o in [
        ("z of L2.H1", [replace_output(model, 2, [1], lambda at, i: z[..., i * D : (i + 1) * D])], word, against),
        ("hidden of L2", [(blocks[2], put_hidden(slice(None)), False)], word, against),
        ("pattern of L2", [(blocks[2].attn.c_attn, keep_v, False), replace_output(model, 2, range(4), put_pattern)], word, against),
        ("hidden of L2 at 2", [(blocks[2], put_hidden([2]), False)], and_, stop),
    ]:
        with Hooks(*hooks):
            after = log_p(model, man)[-1]
        way = [x[w] - x[o] for x in (before, after, source)]
        tell(what, before, after, w, o)
        print(f"    from: p {math.exp(source[w]):.9g}, logit difference {way[2]:.9g}, restored {(way[1] - way[0]) / (way[2] - way[0]):.9g}")


if __name__ == "__main__":
    masked_text()
    patches()
    deberta_term()
    over_texts("roberta-tiny", AutoModelForMaskedLM, lambda m: [replace_output(m, 3, [0], zero)])
    texts_mean()
    over_texts("gpt2-tiny", AutoModelForCausalLM, lambda m: uniform_gpt2(m, 1, range(4)))
    over_texts("roberta-tiny", AutoModelForMaskedLM, lambda m: dims_roberta(m, "hidden", [1, 2]))
    targets()
