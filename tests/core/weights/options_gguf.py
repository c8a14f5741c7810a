#!/usr/bin/env python3
"""Make tests/data/golden/options-gguf-*: a model of each architecture that is read from GGUF, as llama.cpp's own converter writes it,
and what transformers 4.57.6 gives for the model it was made from.

    options_gguf.py LLAMA_CPP FOLDER [NAME ...]      (in the root of the repository)

LLAMA_CPP is a folder of llama.cpp's sources: its package `conversion` is run, with the vocabulary left out. The numbers stay
float32. A case that says `fused` has queries, keys and values in one tensor.
"""
import json
import os
import sys
from pathlib import Path

sys.path[:0] = ["tests/core/arch", sys.argv[1], sys.argv[1] + "/gguf-py"]
os.environ["TQDM_DISABLE"] = "1"

import gguf
import torch
from conversion import ModelBase, ModelType, get_model_architecture, get_model_class
from safetensors.torch import load_file, save_file

import options
import options_decoders as decoders
import options_seq2seq as seq2seq
from options import VOCABULARY

ENCODER = dict(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
               max_position_embeddings=40)
T5 = dict(seq2seq.T5, relative_attention_max_distance=128)
FALCON = dict(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=1)
EXPERTS = decoders.EXPERTS
SCALED = dict(rope_scaling={"rope_type": "linear", "factor": 2.0})


def case(cls, fused=False, lengths=(9,), **config):
    return dict(decoders.case(cls, lengths, **config), fused=fused, run=decoders.run)


def plain(cls, config, **more):
    return dict(cls=cls, config=config, lengths=(9,), run=decoders.plain_run, **more)


def t5(cls, **config):
    return dict(cls=cls, config=dict(T5, **config), lengths=(9,), run=seq2seq.run)


