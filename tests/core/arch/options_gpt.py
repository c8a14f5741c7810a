#!/usr/bin/env python3
"""Make cases of GPT-2's kin and of the families that are like no other, as options.py does.

    options_gpt.py FOLDER [NAME ...]
"""
import sys

import options
from options import SIZES, VOCABULARY

GPT = dict(vocab_size=VOCABULARY, n_embd=16, n_layer=2, n_head=4, n_positions=40)
FALCON = dict(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, num_attention_heads=4)
OPT = dict(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, ffn_dim=24, max_position_embeddings=40)
ROPE = dict(rope_scaling={"rope_type": "dynamic", "factor": 2.0}, max_position_embeddings=10)

XLNET = dict(vocab_size=VOCABULARY, d_model=16, n_layer=2, n_head=4, d_inner=24)
XLM = dict(vocab_size=VOCABULARY, emb_dim=16, n_layers=2, n_heads=4, max_position_embeddings=40)
REFORMER = dict(vocab_size=VOCABULARY, hidden_size=16, num_attention_heads=2, attention_head_size=8, feed_forward_size=24,
                max_position_embeddings=40, axial_pos_shape=[8, 5], axial_pos_embds_dim=[6, 10], num_buckets=2, hash_seed=1)
FNET = dict(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, intermediate_size=24, max_position_embeddings=40,
            type_vocab_size=3)

