"""Prints what transformers and an enumeration of all sequences give for tests/transcript/lattice.test.

Run in the repository's root:  python3 tests/core/reference_lattice.py   (torch, transformers, numpy)
"""
import itertools

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer, GenerationConfig

torch.set_num_threads(1)


class Decoder:
    """Log-probabilities of what follows some tokens alone, at their places."""

    def __init__(self, folder, prompt):
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.start, self.given, self.prompt = self.model.config.bos_token_id, prompt, prompt

    def after(self, ids, at):
        places = torch.arange(at, at + len(ids))[None]
        with torch.no_grad():
            logits = self.model(torch.tensor([ids]), position_ids=places).logits[0, -1]
        return torch.log_softmax(logits.double(), -1).numpy()

    def full(self, ids):
        return sum(self.after(self.prompt + ids[:i], 0)[ids[i]] for i in range(len(ids)))

    def beams(self, n):
        self.model.generation_config = GenerationConfig()
        config = GenerationConfig(max_new_tokens=n, num_beams=4, do_sample=False, pad_token_id=0)
        return self.model.generate(torch.tensor([self.prompt]), generation_config=config)[0, len(self.prompt):].tolist()


class Seq2Seq(Decoder):
    """BART's decoder has learned positions: the table's rows stand two behind."""

    def __init__(self, folder, source):
        self.model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.start = self.model.config.decoder_start_token_id
        self.source, self.given, self.prompt = torch.tensor([source]), [self.start], [self.start]

    def after(self, ids, at):
        table = self.model.model.decoder.embed_positions
        moved = torch.roll(table.weight.data, -at, 0)  # row at + 2 becomes row 2
        kept, table.weight.data = table.weight.data, moved
        with torch.no_grad():
            logits = self.model(input_ids=self.source, decoder_input_ids=torch.tensor([ids])).logits[0, -1]
        table.weight.data = kept
        return torch.log_softmax(logits.double(), -1).numpy()

    def beams(self, n):
        self.model.generation_config = GenerationConfig()
        config = GenerationConfig(max_new_tokens=n, num_beams=4, do_sample=False, pad_token_id=1, decoder_start_token_id=self.start)
        return self.model.generate(self.source, generation_config=config)[0, 1:].tolist()


def cascade(model, n, keep):
    cache = {}

    def score(order, sequence, l):
        before = [model.start] if order == 0 else (model.given + list(sequence[:l]))[-order:]
        if order and len(model.given) + l < order:
            before = model.given + list(sequence[:l])
        at = len(model.given) + l - len(before)
        key = (tuple(before), at)
        if key not in cache:
            cache[key] = model.after(list(before), at)
        return cache[key][sequence[l]]

    first = [model.after([model.start], len(model.given) + l - 1) for l in range(n)]
    stays = [{(int(v),) for v in np.argsort(-s, kind="stable")[:keep[0]]} for s in first]
    for l in range(n):
        print(f"order 0 at {l}:", [(v, round(float(first[l][v]), 5)) for v in np.argsort(-first[l], kind="stable")[:keep[0]]])
    for order in (1, 2):
        spans = [{} for _ in range(n)]
        best = (-np.inf, None)
        for sequence in itertools.product(*[sorted({s[-1] for s in place}) for place in stays]):
            width = order  # spans of the order before
            if any(sequence[max(0, l + 1 - width):l + 1] not in stays[l] for l in range(n)):
                continue
            value = sum(score(order, sequence, l) for l in range(n))
            best = max(best, (value, sequence))
            for l in range(n):
                span = sequence[max(0, l - order):l + 1]
                spans[l][span] = max(spans[l].get(span, -np.inf), value)
        stays = []
        for l in range(n):
            ranked = sorted(spans[l].items(), key=lambda x: (-x[1], x[0]))[:keep[order]]
            print(f"order {order} at {l} of {len(spans[l])}:", [(s, round(float(v), 5)) for s, v in ranked])
            stays.append({s for s, _ in ranked})
    path, beam = list(map(int, best[1])), model.beams(n)
    for name, ids in (("lattice", path), ("beam", beam)):
        print(name, ids, "order 2", round(float(sum(score(2, ids, l) for l in range(n))), 5), "full", round(float(model.full(ids)), 5))


FOLDER = "examples/models/gpt2-tiny"
cascade(Decoder(FOLDER, AutoTokenizer.from_pretrained(FOLDER)("The ship was")["input_ids"]), 4, (6, 5, 3))
cascade(Seq2Seq("tests/data/golden/options-bart-unlike", [4, 9, 17, 22, 6]), 4, (6, 5, 3))
