#!/usr/bin/env python3
"""Make tests/data/golden/options-*: decoders of Llama's kind under options that the cases of the reference rarely use.

    options_decoders.py FOLDER [NAME ...]      write the cases of those names (all) to FOLDER/options-NAME

As options.py, and what routers did: router.dec.l, expert.dec.l, weight.dec.l, shared.dec.l, and sink.l.
"""
import json
import os
import sys

import torch
import transformers as tf
from safetensors.torch import load_file, save_file
from transformers.integrations.mxfp4 import convert_moe_packed_tensors
from transformers.models.phimoe.modeling_phimoe import sparsemixer

import options

packed = None  # of the case at hand: blocks and scales by name

SIZES = dict(vocab_size=32, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=24,
             max_position_embeddings=40, pad_token_id=None)
EXPERTS = dict(num_experts=5, num_experts_per_tok=2, moe_intermediate_size=12)
YARN = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 12, "mscale": 0.7, "mscale_all_dim": 0.4, "beta_fast": 8.0,
        "beta_slow": 2.0}
LONGROPE = {"type": "longrope", "short_factor": [1.0, 1.5], "long_factor": [2.0, 3.5]}


def case(cls, lengths=(6, 1, 14), alter=None, pads=False, mxfp4=False, **config):
    return dict(cls=cls, config=dict(SIZES, **config), lengths=lengths, alter=alter or {}, pads=pads, mxfp4=mxfp4)