CASES = {
    "llama": case("LlamaForCausalLM", fused=True, attention_bias=True, head_dim=6, rope_scaling={
        "rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 30}),
    "mixtral": case("MixtralForCausalLM", num_local_experts=3, num_experts_per_tok=2, num_hidden_layers=1),
    "qwen2": case("Qwen2ForCausalLM", tie_word_embeddings=True),
    "qwen3": case("Qwen3ForCausalLM", head_dim=6, fused=True),
    "qwen2moe": case("Qwen2MoeForCausalLM", **EXPERTS, shared_expert_intermediate_size=10, num_hidden_layers=1),
    "qwen3moe": case("Qwen3MoeForCausalLM", **EXPERTS, head_dim=6, norm_topk_prob=True, num_hidden_layers=1),
    "olmoe": case("OlmoeForCausalLM", num_experts=3, num_experts_per_tok=2, num_key_value_heads=4, num_hidden_layers=1),
    "olmo2": case("Olmo2ForCausalLM", rope_scaling={"type": "linear", "factor": 2.0}),
    "olmo3": case("Olmo3ForCausalLM", sliding_window=3, layer_types=["full_attention", "sliding_attention"]),
    "glm4": case("Glm4ForCausalLM", head_dim=4),
    "cohere2": case("Cohere2ForCausalLM", num_hidden_layers=4, sliding_window=3, logit_scale=0.3),
    "gemma": case("GemmaForCausalLM", head_dim=6),
    "gemma2": case("Gemma2ForCausalLM", head_dim=6, query_pre_attn_scalar=6, sliding_window=4, attn_logit_softcapping=5.0,
                   final_logit_softcapping=3.0),
    "gemma3": case("Gemma3ForCausalLM", lengths=(7,), head_dim=6, query_pre_attn_scalar=6, sliding_window=4, rope_theta=300.0,
                   rope_local_base_freq=20.0, num_hidden_layers=6, **SCALED),
    "phi2": case("PhiForCausalLM", num_key_value_heads=4, partial_rotary_factor=0.5),
    "phi3": case("Phi3ForCausalLM", rope_scaling=decoders.LONGROPE, original_max_position_embeddings=8, sliding_window=5),
    "stablelm": case("StableLmForCausalLM", use_qkv_bias=True, partial_rotary_factor=0.5),
    "starcoder2": case("Starcoder2ForCausalLM"),
    "command-r": case("CohereForCausalLM", use_qk_norm=True, logit_scale=0.3),
    "granite": case("GraniteForCausalLM", embedding_multiplier=3.0, attention_multiplier=0.2, residual_multiplier=0.6,
                    logits_scaling=1.7),
    "smollm3": case("SmolLM3ForCausalLM", num_hidden_layers=4),
    "gpt2": plain("GPT2LMHeadModel", dict(vocab_size=VOCABULARY, n_embd=16, n_layer=2, n_head=4, n_positions=40)),
    "gptneox": plain("GPTNeoXForCausalLM", dict(ENCODER, rotary_pct=0.5, use_parallel_residual=False)),
    "bloom": plain("BloomForCausalLM", dict(vocab_size=VOCABULARY, hidden_size=16, n_layer=1, n_head=4)),
    "falcon": plain("FalconForCausalLM", dict(FALCON, num_attention_heads=4, num_kv_heads=1)),
    "falcon-groups": plain("FalconForCausalLM", dict(FALCON, num_attention_heads=8, num_kv_heads=2, new_decoder_architecture=True)),
    "falcon2": plain("FalconForCausalLM", dict(FALCON, num_attention_heads=8, num_kv_heads=2, new_decoder_architecture=True,
                     num_ln_in_parallel_attn=1)),
    "chatglm": case("GlmForCausalLM", fused=True, head_dim=4, rms_norm_eps=1e-5),
    "gpt-oss": case("GptOssForCausalLM", num_local_experts=3, num_experts_per_tok=2, head_dim=6, sliding_window=3,
                    rope_scaling={"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 12, "truncate": False}),
    "t5": t5("T5ForConditionalGeneration", num_decoder_layers=1),
    "t5-gated": t5("T5ForConditionalGeneration", num_decoder_layers=1, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    "umt5": t5("UMT5ForConditionalGeneration", num_decoder_layers=1),
    "t5encoder": t5("T5EncoderModel"),
    "bert": plain("BertModel", dict(ENCODER), types=2, fused=True),
    "roberta": plain("RobertaModel", dict(ENCODER, pad_token_id=1, type_vocab_size=1)),
    "distilbert": plain("DistilBertModel", dict(vocab_size=VOCABULARY, dim=16, n_layers=2, n_heads=4, hidden_dim=24,
                                                max_position_embeddings=40)),
    "modern-bert": plain("ModernBertModel", dict(ENCODER, local_attention=4, global_attn_every_n_layers=2, pad_token_id=0,
                                                 hidden_activation="silu", local_rope_theta=50.0)),
}


def convert(folder, fused):
    """FOLDER/model.gguf of the checkpoint in it, which goes."""
    config = os.path.join(folder, "config.json")
    with open(config) as f:
        said = json.load(f)
    said.setdefault("rotary_pct", 1.0)
    said.setdefault("n_ctx", said.get("n_positions", 0))  # which the converter asks for
    with open(config, "w") as f:
        json.dump(said, f)
    weights = os.path.join(folder, "model.safetensors")
    if "pooler.dense.weight" in load_file(weights):
        save_file({k: v for k, v in load_file(weights).items() if "pooler" not in k}, weights, {"format": "pt"})
    tokens = os.path.join(folder, "tokenizer.json")  # of which the converter counts the rows of Gemma 3
    with open(tokens, "w") as f:
        json.dump({"model": {"vocab": {str(i): i for i in range(VOCABULARY)}}, "added_tokens": []}, f)
    of = get_model_class(get_model_architecture(ModelBase.load_hparams(Path(folder), False), ModelType.TEXT))
    with torch.inference_mode():
        model = of(Path(folder), gguf.LlamaFileType.ALL_F32, Path(folder) / "model.gguf", fuse_qkv=fused)
        model.set_vocab = model._set_vocab_none
        model.write()
    for path in (config, weights, tokens):
        os.remove(path)


def main():
    for name in sys.argv[3:] or CASES:
        case = CASES[name]
        options.run = case["run"]
        (decoders if case["run"] is decoders.run else options).make(sys.argv[2], "gguf-" + name, case)
        convert(os.path.join(sys.argv[2], "options-gguf-" + name), case.get("fused", False))
        print(name, flush=True)


if __name__ == "__main__":
    main()
