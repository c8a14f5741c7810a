#!/usr/bin/env python3
"""What maps do, computed by PyTorch, transformers and numpy alone: writes reference.h beside this file.

    python tests/core/effect/reference.py > tests/core/effect/reference.h

Formulas of the published codes: rollout of samiraabnar/attention_flow, norms of gorokoba560/norm-analysis-of-transformer, value
zeroing of hmohebbi/ValueZeroing (run to the end of the layer, with the layer's whole input), effective attention of Brunner et
al. 2020, section 3, by numpy.linalg.svd and matrix_rank's threshold; flow by networkx's maximum_flow_value."""
import networkx as nx
import numpy as np
import torch
from transformers import AutoConfig, AutoModel, AutoModelForSeq2SeqLM, AutoModelForCausalLM

torch.manual_seed(0)
torch.set_num_threads(1)


class Layer:
    """Where in a model a layer's parts are: the module whose output is its values, o as [E,HD], what is the layer's module."""

    def __init__(self, v, take, o, bias, whole, norm, heads, kv):
        self.v, self.take, self.o, self.bias, self.whole, self.norm, self.heads, self.kv = v, take, o, bias, whole, norm, heads, kv


def bert_layers(model):
    c = model.config
    for m in model.encoder.layer:
        yield Layer(m.attention.self.value, lambda y: y, m.attention.output.dense.weight, m.attention.output.dense.bias, m,
                    m.attention.output.LayerNorm, c.num_attention_heads, c.num_attention_heads)


def gpt2_layers(model):
    c = model.config
    for m in model.h:
        E = c.n_embd
        yield Layer(m.attn.c_attn, slice(2 * E, 3 * E), m.attn.c_proj.weight.T, m.attn.c_proj.bias, m, None, c.n_head, c.n_head)


def llama_layers(model):
    c = model.config
    for m in model.layers:
        yield Layer(m.self_attn.v_proj, None, m.self_attn.o_proj.weight, m.self_attn.o_proj.bias, m, None,
                    c.num_attention_heads, c.num_key_value_heads)


def t5_layers(stack, n):
    for m in stack.block:
        a = m.layer[n].SelfAttention if n == 0 else m.layer[n].EncDecAttention
        yield Layer(a.v, None, a.o.weight, None, m, None, a.n_heads, a.n_heads)


class Taken:
    """Runs a model, keeps what passes through the layers' value projections and outputs; may zero a value on the way."""

    def __init__(self, layers):
        self.layers, self.zero, self.values, self.inputs, self.outputs = layers, None, {}, {}, {}
        for l, layer in enumerate(layers):
            layer.v.register_forward_hook(self.value_hook(l, layer))
            layer.whole.register_forward_pre_hook(self.input_hook(l), with_kwargs=True)
            layer.whole.register_forward_hook(self.output_hook(l))

    def value_hook(self, l, layer):
        def hook(module, args, y):
            part = layer.take if isinstance(layer.take, slice) else slice(None)
            if self.zero and self.zero[0] == l:
                y = y.clone()
                y[:, self.zero[1], part] = 0
            self.values[l] = y[0, :, part].detach().double().numpy()
            return y
        return hook

    def input_hook(self, l):
        def hook(module, args, kwargs):
            x = args[0] if args else kwargs["hidden_states"]
            self.inputs[l] = x[0].detach().double().numpy()
        return hook

    def output_hook(self, l):
        def hook(module, args, y):
            self.outputs[l] = (y[0] if isinstance(y, tuple) else y).reshape(-1, self.inputs[l].shape[-1]).detach().double().numpy()
        return hook


def vectors(taken, l):
    """f_h(x_j): [H,Tk,E]"""
    layer = taken.layers[l]
    o = layer.o.detach().double().numpy()
    v = taken.values[l]
    D = v.shape[1] // layer.kv
    out = []
    for h in range(layer.heads):
        kv = h // (layer.heads // layer.kv)
        out.append(v[:, kv * D:(kv + 1) * D] @ o[:, h * D:(h + 1) * D].T)
    return np.array(out)