CASES = {
    "llama-tied": case("LlamaForCausalLM", num_key_value_heads=None, head_dim=6, mlp_bias=True, attention_bias=True,
                       tie_word_embeddings=True, hidden_act="gelu_new", rope_scaling=YARN),
    "llama-base": case("LlamaModel", num_key_value_heads=1, rms_norm_eps=0.05, rope_theta=50.0,
                       rope_scaling={"type": "dynamic", "factor": 3.0}, max_position_embeddings=10),
    "llama-longrope": case("LlamaForCausalLM", rope_scaling=dict(LONGROPE, factor=4.0, original_max_position_embeddings=3, attention_factor=1.2),
                           max_position_embeddings=9, tie_word_embeddings=True),
    "llama-class": case("LlamaForSequenceClassification", num_labels=3, pads=True, pad_token_id=1),
    "qwen2-tokens": case("Qwen2ForTokenClassification", num_labels=3, tie_word_embeddings=True),
    "mistral-window": case("MistralForCausalLM", head_dim=6, sliding_window=3, num_key_value_heads=1, tie_word_embeddings=True,
                           rope_scaling={"type": "linear", "factor": 2.0}),
    "mistral-null": case("MistralForCausalLM", sliding_window=None, hidden_act="relu"),
    "qwen2-window": case("Qwen2ForCausalLM", num_hidden_layers=3, use_sliding_window=True, sliding_window=4, max_window_layers=1,
                         tie_word_embeddings=True),
    "qwen3-window": case("Qwen3ForCausalLM", head_dim=6, attention_bias=True, use_sliding_window=True, sliding_window=3,
                         layer_types=["sliding_attention", "full_attention"]),
    "gemma-bias": case("GemmaForCausalLM", head_dim=6, attention_bias=True, hidden_act="gelu", num_key_value_heads=4),
    "gemma2-uncapped": case("Gemma2ForCausalLM", head_dim=6, attention_bias=True, attn_logit_softcapping=None, final_logit_softcapping=1.5,
                            query_pre_attn_scalar=9, layer_types=["full_attention", "sliding_attention"], sliding_window=3),
    "gemma3-both-ways": case("Gemma3TextModel", head_dim=6, use_bidirectional_attention=True, sliding_window=6, query_pre_attn_scalar=5,
                             layer_types=["sliding_attention", "full_attention"], rope_theta=300.0, rope_local_base_freq=20.0,
                             alter=dict(sliding_window=6)),  # the class halves it and would write that down
    "gemma3-pattern": case("Gemma3ForCausalLM", num_hidden_layers=3, head_dim=6, sliding_window=4, sliding_window_pattern=2,
                           final_logit_softcapping=2.0, rope_scaling={"rope_type": "linear", "factor": 4.0},
                           alter=dict(layer_types=None)),
    "phi3-partial": case("Phi3ForCausalLM", hidden_size=32, partial_rotary_factor=0.5, rope_scaling=LONGROPE, sliding_window=5,
                         original_max_position_embeddings=8, num_key_value_heads=1),
    "granite-scaled": case("GraniteForCausalLM", embedding_multiplier=3.0, attention_multiplier=0.2, residual_multiplier=0.6,
                           logits_scaling=1.7, attention_bias=True, mlp_bias=True, tie_word_embeddings=True),
    "smollm3-window": case("SmolLM3ForCausalLM", num_hidden_layers=3, use_sliding_window=True, sliding_window=4, no_rope_layer_interval=2,
                           attention_bias=True, mlp_bias=True, tie_word_embeddings=False),
    "glm-plain": case("GlmForCausalLM", head_dim=8, attention_bias=False, partial_rotary_factor=0.25, tie_word_embeddings=True),
    "cohere-normed": case("CohereForCausalLM", use_qk_norm=True, attention_bias=True, logit_scale=0.3, tie_word_embeddings=False),
    "stablelm-parallel": case("StableLmForCausalLM", hidden_size=32, qk_layernorm=True, use_parallel_residual=True, use_qkv_bias=False,
                              partial_rotary_factor=0.5),
    "starcoder2-plain": case("Starcoder2ForCausalLM", use_bias=False, sliding_window=4, tie_word_embeddings=False, norm_epsilon=0.01),
    "mixtral-window": case("MixtralForCausalLM", sliding_window=4, num_local_experts=5, num_experts_per_tok=3, head_dim=6,
                           hidden_act="relu", tie_word_embeddings=True),
    "qwen2-moe-sparse": case("Qwen2MoeForCausalLM", **EXPERTS, num_hidden_layers=4, mlp_only_layers=[3], decoder_sparse_step=2,
                             qkv_bias=False, shared_expert_intermediate_size=10, use_sliding_window=True,
                             sliding_window=3, max_window_layers=2),
    "qwen3-moe-sparse": case("Qwen3MoeForCausalLM", **EXPERTS, head_dim=6, num_hidden_layers=3, decoder_sparse_step=2,
                             norm_topk_prob=True, attention_bias=True, use_sliding_window=True, sliding_window=4),
    "olmoe-clipped": case("OlmoeForCausalLM", num_experts=5, num_experts_per_tok=3, clip_qkv=0.8, norm_topk_prob=True,
                          attention_bias=True, rope_scaling={"rope_type": "linear", "factor": 2.0}),
    "gpt-oss-reversed": case("GptOssForCausalLM", num_local_experts=5, num_experts_per_tok=3, head_dim=6, sliding_window=3,
                             layer_types=["full_attention", "sliding_attention"], rope_scaling=dict(YARN, truncate=False)),
    "gpt-oss-mxfp4": case("GptOssForCausalLM", hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_local_experts=2,
                          num_experts_per_tok=1, head_dim=8, sliding_window=3, layer_types=["full_attention"],
                          rope_scaling=dict(YARN, truncate=False), mxfp4=True),
    "granitemoe-scaled": case("GraniteMoeForCausalLM", embedding_multiplier=3.0, attention_multiplier=0.2, residual_multiplier=0.6,
                              logits_scaling=1.7, attention_bias=True, num_local_experts=5, num_experts_per_tok=3,
                              tie_word_embeddings=True),
    "granitemoe-one": case("GraniteMoeForCausalLM", num_key_value_heads=None, num_local_experts=3, num_experts_per_tok=1),
    "granitemoe-shared": case("GraniteMoeSharedForCausalLM", num_local_experts=4, num_experts_per_tok=2, shared_intermediate_size=10,
                              num_hidden_layers=1),
    "seed_oss-biases": case("SeedOssForCausalLM", head_dim=6, attention_out_bias=True, mlp_bias=True, num_hidden_layers=1),
    "ernie4_5-biases": case("Ernie4_5ForCausalLM", head_dim=6, use_bias=True, num_hidden_layers=1),
    "exaone4-types": case("Exaone4ForCausalLM", head_dim=6, sliding_window=4, layer_types=["full_attention", "sliding_attention"]),
    "phimoe-longrope": case("PhimoeForCausalLM", num_local_experts=5, attention_bias=True, lm_head_bias=True,
                            rope_scaling=dict(LONGROPE, short_mscale=1.1, long_mscale=1.3, original_max_position_embeddings=8)),
    "phimoe-window": case("PhimoeForCausalLM", num_local_experts=4, sliding_window=4, router_jitter_noise=0.4,
                          tie_word_embeddings=True),
    "cohere2-wide": case("Cohere2ForCausalLM", head_dim=6, sliding_window=4),
    "olmo3-pattern": case("Olmo3ForCausalLM", num_hidden_layers=4, sliding_window=3, rope_scaling={"rope_type": "linear", "factor": 2.0},
                          tie_word_embeddings=True),
    "olmo3-types": case("Olmo3ForCausalLM", attention_bias=True, num_key_value_heads=1, sliding_window=4, rope_theta=300.0,
                        layer_types=["full_attention", "sliding_attention"], rope_scaling=YARN),
    "glm4-four-norms": case("Glm4ForCausalLM", head_dim=8, rms_norm_eps=0.01),
    "glm4-plain": case("Glm4ForCausalLM", head_dim=6, attention_bias=False, partial_rotary_factor=1.0, tie_word_embeddings=True,
                       num_hidden_layers=1),
    "cohere2-pattern": case("Cohere2ForCausalLM", num_hidden_layers=4, sliding_window=3, logit_scale=0.3),
    "cohere2-types": case("Cohere2ForCausalLM", attention_bias=True, sliding_window=4, tie_word_embeddings=False, layer_norm_eps=0.01,
                          layer_types=["full_attention", "sliding_attention"], rope_scaling={"rope_type": "linear", "factor": 2.0}),
    "olmo-clipped": case("OlmoForCausalLM", clip_qkv=0.8, attention_bias=True, rope_scaling={"type": "linear", "factor": 2.0}),
    "olmo2-bias": case("Olmo2ForCausalLM", attention_bias=True, tie_word_embeddings=True, num_key_value_heads=1,
                       rope_scaling={"type": "linear", "factor": 2.0}),
}


