"""What examples/emd.c prints, from PyTorch: python3 tests/real/emd.py MODEL SENTENCES [SEED]

transformers has no enhanced mask decoder: its two passes are written out here over transformers' own last layer, as the
authors' code has them (queries and residual of q, keys and values of what enters the last layer). DeBERTa v2/v3 alone.
"""
import os
import sys

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import DebertaV2Config, DebertaV2Model


def random_numbers(state):
    mask = (1 << 64) - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        x = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ x >> 27) * 0x94D049BB133111EB & mask
        yield x ^ x >> 31


def draw(ordinary, numbers):
    rows = [i for i in ordinary if (next(numbers) >> 40) / 2**24 < 0.15]
    return rows or [ordinary[(next(numbers) >> 32) * len(ordinary) >> 32]]


def main(folder, sentences, seed):
    config = DebertaV2Config.from_pretrained(folder, attn_implementation="eager")
    tensors = {k: v.float() for k, v in load_file(os.path.join(folder, "model.safetensors")).items()}
    model = DebertaV2Model(config).eval()
    own = {k.removeprefix("deberta."): v for k, v in tensors.items() if k.startswith("deberta.")}
    missing, _ = model.load_state_dict(own, strict=False)
    assert not missing, missing
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    special = {i for i, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    mask = tokenizer.token_to_id("[MASK]")
    position = tensors["deberta.embeddings.position_embeddings.weight"]
    head = {k.removeprefix("lm_predictions.lm_head."): v for k, v in tensors.items() if k.startswith("lm_predictions.")}
    word = tensors["deberta.embeddings.word_embeddings.weight"]
    relative, last = model.encoder.get_rel_embedding(), model.encoder.layer[-1]

    def logits(x):
        x = torch.nn.functional.gelu(x @ head["dense.weight"].T + head["dense.bias"])
        x = torch.nn.functional.layer_norm(x, x.shape[-1:], head["LayerNorm.weight"], head["LayerNorm.bias"], config.layer_norm_eps)
        return x @ word.T + head["bias"]

    numbers, masked, right, loss = random_numbers(seed), 0, [0, 0], [0.0, 0.0]
    for line in open(sentences, encoding="utf-8"):
        ids = tokenizer.encode(line.rstrip("\n")).ids
        rows = draw([i for i, t in enumerate(ids) if t not in special], numbers)
        answers = [ids[i] for i in rows]
        for i in rows:
            ids[i] = mask
        with torch.no_grad():
            states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
            seen = torch.ones(1, 1, len(ids), len(ids))
            kv, q = states[-2], states[-2] + position[: len(ids)]
            for _ in range(2):
                q = last(kv, seen, query_states=q, rel_embeddings=relative)[0]
            for way, state in enumerate((q, states[-1])):
                log_p = torch.log_softmax(logits(state[0, rows]), -1)
                right[way] += sum(int(row.argmax()) == a for row, a in zip(log_p, answers))
                loss[way] -= sum(float(row[a]) for row, a in zip(log_p, answers))
        masked += len(rows)
    for way, name in enumerate(("with the enhanced mask decoder", "plain last layer")):
        print("%-30s  %d of %d right, loss %.6f" % (name, right[way], masked, loss[way] / masked))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1)