def rollout(maps):
    before = None
    for A in maps:
        A = A.mean(0) + np.eye(A.shape[1])
        A = A / A.sum(-1, keepdims=True)
        before = A if before is None else A @ before
    return before


def flow(maps):
    """By networkx: a node (l, i) for each token above each layer, (0, j) for the input."""
    G, T = nx.DiGraph(), maps[0].shape[1]
    for l, A in enumerate(maps):
        A = A.mean(0) + np.eye(T)
        A = A / A.sum(-1, keepdims=True)
        G.add_edges_from(((l + 1, i), (l, j), {"capacity": A[i, j]}) for i in range(T) for j in range(T))
    return np.array([[nx.maximum_flow_value(G, (len(maps), i), (0, j)) for j in range(T)] for i in range(T)])


def layernorm_parts(layer, y, full, eps):
    """y [T,T,E] or [T,E]: less the part's own mean, by the deviation of the whole vector, times the weight."""
    g = layer.norm.weight.detach().double().numpy()
    var = full.var(-1)
    y = y - y.mean(-1, keepdims=True)
    sd = np.sqrt(var + eps)
    return y / sd.reshape(-1, *([1] * (y.ndim - 1))) * g


def effective(A, T):
    U, s, _ = np.linalg.svd(T, full_matrices=False)
    r = int((s > s.max() * max(T.shape) * np.finfo(np.float32).eps).sum())
    return A @ U[:, :r] @ U[:, :r].T, r


rows = []


def put(case, stack, layer, head, name, m):
    rows.append((case, stack, layer, head, name, np.asarray(m, np.float64)))


def mixing(mix, preserve):
    a, b = np.linalg.norm(mix, axis=-1), np.linalg.norm(preserve, axis=-1)
    return (a / (a + b)).mean()


def effective_rank(A):
    s = np.linalg.svd(A, compute_uv=False)
    p = (s / s.sum())[s > 0]
    return np.exp(-(p * np.log(p)).sum())


def tell(case, stack, taken, maps, again, own, eps):
    """maps: [L][H,Tq,Tk]; again(l, j): runs with the value of j in l zeroed; own: queries and keys are the same tokens."""
    again(None, None)
    L = len(maps)
    values, inputs, outputs = dict(taken.values), dict(taken.inputs), dict(taken.outputs)
    for l in (0, L - 1):
        taken.values, taken.inputs, taken.outputs = dict(values), dict(inputs), dict(outputs)
        A, F = maps[l], vectors(taken, l)
        layer = taken.layers[l]
        parts = np.einsum("hij,hje->ije", A, F)
        head = layer.heads - 1
        put(case, stack, l, head, "norms", np.linalg.norm(A[head][:, :, None] * F[head][None], axis=-1))
        put(case, stack, l, head, "norms_layer", np.linalg.norm(parts, axis=-1))
        E, r = effective(A[head], F[head])
        put(case, stack, l, head, "effective", E)
        D = taken.values[l].shape[1] // layer.kv
        kv = head // (layer.heads // layer.kv)
        Z = A[head] @ taken.values[l][:, kv * D:(kv + 1) * D]
        put(case, stack, l, head, "stable_rank", (Z ** 2).sum() / np.linalg.norm(Z, 2) ** 2)
        put(case, stack, l, head, "effective_rank", effective_rank(A[head]))
        if own:
            put(case, stack, l, head, "rollout", rollout(maps[: l + 1]))
            put(case, stack, l, head, "flow", flow(maps[: l + 1]))
            T = A.shape[1]
            x = taken.inputs[l]
            preserve = parts[np.arange(T), np.arange(T)]
            mix = parts.sum(1) - preserve
            put(case, stack, l, head, "mixing", mixing(mix, preserve))
            kept = preserve + x
            put(case, stack, l, head, "mixing_residual", mixing(mix, kept))
            with_x = parts.copy()
            with_x[np.arange(T), np.arange(T)] += x
            put(case, stack, l, head, "norms_residual", np.linalg.norm(with_x, axis=-1))
            if layer.norm is not None:
                full = with_x.sum(1) + layer.bias.detach().double().numpy()
                put(case, stack, l, head, "norms_layernorm", np.linalg.norm(layernorm_parts(layer, with_x, full, eps), axis=-1))
                put(case, stack, l, head, "mixing_layernorm",
                    mixing(layernorm_parts(layer, mix, full, eps), layernorm_parts(layer, kept, full, eps)))
        zero = np.zeros(A.shape[1:])
        y = outputs[l]
        for j in range(A.shape[2]):
            again(l, j)
            w = taken.outputs[l]
            zero[:, j] = 1 - (y * w).sum(-1) / np.linalg.norm(y, axis=-1) / np.linalg.norm(w, axis=-1)
        zero[np.abs(zero) < 1e-12] = 0
        s = zero.sum(-1, keepdims=True)
        put(case, stack, l, head, "valuezero", np.divide(zero, s, out=np.zeros_like(zero), where=s > 0))