def routers(model):
    """(layer, feed-forward, its router) of the layers that have experts."""
    trunk = getattr(model, "model", model)
    for l, layer in enumerate(trunk.layers):
        ffn = getattr(layer, "block_sparse_moe", getattr(layer, "mlp", None))
        router = getattr(ffn, "router", getattr(ffn, "gate", None))
        router = getattr(router, "layer", router)
        if router is not None and (hasattr(ffn, "experts") or hasattr(ffn, "input_linear")):
            yield l, ffn, router


def run(model, case, ids, types):
    seen, hooks = {}, []
    for l, ffn, _ in routers(model):
        hooks.append(ffn.register_forward_pre_hook(lambda m, a, l=l: seen.__setitem__(l, a[0].reshape(-1, a[0].shape[-1]))))
    tensors = plain_run(model, case, ids, types)
    for hook in hooks:
        hook.remove()
    config = model.config
    always = config.model_type in ("mixtral", "gpt_oss", "granitemoe", "granitemoeshared")
    for l, ffn, router in routers(model):
        with torch.no_grad():
            logits = torch.nn.functional.linear(seen[l], router.weight, getattr(router, "bias", None))
            p = logits.softmax(-1)
            weight, expert = p.topk(config.num_experts_per_tok, -1)
            if config.model_type == "phimoe":
                weight, expert = sparsemixer(logits, config.router_jitter_noise, False)
            elif always or config.norm_topk_prob:
                weight = weight / weight.sum(-1, keepdim=True)
            if hasattr(ffn, "shared_expert_gate"):
                tensors[f"shared.dec.{l}"] = ffn.shared_expert_gate(seen[l]).sigmoid()[:, 0]
        tensors.update({f"router.dec.{l}": p, f"expert.dec.{l}": expert, f"weight.dec.{l}": weight})
    for l, layer in enumerate(getattr(model, "model", model).layers):
        if hasattr(layer.self_attn, "sinks"):
            tensors[f"sink.{l}"] = layer.self_attn.sinks.detach()
    return {k: v.contiguous().clone() for k, v in tensors.items()}


def randomise(model):
    options_randomise(model)
    for name, p in model.named_parameters():
        if "experts." in name and p.dim() == 3:  # one tensor of all experts
            p.data.copy_(torch.randn_like(p) * 1.3 / p.shape[1] ** 0.5)
        if packed is not None and name.endswith(("gate_up_proj", "down_proj")):
            X, I, O = p.shape
            blocks = torch.randint(0, 256, (X, O, I // 32, 16), dtype=torch.uint8)
            scales = torch.randint(122, 127, (X, O, I // 32), dtype=torch.uint8)
            p.data.copy_(convert_moe_packed_tensors(blocks, scales).float())
            packed.update({name + "_blocks": blocks, name + "_scales": scales})
        if "router.bias" in name or "sinks" in name or "proj_bias" in name:
            p.data.copy_(torch.randn_like(p) * 0.4)


def store_packed(path):
    """The experts as blocks of 4 bits in place of their numbers."""
    weights = load_file(path)
    for name in packed:
        weights.pop(name.rsplit("_", 1)[0], None)
    save_file(dict(weights, **packed), path, {"format": "pt"})


def make(folder, name, case):
    global packed
    packed = {} if case["mxfp4"] else None
    options.make(folder, name, case)
    path = os.path.join(folder, "options-" + name, "config.json")
    if packed:
        store_packed(os.path.join(folder, "options-" + name, "model.safetensors"))
        case["alter"]["quantization_config"] = {"quant_method": "mxfp4"}
    with open(path) as f:
        config = json.load(f)
    for key, value in case["alter"].items():
        config[key] = value
    config = {k: v for k, v in config.items() if k not in ("transformers_version", "use_cache")}
    with open(path, "w") as f:
        json.dump(config, f, indent=1)


# A norm without bias cannot be initialised from scratch there.
tf.models.stablelm.modeling_stablelm.StableLmPreTrainedModel._init_weights = lambda self, module: None
plain_run, options.run = options.run, run
options_randomise, options.randomise = options.randomise, randomise


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name in sys.argv[2:] or CASES:
        make(sys.argv[1], name, CASES[name])


if __name__ == "__main__":
    main()
