#!/usr/bin/env python3
"""How a checkpoint of the reference model is written: the Synthesizer and Primer in PyTorch, in the layout that gaze reads.

    reference.py NAME FOLDER

writes FOLDER/config.json and FOLDER/model.safetensors of one of the configurations below with random weights, and beside them
what this file's own forward pass gives for a few texts (cases.json, expected.safetensors), with which gaze is compared:

    gaze -X FOLDER -c 'run ids=5,6,7,8' -c 'export > mine.safetensors'

Synthesizer: Tay et al. 2021, "Synthesizer: Rethinking Self-Attention for Transformer Models" (ICML), sections 3.1 and 3.2: scores
that no pair of tokens makes. Primer: So et al. 2021, "Primer: Searching for Efficient Transformers" (NeurIPS), section 4: squared
ReLU, and a depthwise convolution of width 3 over the tokens behind each head's projections of queries, keys and values.

config.json has "model_type": "gaze-reference" and
    attention_scores   a sum of "content" (q·k/sqrt(D)), "dense", "random", "factorized_random": "content+random"
    random_rank        of the last
    conv_width         0: no convolution
    causal             query i sees keys j <= i; otherwise all
    position_embeddings, hidden_act, hidden_size, num_hidden_layers, num_attention_heads, intermediate_size,
    max_position_embeddings, vocab_size, layer_norm_eps, tie_word_embeddings
The names of the tensors are those of the module below. To write a model of one's own, train the module and call save().
"""
import json
import os
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

SIZES = dict(model_type="gaze-reference", vocab_size=32, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
             intermediate_size=24, max_position_embeddings=20, layer_norm_eps=1e-5, hidden_act="relu", causal=True,
             position_embeddings=True, tie_word_embeddings=True, attention_scores="content", random_rank=3, conv_width=0)
CONFIGURATIONS = {
    "synthesizer-dense": dict(SIZES, attention_scores="dense", causal=False),
    "synthesizer-random": dict(SIZES, attention_scores="random", causal=False, tie_word_embeddings=False),
    "synthesizer-factorized": dict(SIZES, attention_scores="factorized_random"),
    "synthesizer-mixture": dict(SIZES, attention_scores="content+dense+random+factorized_random", num_attention_heads=4),
    "primer": dict(SIZES, hidden_act="relu2", conv_width=3, position_embeddings=False),
    "primer-both-ways": dict(SIZES, hidden_act="relu2", conv_width=5, causal=False, attention_scores="content+random"),
}
ACTIVATIONS = {"relu": F.relu, "relu2": lambda x: F.relu(x) ** 2, "gelu": F.gelu}


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        E, H, P, w = c["hidden_size"], c["num_attention_heads"], c["max_position_embeddings"], c["conv_width"]
        self.H, self.D, self.causal, self.terms = H, E // H, c["causal"], c["attention_scores"].split("+")
        self.v, self.o = nn.Linear(E, E), nn.Linear(E, E)
        names = ["v"]
        if "content" in self.terms:
            self.q, self.k = nn.Linear(E, E), nn.Linear(E, E)
            names += ["q", "k"]
        for name in names if w else []:
            setattr(self, name + "_conv", nn.Conv1d(E, E, w, groups=E))
        if "dense" in self.terms:
            self.dense = nn.Linear(E, E)
            self.dense_keys = nn.Parameter(torch.zeros(H, P, self.D))
            self.dense_bias = nn.Parameter(torch.zeros(H, P))
        if "random" in self.terms:
            self.random = nn.Parameter(torch.zeros(H, P, P))
        if "factorized_random" in self.terms:
            self.random_rows = nn.Parameter(torch.zeros(H, P, c["random_rank"]))
            self.random_columns = nn.Parameter(torch.zeros(H, P, c["random_rank"]))

    def heads(self, x):
        return x.unflatten(-1, (self.H, self.D)).transpose(0, 1)

    def projected(self, name, x):
        y = getattr(self, name)(x)
        conv = getattr(self, name + "_conv", None)
        if conv is not None:
            w = conv.kernel_size[0]
            back = w - 1 if self.causal else (w - 1) // 2
            y = conv(F.pad(y.T[None], (back, w - 1 - back)))[0].T
        return self.heads(y)

    def scores(self, x):
        T, total = len(x), 0
        if "content" in self.terms:
            total = total + self.projected("q", x) @ self.projected("k", x).transpose(1, 2) / self.D**0.5
        if "dense" in self.terms:
            inner = self.heads(F.relu(self.dense(x)))
            total = total + inner @ self.dense_keys[:, :T].transpose(1, 2) + self.dense_bias[:, None, :T]
        if "random" in self.terms:
            total = total + self.random[:, :T, :T]
        if "factorized_random" in self.terms:
            total = total + self.random_rows[:, :T] @ self.random_columns[:, :T].transpose(1, 2)
        return total

    def forward(self, x):
        scores = self.scores(x)
        hidden = torch.ones(len(x), len(x), dtype=torch.bool).triu(1) if self.causal else torch.zeros(len(x), len(x), dtype=torch.bool)
        probs = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        z = (probs @ self.projected("v", x)).transpose(0, 1).flatten(1)
        return self.o(z), scores, probs


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        E, eps = c["hidden_size"], c["layer_norm_eps"]
        self.norm1, self.norm2 = nn.LayerNorm(E, eps), nn.LayerNorm(E, eps)
        self.attention = Attention(c)
        self.up, self.down = nn.Linear(E, c["intermediate_size"]), nn.Linear(c["intermediate_size"], E)
        self.activation = ACTIVATIONS[c["hidden_act"]]

    def forward(self, x):
        z, scores, probs = self.attention(self.norm1(x))
        x = x + z
        return x + self.down(self.activation(self.up(self.norm2(x)))), scores, probs