def plain(case, path, ids, layers_of, eps=None):
    model = AutoModel.from_pretrained(path, attn_implementation="eager").eval()
    taken = Taken(list(layers_of(model)))
    x = torch.tensor([ids])
    with torch.no_grad():
        maps = [a[0].double().numpy() for a in model(x, output_attentions=True).attentions]

    def again(l, j):
        taken.zero = None if l is None else (l, j)
        with torch.no_grad():
            model(x)
    tell(case, "L", taken, maps, again, True, eps or getattr(model.config, "layer_norm_eps", 1e-5))


def seq2seq(case, path, ids, target):
    model = AutoModelForSeq2SeqLM.from_pretrained(path, attn_implementation="eager").eval()
    x, y = torch.tensor([ids]), torch.tensor([target])
    for stack in "LDX":
        layers = list(t5_layers(model.encoder if stack == "L" else model.decoder, 1 if stack == "X" else 0))
        for m in model.modules():
            m._forward_hooks.clear(), m._forward_pre_hooks.clear()
        taken = Taken(layers)
        with torch.no_grad():
            out = model(input_ids=x, decoder_input_ids=y, output_attentions=True)
        maps = [a[0].double().numpy() for a in
                {"L": out.encoder_attentions, "D": out.decoder_attentions, "X": out.cross_attentions}[stack]]

        def again(l, j):
            taken.zero = None if l is None else (l, j)
            with torch.no_grad():
                model(input_ids=x, decoder_input_ids=y)
        tell(case, stack, taken, maps, again, stack != "X", None)


def centred(x):
    return x - x.mean(-1, keepdims=True)


def split(case, q_of, k_of, q_bias, words, positions, rest, norm, eps, heads):
    """w2w .. p2p of layer 0: rows [T,E] of words and positions less their tables' means, and the whole sum; q_of(x): [H,T,D] without bias."""
    s = words[0] + positions[0] + rest
    sd = np.sqrt(s.var(-1, keepdims=True) + eps)
    g, b = norm.weight.detach().double().numpy(), norm.bias.detach().double().numpy()
    W, P = (centred(x - m) / sd * g for x, m in (words, positions))
    X = centred(s) / sd * g + b
    h = heads - 1
    D = q_of(X).shape[-1]
    part = lambda a, c: q_of(a)[h] @ k_of(c)[h].T / np.sqrt(D)
    parts = {"w2w": part(W, W), "w2p": part(W, P), "p2w": part(P, W), "p2p": part(P, P)}
    k = k_of(X)[h] + q_bias[1][h]
    whole = (q_of(X)[h] + q_bias[0][h]) @ k.T / np.sqrt(D)
    parts["wprest"] = whole - sum(parts.values())
    parts["qbias"] = np.broadcast_to(q_bias[0][h] @ k.T / np.sqrt(D), whole.shape)
    for name, m in parts.items():
        put(case, "L", 0, h, name, m)


