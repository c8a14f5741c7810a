"""Prints what PyTorch and transformers give for window=, mask= and capacity= in tests/transcript (generate, causal, seq2seq).

Run in the repository's root:  python3 tests/core/reference_masks.py   (torch, transformers)
"""
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoTokenizer

torch.set_num_threads(1)


def load(cls, folder, **options):
    return cls.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32, **options).eval()


def causal(n, window):
    """[1,1,n,n] additive: query i sees key j where 0 <= i - j < window; 0: all before."""
    d = torch.arange(n)[:, None] - torch.arange(n)[None]
    see = (d >= 0) & ((d < window) if window else torch.ones_like(d, dtype=bool))
    return torch.where(see, 0.0, torch.finfo(torch.float32).min)[None, None]


def window():
    """generate window=2: every token, the prompt's too, sees itself and the one before."""
    folder = "examples/models/gpt2-tiny"
    model, ids = load(AutoModelForCausalLM, folder), AutoTokenizer.from_pretrained(folder)("<|endoftext|>The ship")["input_ids"]
    score, begin = 0.0, len(ids)
    for _ in range(8):
        with torch.no_grad():
            logits = model(torch.tensor([ids]), attention_mask=causal(len(ids), 2)).logits[0, -1].double()
        ids.append(int(logits.argmax()))
        score += float(torch.log_softmax(logits, -1)[ids[-1]])
    with torch.no_grad():
        out = model(torch.tensor([ids]), attention_mask=causal(len(ids), 2), output_attentions=True)
    print("window=2:", ids[begin:], round(score, 5))
    for layer, head, q in ((0, 0, 5), (5, 2, 9)):
        print(f"L{layer}.H{head} q={q}", [round(x, 6) for x in out.attentions[layer][0, head, q].tolist()])


def masks():
    """run mask=: an encoder under a causal mask and a window of it."""
    model = load(AutoModelForMaskedLM, "tests/data/golden/options-bert-relative-key")
    ids = torch.tensor([[5, 9, 13, 20, 22]])
    for name, w in (("causal", 0), ("window:2", 2)):
        with torch.no_grad():
            out = model(ids, attention_mask=(causal(5, w)[0] == 0).long(), output_attentions=True, output_hidden_states=True)
        print("mask=" + name, "L1.H1 q=3", [round(x, 5) for x in out.attentions[1][0, 1, 3].tolist()], "hidden.2 of token 3",
              [round(x, 5) for x in out.hidden_states[2][0, 3, :3].tolist()])


def capacity():
    """run capacity=2: experts that take two tokens."""
    folder = "examples/models/switch-tiny"
    tokenizer, model = AutoTokenizer.from_pretrained(folder), load(AutoModelForSeq2SeqLM, folder, expert_capacity=2)
    ids = tokenizer("The cat sat on the mat because it was tired.", return_tensors="pt")["input_ids"]
    target = torch.tensor([[0] + tokenizer("The dog")["input_ids"][:-1]])
    with torch.no_grad():
        out = model(input_ids=ids, decoder_input_ids=target, output_router_logits=True, output_attentions=True)
    logits, experts = out.encoder_router_logits[1]
    probs = torch.softmax(logits[0].double(), -1)
    print("capacity=2, encoder layer 1:", [(int(p.argmax()), round(float(p.max()), 4)) for p in probs])
    taken, dropped = {}, []
    for t, p in enumerate(probs):
        e = int(p.argmax())
        taken[e] = taken.get(e, 0) + 1
        if taken[e] > 2:
            dropped.append(t)
    print("dropped", dropped, "X3.H1 q=2", sorted(((round(x, 4), k) for k, x in enumerate(out.cross_attentions[3][0, 1, 2].tolist())),
                                                  reverse=True)[:3])
    probs = torch.softmax(out.logits[0, -1].double(), -1)
    print("next", [(int(i), round(float(p), 4)) for p, i in zip(*probs.topk(2))])


window()
masks()
capacity()
