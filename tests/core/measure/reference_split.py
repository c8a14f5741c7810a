"""The column part of the scores, split: by words, positions and the query's bias in the first layer of a model with absolute positions;
by edge, keys and interactions where positions are relative. NumPy on the weights of transformers; nothing of gaze.

    python tests/core/measure/reference_split.py examples/models

Numbers for tests/transcript/columns.test."""
import sys

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

root = sys.argv[1]


def load(name, text):
    tokenizer = AutoTokenizer.from_pretrained(f"{root}/{name}")
    model = AutoModel.from_pretrained(f"{root}/{name}", attn_implementation="eager").eval()
    ids = tokenizer(text, return_tensors="pt").input_ids
    with torch.no_grad():
        hidden = model(ids, output_hidden_states=True).hidden_states
    return model, ids[0].numpy(), [h[0].double().numpy() for h in hidden]


def of(tensor):
    return tensor.detach().double().numpy()


def columns(s):
    return s.mean(0) - s.mean()


def heads(x, H):
    return x.reshape(len(x), H, -1).transpose(1, 0, 2)


def roberta(text, head, keys):
    model, ids, hidden = load("roberta-tiny", text)
    e, layer = model.embeddings, model.encoder.layer[0].attention.self
    H, pad = model.config.num_attention_heads, model.config.pad_token_id
    W, P = of(e.word_embeddings.weight), of(e.position_embeddings.weight)
    w, p, t = W[ids], P[pad + 1 + np.arange(len(ids))], of(e.token_type_embeddings.weight)[np.zeros(len(ids), int)]
    sigma = np.sqrt((w + p + t).var(1, keepdims=True) + model.config.layer_norm_eps)
    pass_on = lambda x: (x - x.mean(1, keepdims=True)) / sigma * of(e.LayerNorm.weight)
    parts = {"w": pass_on(w - W.mean(0)), "p": pass_on(p - P.mean(0))}
    Wq, bq, Wk, bk = (of(x) for x in (layer.query.weight, layer.query.bias, layer.key.weight, layer.key.bias))
    scale = np.sqrt(Wq.shape[0] / H)
    content = heads(hidden[0] @ Wq.T + bq, H)[head] @ heads(hidden[0] @ Wk.T + bk, H)[head].T / scale
    rest = content.copy()
    out = {"content": columns(content)}
    for a in "wp":
        for b in "wp":
            s = heads(parts[a] @ Wq.T, H)[head] @ heads(parts[b] @ Wk.T, H)[head].T / scale
            out[a + "2" + b] = columns(s)
            rest -= s
    out["wprest"] = columns(rest)
    k = heads(hidden[0] @ Wk.T + bk, H)[head]
    out["qbias"] = columns(np.tile(k @ heads(bq[None], H)[head][0] / scale, (len(ids), 1)))
    c = out["content"]
    for key in keys:
        print(f"roberta-tiny L0.H{head} key {key}: " + "  ".join(f"{n} {x[key]:.9f}" for n, x in out.items()))
    print("   shares: " + "  ".join(f"{n} {(x * c).sum() / (c * c).sum():.4f}" for n, x in out.items()))


def bucket(model, delta):
    size, most = model.config.position_buckets, model.config.max_relative_positions
    if size <= 0:
        return delta
    if most < 1:
        most = model.config.max_position_embeddings
    mid = size // 2
    far = np.abs(delta) if (delta > -mid) & (delta < mid) else None
    if far is not None:
        return delta
    log = np.ceil(np.log(abs(delta) / mid) / np.log((most - 1) / mid) * (mid - 1)) + mid
    return int(log * np.sign(delta))


