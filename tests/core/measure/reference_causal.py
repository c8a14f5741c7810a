"""What transformers, numpy and scipy give for tests/transcript/columns-causal.test: columns of gpt2-tiny behind <|endoftext|>.

    python tests/core/measure/reference_causal.py
"""
import numpy as np
import torch
from scipy.stats import t as student
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_grad_enabled(False)
PATH, N, SHIFT = "examples/models/gpt2-tiny", 24, 20
model = AutoModelForCausalLM.from_pretrained(PATH, attn_implementation="eager").eval()
tokenizer = AutoTokenizer.from_pretrained(PATH)
FRONT = tokenizer.convert_tokens_to_ids("<|endoftext|>")
WORDS = [tokenizer.convert_tokens_to_ids(w) for w in ("Ġthe", "Ġand", "Ġfrom", "The", "Ġwas")]  # as gaze chose them
texts = []
for line in open("tests/data/columns/texts.txt", encoding="utf-8"):
    ids = [FRONT] + tokenizer(line.rstrip("\n"))["input_ids"] if line.strip() else []
    if len(ids) >= N:
        texts.append(ids[:N])
measured = texts[:24][1::2]
HEADS = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, 3)]


def run(ids, shift=0):
    out = model(input_ids=torch.tensor([ids]), position_ids=torch.arange(N)[None] + shift, output_attentions=True)
    logp = out.logits[0].double().log_softmax(-1)
    return [a[0].double().numpy() for a in out.attentions], [-float(logp[k, ids[k + 1]]) for k in range(2, N - 3)]


def excess(maps, key):
    """n·c − 1 of a key, each query against the keys that it sees."""
    rows = np.arange(key, N)
    return np.array([(maps[l][h][rows, key] * (rows + 1)).mean() - 1 for l, h in HEADS])


def variant(edit, shift):
    """Excesses [texts, heads], means over words; the loss with one word a text."""
    values, losses = [], []
    for t, ids in enumerate(measured):
        some = []
        for w, word in enumerate(WORDS):
            changed, key = edit(list(ids), word)
            maps, loss = run(changed, shift)
            some.append(excess(maps, key))
            losses += loss if w == t % len(WORDS) else []
        values.append(np.mean(some, 0))
    return np.array(values), np.mean(losses)


def fieller(x, y):
    """ρ with its 90 % interval; x, y [texts]."""
    n = len(x)
    c = np.cov(x, y) / n
    q = student.ppf(0.95, n - 1) ** 2
    a, b, d = y.mean() ** 2 - q * c[1, 1], x.mean() * y.mean() - q * c[0, 1], x.mean() ** 2 - q * c[0, 0]
    root = np.sqrt(b * b - a * d)
    return x.mean() / y.mean(), (b - root) / a, (b + root) / a


same = lambda ids, word: (ids, 0)
replace = lambda ids, word: ([word] + ids[1:], 0)
exchange = lambda ids, word: ([ids[1], ids[0]] + ids[2:], 1)
base, loss = variant(same, 0)
alpha = np.mean([[run(ids)[0][l][h][:, 0].mean() for l, h in HEADS] for ids in measured], 0)
print(len(measured), "texts; n·c", (base.mean(0) + 1).round(6), "together", round(base.mean() + 1, 6), "loss", round(loss, 6), "alpha", alpha.round(6))
for name, edit, shift in (("replaced", replace, 0), ("vacant", same, SHIFT), ("both", replace, SHIFT), ("exchanged", exchange, 0)):
    values, loss = variant(edit, shift)
    print(name, "together %.5f [%.5f, %.5f]" % fieller(values.sum(1), base.sum(1)), "loss", round(loss, 6))
    for h, (l, k) in enumerate(HEADS):
        print("  L%d.H%d %.5f [%.5f, %.5f]" % (l, k, *fieller(values[:, h], base[:, h])))
