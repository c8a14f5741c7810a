#!/usr/bin/env python3
"""Make cases of encoder–decoders, as options.py does.

    options_seq2seq.py FOLDER [NAME ...]
"""
import torch

import options
from options import VOCABULARY

T5 = dict(vocab_size=VOCABULARY, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=4, relative_attention_num_buckets=8,
          relative_attention_max_distance=12, decoder_start_token_id=0)
SWITCH = dict(T5, num_decoder_layers=2, num_experts=3)
BART = dict(vocab_size=VOCABULARY, d_model=16, encoder_layers=2, decoder_layers=1, encoder_attention_heads=4,
            decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=20, max_position_embeddings=40)

CASES = {
    "t5-silu": dict(cls="T5ForConditionalGeneration", config=dict(T5, feed_forward_proj="gated-silu", num_decoder_layers=1,
                    tie_word_embeddings=False, layer_norm_epsilon=1e-3)),
    "t5-encoder": dict(cls="T5EncoderModel", config=dict(T5, num_heads=2, feed_forward_proj="gelu")),
    "mt5-tied": dict(cls="MT5ForConditionalGeneration", config=dict(T5, tie_word_embeddings=True, num_decoder_layers=1)),
    "umt5-untied": dict(cls="UMT5ForConditionalGeneration", config=dict(T5, tie_word_embeddings=False, num_layers=1)),
    "longt5-band": dict(cls="LongT5ForConditionalGeneration", config=dict(T5, local_radius=3, feed_forward_proj="gated-gelu",
                        tie_word_embeddings=False), bands=True),
    "longt5-blocks": dict(cls="LongT5ForConditionalGeneration", config=dict(T5, local_radius=3, global_block_size=5,
                          encoder_attention_type="transient-global", num_decoder_layers=1), bands=True, blocks=True),
    "longt5-blocks-encoder": dict(cls="LongT5EncoderModel", config=dict(T5, local_radius=2, global_block_size=7,
                                  encoder_attention_type="transient-global", feed_forward_proj="gated-gelu"), bands=True,
                                  blocks=True),
    "switch-full": dict(cls="SwitchTransformersForConditionalGeneration", config=dict(SWITCH, num_sparse_encoder_layers=1,
                        num_sparse_decoder_layers=2, expert_capacity=2, router_bias=True)),
    "switch-dense": dict(cls="SwitchTransformersForConditionalGeneration", config=dict(SWITCH, num_sparse_encoder_layers=0,
                         num_sparse_decoder_layers=1, expert_capacity=4, dense_act_fn="silu", tie_word_embeddings=False)),
    "bart-unlike": dict(cls="BartForConditionalGeneration", config=dict(BART, scale_embedding=True, activation_function="relu",
                        decoder_start_token_id=3)),
    "mbart-untied": dict(cls="MBartForConditionalGeneration", config=dict(BART, tie_word_embeddings=False, decoder_layers=2)),
    "marian-unscaled": dict(cls="MarianMTModel", config=dict(BART, d_model=20, decoder_start_token_id=1, pad_token_id=1, eos_token_id=0,
                            activation_function="swish")),
    "blenderbot-plain": dict(cls="BlenderbotForConditionalGeneration", config=dict(BART)),
    "m2m_100-pads": dict(cls="M2M100ForConditionalGeneration", config=dict(BART), pads=True),
    "pegasus-scaled": dict(cls="PegasusForConditionalGeneration", config=dict(BART, scale_embedding=True, pad_token_id=0)),
}


def experts(name, side, routers, capacity, tensors):
    """Router probabilities, the choice of each token, and whether it came when its expert was full."""
    for l, logits in enumerate(routers):
        if not isinstance(logits, (tuple, list)) or len(logits) < 2 or logits[0].dim() < 3:
            continue
        probs = logits[0][0].softmax(-1)
        choice, taken, dropped = probs.argmax(-1), {}, []
        for e in choice.tolist():
            taken[e] = taken.get(e, 0) + 1
            dropped.append(int(taken[e] > capacity))
        tensors[f"router.{side}.{l}"] = probs
        tensors[f"expert.{side}.{l}"] = choice
        tensors[f"dropped.{side}.{l}"] = torch.tensor(dropped)


def whole_map(parts, T):
    """Parts of L queries over 3·L keys and the blocks, [n,H,L,3L+G], as one map [H,T,T+G]."""
    L = parts.shape[2]
    G = parts.shape[3] - 3 * L
    out = torch.zeros(parts.shape[1], T, T + G)
    for i in range(T):
        row = parts[i // L, :, i % L]
        for k in range(3 * L):
            j = (i // L - 1) * L + k
            if 0 <= j < T:
                out[:, i, j] = row[:, k]
        out[:, i, T:] = row[:, 3 * L:]
    return out


def run(model, case, ids, types):
    inputs = dict(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long))
    tensors = {"input_ids": inputs["input_ids"][0]}
    decodes = not case["cls"].endswith("EncoderModel")
    if decodes:
        target = [model.config.decoder_start_token_id or 0] + ids[: len(ids) // 2]
        inputs["decoder_input_ids"] = torch.tensor([target])
        tensors["dec_input_ids"] = inputs["decoder_input_ids"][0]
    switch = case["cls"].startswith("Switch")
    if switch:
        inputs["output_router_logits"] = True
    with torch.no_grad():
        out = model(**inputs, output_hidden_states=True, output_attentions=True)
    names = {"encoder_hidden_states": "hidden", "encoder_attentions": "attn", "decoder_hidden_states": "dec_hidden",
             "decoder_attentions": "dec_attn", "cross_attentions": "cross_attn"}
    if not decodes:
        names = {"hidden_states": "hidden", "attentions": "attn"}
    for key, name in names.items():
        if name == "attn" and case.get("blocks"):
            for l, tensor in enumerate(getattr(out, key)):
                tensors[f"attn.{l}"] = whole_map(tensor[0], len(ids))
        if name == "attn" and case.get("bands"):
            continue  # listed by parts there
        for l, tensor in enumerate(getattr(out, key)):
            tensors[f"{name}.{l}"] = tensor[0]
    if decodes:
        tensors["logits"] = out.logits[0]
    if switch:
        experts(case["cls"], "enc", out.encoder_router_logits, model.config.expert_capacity, tensors)
        experts(case["cls"], "dec", out.decoder_router_logits, model.config.expert_capacity, tensors)
    return {k: v.contiguous().clone() for k, v in tensors.items()}


if __name__ == "__main__":
    options.CASES = CASES
    options.run = run
    options.main()