class Reference(nn.Module):
    def __init__(self, config):
        super().__init__()
        c = self.config = config
        self.embed = nn.Embedding(c["vocab_size"], c["hidden_size"])
        if c["position_embeddings"]:
            self.positions = nn.Embedding(c["max_position_embeddings"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = nn.LayerNorm(c["hidden_size"], c["layer_norm_eps"])
        if not c["tie_word_embeddings"]:
            self.lm_head = nn.Linear(c["hidden_size"], c["vocab_size"], bias=False)

    def forward(self, ids):
        """ids [T] → logits [T,V], hidden states, scores before the mask, maps."""
        x = self.embed(ids)
        if self.config["position_embeddings"]:
            x = x + self.positions(torch.arange(len(ids)))
        states, scores, maps = [x], [], []
        for layer in self.layers:
            x, s, p = layer(x)
            states.append(x)
            scores.append(s)
            maps.append(p)
        states[-1] = self.norm(x)
        table = self.embed.weight if self.config["tie_word_embeddings"] else self.lm_head.weight
        return states[-1] @ table.T, states, scores, maps


def save(model, folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(model.config, f, indent=1)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, os.path.join(folder, "model.safetensors"))


def save_expected(model, name, folder, texts):
    tensors = {}
    for k, ids in enumerate(texts):
        with torch.no_grad():
            logits, states, scores, maps = model(torch.tensor(ids))
        tensors[f"{k}.input_ids"], tensors[f"{k}.logits"] = torch.tensor(ids), logits
        for kind, values in (("hidden", states), ("scores", scores), ("attn", maps)):
            tensors.update({f"{k}.{kind}.{i}": value for i, value in enumerate(values)})
    save_file({k: v.contiguous() for k, v in tensors.items()}, os.path.join(folder, "expected.safetensors"))
    cases = dict(case=name, family="reference", cases=[dict(input_ids=ids, token_type_ids=[0] * len(ids)) for ids in texts])
    with open(os.path.join(folder, "cases.json"), "w") as f:
        json.dump(cases, f)


def main():
    name, folder = sys.argv[1], sys.argv[2]
    torch.manual_seed(7)
    model = Reference(CONFIGURATIONS[name]).eval()
    with torch.no_grad():
        for key, p in model.named_parameters():  # larger than a fresh model's, so that maps are not flat
            p.copy_(1 + 0.2 * torch.randn_like(p) if "norm" in key and key.endswith("weight") else 0.35 * torch.randn_like(p))
    V, P = model.config["vocab_size"], model.config["max_position_embeddings"]
    texts = [torch.randint(0, V, (n,)).tolist() for n in (7, 1, P)]
    save(model, folder)
    save_expected(model, name, folder, texts)


main()