CASES = {
    "gpt2-layers": dict(cls="GPT2LMHeadModel", config=dict(GPT, scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True,
                        n_inner=24, activation_function="relu", tie_word_embeddings=False)),
    "gpt2-unscaled": dict(cls="GPT2LMHeadModel", config=dict(GPT, scale_attn_weights=False, n_head=2, n_layer=3,
                          layer_norm_epsilon=1e-3)),
    "gpt2-tokens": dict(cls="GPT2ForTokenClassification", config=dict(GPT, num_labels=3)),
    "opt-class": dict(cls="OPTForSequenceClassification", config=dict(OPT, word_embed_proj_dim=8, num_labels=3, pad_token_id=None)),
    "gpt_neox-sequential": dict(cls="GPTNeoXForCausalLM", config=dict(SIZES, use_parallel_residual=False, attention_bias=False,
                                rotary_pct=1.0, rotary_emb_base=500, tie_word_embeddings=True, hidden_act="gelu_new")),
    "gpt_neox-dynamic": dict(cls="GPTNeoXForCausalLM", config=dict(dict(SIZES, num_attention_heads=2, rotary_pct=0.5), **ROPE)),
    "gpt_bigcode-shared": dict(cls="GPTBigCodeForCausalLM", config=dict(GPT, n_inner=24)),
    "gpt_bigcode-heads": dict(cls="GPTBigCodeForCausalLM", config=dict(GPT, multi_query=False, scale_attn_weights=False,
                              activation_function="gelu", tie_word_embeddings=False)),
    "mpt-clipped": dict(cls="MptForCausalLM", config=dict(vocab_size=VOCABULARY, d_model=12, n_layers=2, n_heads=3, max_seq_len=40,
                        layer_norm_epsilon=1e-3, attn_config=dict(clip_qkv=0.8, softmax_scale=0.3))),
    "mpt-plain": dict(cls="MptForCausalLM", config=dict(vocab_size=VOCABULARY, d_model=16, n_layers=2, n_heads=4)),
    "gpt_neo-windows": dict(cls="GPTNeoForCausalLM", config=dict(vocab_size=VOCABULARY, hidden_size=16, num_layers=3, num_heads=4,
                            max_position_embeddings=40, window_size=4, attention_types=[[["local"], 1], [["global", "local"], 1]])),
    "biogpt-scaled": dict(cls="BioGptForCausalLM", config=SIZES),
    "xglm-scaled": dict(cls="XGLMForCausalLM", config=dict(vocab_size=VOCABULARY, d_model=16, num_layers=2, attention_heads=4, ffn_dim=24)),
    "codegen-blocks": dict(cls="CodeGenForCausalLM", config=dict(GPT, n_head=8, n_embd=32, n_layer=1, rotary_dim=2)),
    "gptj-whole": dict(cls="GPTJForCausalLM", config=dict(GPT, n_head=2, rotary_dim=8, n_inner=20, activation_function="gelu")),
    "opt-narrow": dict(cls="OPTForCausalLM", config=dict(OPT, do_layer_norm_before=False, word_embed_proj_dim=8,
                       activation_function="gelu")),
    "opt-narrow-before": dict(cls="OPTForCausalLM", config=dict(OPT, word_embed_proj_dim=12, enable_bias=False,
                              tie_word_embeddings=False)),
    "opt-bare": dict(cls="OPTForCausalLM", config=dict(OPT, _remove_final_layer_norm=True)),
    "opt-after": dict(cls="OPTForCausalLM", config=dict(OPT, do_layer_norm_before=False)),
    "bloom-heads": dict(cls="BloomForCausalLM", config=dict(vocab_size=VOCABULARY, hidden_size=24, n_layer=2, n_head=6,
                        apply_residual_connection_post_layernorm=True, layer_norm_epsilon=1e-3)),
    "bloom-exact": dict(cls="BloomForCausalLM", config=dict(vocab_size=VOCABULARY, hidden_size=12, n_layer=2, n_head=3,
                        pretraining_tp=2, slow_but_exact=True, tie_word_embeddings=False)),
    "falcon-alibi": dict(cls="FalconForCausalLM", config=dict(FALCON, hidden_size=18, num_attention_heads=9, alibi=True, multi_query=False, parallel_attn=False, bias=True),
                         attention="sdpa"),
    "falcon-alibi-far": dict(cls="FalconForCausalLM", config=dict(FALCON, hidden_size=24, num_attention_heads=6, alibi=True, bias=True),
                             attention="sdpa", lengths=(7, 1, 300), logits=9),
    "falcon-one-norm": dict(cls="FalconForCausalLM", config=dict(FALCON, new_decoder_architecture=True, num_kv_heads=1,
                            num_ln_in_parallel_attn=1, ffn_hidden_size=20, activation="relu", tie_word_embeddings=False)),
    "falcon-groups": dict(cls="FalconForCausalLM", config=dict(FALCON, hidden_size=24, num_attention_heads=6, num_kv_heads=3,
                          new_decoder_architecture=True, bias=True, rope_theta=300.0,
                          rope_scaling={"rope_type": "linear", "factor": 3.0})),
    "falcon-heads": dict(cls="FalconForCausalLM", config=dict(FALCON, multi_query=False)),
    "phi-normed": dict(cls="PhiForCausalLM", config=dict(SIZES, qk_layernorm=True, num_key_value_heads=2, partial_rotary_factor=0.5,
                       tie_word_embeddings=True)),
    "phi-wide": dict(cls="PhiForCausalLM", config=dict(SIZES, head_dim=6, num_key_value_heads=1, partial_rotary_factor=0.7,
                     rope_theta=100.0, hidden_act="silu")),
    "xlnet-uni": dict(cls="XLNetLMHeadModel", config=dict(XLNET, attn_type="uni", clamp_len=4, ff_activation="relu"), types=3),
    "xlnet-same": dict(cls="XLNetLMHeadModel", config=dict(XLNET, attn_type="uni", same_length=True, n_head=2,
                       tie_word_embeddings=False)),
    "xlnet-clamp": dict(cls="XLNetLMHeadModel", config=dict(XLNET, clamp_len=2, layer_norm_eps=1e-3, n_head=1), types=2),
    "xlnet-class": dict(cls="XLNetForSequenceClassification", config=dict(XLNET, num_labels=3), types=3),
    "xlnet-tokens": dict(cls="XLNetForTokenClassification", config=dict(XLNET, num_labels=3, n_layer=1), types=2),
    "xlnet-answer": dict(cls="XLNetForQuestionAnsweringSimple", config=dict(XLNET, n_layer=1), types=2),
    "xlnet-choice": dict(cls="XLNetForMultipleChoice", config=dict(XLNET, n_layer=1), types=2),
    "xlm-class": dict(cls="XLMForSequenceClassification", config=dict(XLM, num_labels=3)),
    "xlm-tokens": dict(cls="XLMForTokenClassification", config=dict(XLM, num_labels=3, n_layers=1)),
    "xlm-answer": dict(cls="XLMForQuestionAnsweringSimple", config=dict(XLM, n_layers=1)),
    "xlm-causal": dict(cls="XLMWithLMHeadModel", config=dict(XLM, causal=True, gelu_activation=False, n_langs=3, use_lang_emb=True)),
    "xlm-untied": dict(cls="XLMWithLMHeadModel", config=dict(XLM, sinusoidal_embeddings=True, tie_word_embeddings=False, n_heads=2)),
    "big_bird-sparse": dict(cls="BigBirdForMaskedLM", config=dict(SIZES, attention_type="block_sparse", block_size=2,
                            num_random_blocks=2, use_bias=False, rescale_embeddings=True), types=2),
    "big_bird-next": dict(cls="BigBirdForPreTraining", config=dict(SIZES, attention_type="original_full", num_hidden_layers=1), types=2),
    "big_bird-class": dict(cls="BigBirdForSequenceClassification", config=dict(SIZES, attention_type="original_full", num_labels=3,
                           hidden_act="relu")),
    "reformer-chunks": dict(cls="ReformerForMaskedLM", config=dict(REFORMER, attn_layers=["local", "local"], local_attn_chunk_length=4,
                            hidden_act="gelu"), no_maps=True),
    "reformer-causal-chunks": dict(cls="ReformerModelWithLMHead", config=dict(REFORMER, attn_layers=["local", "lsh", "local"],
                                   local_attn_chunk_length=4, lsh_attn_chunk_length=16, is_decoder=True, axial_pos_embds=False,
                                   local_num_chunks_before=2), no_maps=True),
    "reformer-shared": dict(cls="ReformerForMaskedLM", config=dict(REFORMER, attn_layers=["lsh", "local"], attention_head_size=6)),
    "fnet-next": dict(cls="FNetForPreTraining", config=dict(FNET, hidden_act="relu"), types=3, no_attention=True, lengths=(7, 1, 16)),
    "fnet-class": dict(cls="FNetForSequenceClassification", config=dict(FNET, num_labels=3, hidden_size=15), types=2,
                       no_attention=True),
}

if __name__ == "__main__":
    options.CASES = CASES
    options.main()