def deberta(text, layer_number, head, key):
    model, ids, hidden = load("deberta-v3-tiny", text)
    H, c, n = model.config.num_attention_heads, model.config, len(ids)
    layer = model.encoder.layer[layer_number].attention.self
    span = c.position_buckets if c.position_buckets > 0 else c.max_relative_positions
    table = of(model.encoder.rel_embeddings.weight)
    if "layer_norm" in getattr(c, "norm_rel_ebd", "none"):
        norm = model.encoder.LayerNorm
        table = (table - table.mean(1, keepdims=True)) / np.sqrt(table.var(1, keepdims=True) + c.layer_norm_eps) * of(norm.weight) + of(norm.bias)
    project = lambda x, which: heads(x @ of(which.weight).T + of(which.bias), H)[head]
    q, k = project(hidden[layer_number], layer.query_proj), project(hidden[layer_number], layer.key_proj)
    shared = c.share_att_key
    K = project(table, layer.key_proj if shared else layer.pos_key_proj)
    Q = project(table, layer.query_proj if shared else layer.pos_query_proj)
    scale = np.sqrt(q.shape[1] * 3)
    b = np.array([[min(max(bucket(model, i - j) + span, 0), 2 * span - 1) for j in range(n)] for i in range(n)])
    c2c = q @ k.T / scale
    c2p = np.einsum("id,ijd->ij", q, K[b]) / scale
    p2c = np.einsum("jd,ijd->ij", k, Q[b]) / scale
    Kj, Qj, qm, km = K[b].mean(0), Q[b].mean(0), q.mean(0), k.mean(0)
    edge = ((Kj - Kj.mean(0)) @ qm + (Qj - Qj.mean(0)) @ km) / scale
    keys = columns(c2c) + (k - km) @ Qj.mean(0) / scale
    by_queries = np.einsum("id,ijd->j", q - qm, K[b] - Kj) / n / scale
    by_keys = np.einsum("jd,jd->j", k - km, Qj - Qj.mean(0)) / scale
    by_queries, by_keys = by_queries - by_queries.mean(), by_keys - by_keys.mean()
    nats = columns(c2c + c2p + p2c)
    assert abs(nats - edge - keys - by_queries - by_keys).max() < 1e-9
    print(f"deberta-v3-tiny L{layer_number}.H{head} key {key}: nats {nats[key]:.9f} edge {edge[key]:.9f} keys {keys[key]:.9f} "
          f"edge_queries {by_queries[key]:.9f} edge_keys {by_keys[key]:.9f}  edge share {(edge * nats).sum() / (nats * nats).sum():.4f}")


roberta("hey what's up", 0, [1, 3])
roberta("hey what's up", 3, [3])
cat = "The cat sat on the mat because it was tired."
deberta(cat, 0, 1, 0)
deberta(cat, 5, 0, 0)
model, ids, hidden = load("roberta-tiny", "hey what's up")
a = model.encoder.layer[0].attention.self
q, k = (heads(hidden[0] @ of(x.weight).T + of(x.bias), 4)[1] for x in (a.query, a.key))
print("roberta-tiny L0.H1 content of query 1, keys 2 and 3:", (q @ k.T / np.sqrt(q.shape[1]))[1, 2:4])


def bart(path, ids, head):
    model = AutoModel.from_pretrained(path, attn_implementation="eager").eval()
    e, H = model.encoder, model.config.encoder_attention_heads
    W, P, times = of(e.embed_tokens.weight), of(e.embed_positions.weight), getattr(e.embed_tokens, "embed_scale", 1.0)
    w, p = W[ids] * times, P[np.arange(len(ids)) + 2]
    a = e.layers[0].self_attn
    sigma = np.sqrt((w + p).var(1, keepdims=True) + e.layernorm_embedding.eps)
    pass_on = lambda x: (x - x.mean(1, keepdims=True)) / sigma * of(e.layernorm_embedding.weight)
    parts = {"w": pass_on(w - W.mean(0) * times), "p": pass_on(p - P.mean(0))}
    q, k = ({n: heads(x @ of(m.weight).T, H)[head] for n, x in parts.items()} for m in (a.q_proj, a.k_proj))
    print(f"bart (words times {times}) L0.H{head}, query 1, key 2:",
          {f"{x}2{y}": float((q[x] @ k[y].T / np.sqrt(q[x].shape[1]))[1, 2]) for x in "wp" for y in "wp"})


bart("tests/data/golden/options-bart-unlike", np.array([2, 5, 9, 14, 3]), 1)