def split_bert(case, path, ids):
    model = AutoModel.from_pretrained(path).eval()
    e, a, H = model.embeddings, model.encoder.layer[0].attention.self, model.config.num_attention_heads
    n = lambda t: t.detach().double().numpy()
    table, places = n(e.word_embeddings.weight), n(e.position_embeddings.weight)
    at = np.arange(len(ids)) + (model.config.pad_token_id + 1 if model.config.model_type == "roberta" else 0)
    cut = lambda y: y.reshape(y.shape[0], H, -1).transpose(1, 0, 2)
    bias = [n(x.bias).reshape(H, 1, -1)[:, 0] for x in (a.query, a.key)]
    split(case, lambda x: cut(x @ n(a.query.weight).T), lambda x: cut(x @ n(a.key.weight).T), bias,
          (table[ids], table.mean(0)), (places[at], places.mean(0)), n(e.token_type_embeddings.weight)[0], e.LayerNorm,
          model.config.layer_norm_eps, H)


def split_gpt2(case, path, ids):
    model = AutoModel.from_pretrained(path).eval()
    H, E, c = model.config.n_head, model.config.n_embd, model.h[0].attn.c_attn
    n = lambda t: t.detach().double().numpy()
    table, places, w, b = n(model.wte.weight), n(model.wpe.weight), n(c.weight), n(c.bias)
    cut = lambda y: y.reshape(y.shape[0], H, -1).transpose(1, 0, 2)
    split(case, lambda x: cut(x @ w[:, :E]), lambda x: cut(x @ w[:, E:2 * E]), [b[:E].reshape(H, -1), b[E:2 * E].reshape(H, -1)],
          (table[ids], table.mean(0)), (places[np.arange(len(ids))], places.mean(0)), 0, model.h[0].ln_1,
          model.config.layer_norm_epsilon, H)


IDS = [1, 17, 40, 5, 33, 21, 8]
WIDE = list(range(3, 27))
CASES = [
    ("tests/data/golden/bert", IDS, None), ("examples/models/roberta-tiny", [0, 100, 301, 77, 2], None),
    ("examples/models/roberta-tiny", [0] + list(range(100, 139)) + [2], None), ("examples/models/gpt2-tiny", IDS, None),
    ("tests/data/golden/llama-bias", WIDE, None), ("examples/models/switch-tiny", IDS, [0, 9, 30, 4]),
]
for n, (path, ids, target) in enumerate(CASES):
    if target:
        seq2seq(n, path, ids, target)
    else:
        of = gpt2_layers if "gpt2" in path else llama_layers if "llama" in path else bert_layers
        plain(n, path, ids, of)
        if of is not llama_layers and len(ids) < 10:
            (split_gpt2 if of is gpt2_layers else split_bert)(n, path, ids)

print("/* Written by reference.py: PyTorch and numpy. */")
for n, (path, ids, target) in enumerate(CASES):
    print(f"static const int32_t ids_{n}[] = {{{', '.join(map(str, ids))}}};")
    if target:
        print(f"static const int32_t target_{n}[] = {{{', '.join(map(str, target))}}};")
print("static const struct reference_case reference_cases[] = {")
for n, (path, ids, target) in enumerate(CASES):
    print(f'    {{"{path}", ids_{n}, {len(ids)}, {f"target_{n}, {len(target)}" if target else "NULL, 0"}}},')
print("};")
values, at = [], 0
print("static const struct reference_effect reference_effects[] = {")
for case, stack, layer, head, name, m in rows:
    print(f'    {{{case}, {"LDX".index(stack)}, {layer}, {head}, "{name}", {at}, {m.size}, {np.abs(m).max() if m.size else 0:.8g}}},')
    # maps of many tokens are told by every seventh cell
    flat = m.ravel()[::7] if m.size > 100 else m.ravel()
    values.extend(flat)
    at += len(flat)
print("};")
print("static const float reference_values[] = {")
for i in range(0, len(values), 25):
    print("    " + " ".join(f"{v:.8g}f," if "." in f"{v:.8g}" or "e" in f"{v:.8g}" else f"{v:.8g}.0f," for v in values[i:i + 25]))
print("};")
