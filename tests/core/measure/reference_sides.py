"""What transformers and numpy give for tests/transcript/columns-sides.test: columns of switch-tiny's decoder and cross-attention.

    python tests/core/measure/reference_sides.py
"""
import numpy as np
import torch
from transformers import AutoTokenizer, SwitchTransformersForConditionalGeneration

torch.set_grad_enabled(False)
PATH, N = "examples/models/switch-tiny", 24
model = SwitchTransformersForConditionalGeneration.from_pretrained(PATH, attn_implementation="eager").eval()
tokenizer = AutoTokenizer.from_pretrained(PATH)
START, END = model.config.decoder_start_token_id, tokenizer.eos_token_id
texts = []
for line in open("tests/data/columns/texts.txt", encoding="utf-8"):
    ids = tokenizer(line.rstrip("\n"))["input_ids"] if line.strip() else []
    if len(ids) >= N:
        texts.append(ids[: N - 1] + [END])
measured = texts[:24][1::2]
WORDS = [tokenizer.convert_tokens_to_ids("\u2581" + w) for w in "the and are was her".split()]  # as gaze chose them


def run(source, target):
    out = model(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([target]), output_attentions=True)
    logp = out.logits[0].double().log_softmax(-1)
    return out.decoder_attentions, out.cross_attentions, -np.mean([float(logp[k, target[k + 1]]) for k in range(2, N - 3)])


def causal(a, j):
    rows = np.arange(j, N)
    return (a[rows, j] * (rows + 1)).mean()


base, cross, loss, alpha = [], [], [], []
for ids in measured:
    d, x, l = run(ids, [START] + ids[:-1])
    a = d[1][0, 1].double().numpy()
    base.append(causal(a, 0))
    alpha.append(a[:, 0].mean())
    cross.append(x[1][0, 2].double().numpy()[:, 0].sum())
    loss.append(l)
print(f"{len(measured)} texts; D1.H1 key 0: n·c {np.mean(base):.9g}, alpha {np.mean(alpha):.9g}; X1.H2 key 0: n·c {np.mean(cross):.9g}; loss {np.mean(loss):.9g}")
def kept(edit):
    """ρ of D1.H1's first column, its token (or what stands for it) at the key that edit(target, word, filler) says."""
    rows = []
    for t, ids in enumerate(measured):
        some = []
        for k in range(5):
            target = [START] + ids[:-1]
            key = edit(target, WORDS[k], WORDS[(k + 1) % 5])
            d, _, _ = run(ids, target)
            some.append(causal(d[1][0, 1].double().numpy(), key) - 1)
        rows.append(np.mean(some))
    return np.mean(rows) / (np.mean(base) - 1)


def replaced(target, word, filler):
    target[0] = word
    return 0


def vacant(target, word, filler):
    target[1 : N - 1] = target[0 : N - 2]
    target[0] = filler
    return 1


print(f"replaced {kept(replaced):.9g}, vacant {kept(vacant):.9g}")
