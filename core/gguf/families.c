/* One row a family. See family.h; names are those of llama.cpp's gguf-py/gguf/tensor_mapping.py.
 *
 * To add one: a row, a table of names where no other's serves, and a case in tests/core/gguf. */
#include "core/gguf/family.h"

#include <math.h>

/* ---- names ---- */

#define LAYER "layers.{l}."
#define BLOCK "blk.{l}."

static const struct gguf_name ends[] = {
    {"token_embd", "embed_tokens", FIX_NONE}, {"output_norm", "norm", FIX_NONE}, {"output", "lm_head", FIX_NONE}, {0}};
static const struct gguf_name ends_less_one[] = {{"output_norm", "norm", FIX_LESS_ONE}, {0}};
static const struct gguf_name norms[] = {
    {BLOCK "attn_norm", LAYER "input_layernorm", FIX_NONE}, {BLOCK "ffn_norm", LAYER "post_attention_layernorm", FIX_NONE}, {0}};
static const struct gguf_name norms_less_one[] = {{BLOCK "attn_norm", LAYER "input_layernorm", FIX_LESS_ONE},
                                                  {BLOCK "ffn_norm", LAYER "post_attention_layernorm", FIX_LESS_ONE},
                                                  {0}};
/* Four norms a layer. */
static const struct gguf_name norms_four[] = {{BLOCK "attn_norm", LAYER "input_layernorm", FIX_LESS_ONE},
                                              {BLOCK "post_attention_norm", LAYER "post_attention_layernorm", FIX_LESS_ONE},
                                              {BLOCK "ffn_norm", LAYER "pre_feedforward_layernorm", FIX_LESS_ONE},
                                              {BLOCK "post_ffw_norm", LAYER "post_feedforward_layernorm", FIX_LESS_ONE},
                                              {BLOCK "attn_q_norm", LAYER "self_attn.q_norm", FIX_LESS_ONE},
                                              {BLOCK "attn_k_norm", LAYER "self_attn.k_norm", FIX_LESS_ONE},
                                              {0}};
static const struct gguf_name norms_after[] = {{BLOCK "post_attention_norm", LAYER "post_attention_layernorm", FIX_NONE},
                                               {BLOCK "post_ffw_norm", LAYER "post_feedforward_layernorm", FIX_NONE},
                                               {0}};
static const struct gguf_name attention[] = {
    {BLOCK "attn_q", LAYER "self_attn.q_proj", FIX_NONE},      {BLOCK "attn_k", LAYER "self_attn.k_proj", FIX_NONE},
    {BLOCK "attn_v", LAYER "self_attn.v_proj", FIX_NONE},      {BLOCK "attn_qkv", LAYER "self_attn.qkv_proj", FIX_NONE},
    {BLOCK "attn_output", LAYER "self_attn.o_proj", FIX_NONE}, {BLOCK "attn_q_norm", LAYER "self_attn.q_norm", FIX_NONE},
    {BLOCK "attn_k_norm", LAYER "self_attn.k_norm", FIX_NONE}, {0}};
static const struct gguf_name attention_pairs[] = {
    {BLOCK "attn_q", LAYER "self_attn.q_proj", FIX_PAIRS}, {BLOCK "attn_k", LAYER "self_attn.k_proj", FIX_PAIRS_KV}, {0}};
static const struct gguf_name gated[] = {{BLOCK "ffn_gate", LAYER "mlp.gate_proj", FIX_NONE},
                                         {BLOCK "ffn_up", LAYER "mlp.up_proj", FIX_NONE},
                                         {BLOCK "ffn_down", LAYER "mlp.down_proj", FIX_NONE},
                                         {"rope_freqs", "rotary_emb.inv_freq", FIX_BARE},
                                         {0}};
static const struct gguf_name experts_mixtral[] = {{BLOCK "ffn_gate_inp", LAYER "block_sparse_moe.gate", FIX_NONE},
                                                   {BLOCK "ffn_gate_exps", LAYER "block_sparse_moe.experts.{e}.w1", FIX_EXPERTS},
                                                   {BLOCK "ffn_up_exps", LAYER "block_sparse_moe.experts.{e}.w3", FIX_EXPERTS},
                                                   {BLOCK "ffn_down_exps", LAYER "block_sparse_moe.experts.{e}.w2", FIX_EXPERTS},
                                                   {0}};
static const struct gguf_name experts[] = {{BLOCK "ffn_gate_inp", LAYER "mlp.gate", FIX_NONE},
                                           {BLOCK "ffn_gate_exps", LAYER "mlp.experts.{e}.gate_proj", FIX_EXPERTS},
                                           {BLOCK "ffn_up_exps", LAYER "mlp.experts.{e}.up_proj", FIX_EXPERTS},
                                           {BLOCK "ffn_down_exps", LAYER "mlp.experts.{e}.down_proj", FIX_EXPERTS},
                                           {BLOCK "ffn_gate_inp_shexp", LAYER "mlp.shared_expert_gate", FIX_MATRIX},
                                           {BLOCK "ffn_gate_shexp", LAYER "mlp.shared_expert.gate_proj", FIX_NONE},
                                           {BLOCK "ffn_up_shexp", LAYER "mlp.shared_expert.up_proj", FIX_NONE},
                                           {BLOCK "ffn_down_shexp", LAYER "mlp.shared_expert.down_proj", FIX_NONE},
                                           {0}};
static const struct gguf_name phi2_names[] = {{BLOCK "attn_output", LAYER "self_attn.dense", FIX_NONE},
                                              {BLOCK "ffn_up", LAYER "mlp.fc1", FIX_NONE},
                                              {BLOCK "ffn_down", LAYER "mlp.fc2", FIX_NONE},
                                              {"output_norm", "final_layernorm", FIX_NONE},
                                              {0}};
static const struct gguf_name gate_up[] = {{BLOCK "ffn_up", LAYER "mlp.gate_up_proj", FIX_NONE},
                                           {"rope_factors_long", "rotary_emb.inv_freq", FIX_BARE},
                                           {"rope_factors_short", "rotary_emb.short_inv_freq", FIX_BARE},
                                           {0}};
static const struct gguf_name starcoder2_names[] = {
    {BLOCK "ffn_up", LAYER "mlp.c_fc", FIX_NONE}, {BLOCK "ffn_down", LAYER "mlp.c_proj", FIX_NONE}, {0}};
static const struct gguf_name gpt2_names[] = {{"token_embd", "wte", FIX_NONE},
                                              {"position_embd", "wpe", FIX_NONE},
                                              {"output_norm", "ln_f", FIX_NONE},
                                              {"output", "lm_head", FIX_NONE},
                                              {BLOCK "attn_norm", "h.{l}.ln_1", FIX_NONE},
                                              {BLOCK "attn_qkv", "h.{l}.attn.c_attn", FIX_TURNED},
                                              {BLOCK "attn_output", "h.{l}.attn.c_proj", FIX_TURNED},
                                              {BLOCK "ffn_norm", "h.{l}.ln_2", FIX_NONE},
                                              {BLOCK "ffn_up", "h.{l}.mlp.c_fc", FIX_TURNED},
                                              {BLOCK "ffn_down", "h.{l}.mlp.c_proj", FIX_TURNED},
                                              {0}};
static const struct gguf_name neox_names[] = {{"token_embd", "embed_in", FIX_NONE},
                                              {"output_norm", "final_layer_norm", FIX_NONE},
                                              {"output", "embed_out", FIX_NONE},
                                              {BLOCK "attn_qkv", LAYER "attention.query_key_value", FIX_QKV},
                                              {BLOCK "attn_output", LAYER "attention.dense", FIX_NONE},
                                              {BLOCK "ffn_up", LAYER "mlp.dense_h_to_4h", FIX_NONE},
                                              {BLOCK "ffn_down", LAYER "mlp.dense_4h_to_h", FIX_NONE},
                                              {0}};
static const struct gguf_name bloom_names[] = {{"token_embd", "word_embeddings", FIX_NONE},
                                               {"token_embd_norm", "word_embeddings_layernorm", FIX_NONE},
                                               {"output_norm", "ln_f", FIX_NONE},
                                               {"output", "lm_head", FIX_NONE},
                                               {BLOCK "attn_norm", "h.{l}.input_layernorm", FIX_NONE},
                                               {BLOCK "attn_qkv", "h.{l}.self_attention.query_key_value", FIX_QKV},
                                               {BLOCK "attn_output", "h.{l}.self_attention.dense", FIX_NONE},
                                               {BLOCK "ffn_norm", "h.{l}.post_attention_layernorm", FIX_NONE},
                                               {BLOCK "ffn_up", "h.{l}.mlp.dense_h_to_4h", FIX_NONE},
                                               {BLOCK "ffn_down", "h.{l}.mlp.dense_4h_to_h", FIX_NONE},
                                               {0}};
#define ENCODER "encoder.layer.{l}."
static const struct gguf_name bert_names[] = {{"token_embd", "embeddings.word_embeddings", FIX_NONE},
                                              {"position_embd", "embeddings.position_embeddings", FIX_NONE},
                                              {"token_types", "embeddings.token_type_embeddings", FIX_MATRIX},
                                              {"token_embd_norm", "embeddings.LayerNorm", FIX_NONE},
                                              {BLOCK "attn_q", ENCODER "attention.self.query", FIX_NONE},
                                              {BLOCK "attn_k", ENCODER "attention.self.key", FIX_NONE},
                                              {BLOCK "attn_v", ENCODER "attention.self.value", FIX_NONE},
                                              {BLOCK "attn_output", ENCODER "attention.output.dense", FIX_NONE},
                                              {BLOCK "attn_output_norm", ENCODER "attention.output.LayerNorm", FIX_NONE},
                                              {BLOCK "ffn_up", ENCODER "intermediate.dense", FIX_NONE},
                                              {BLOCK "ffn_down", ENCODER "output.dense", FIX_NONE},
                                              {BLOCK "layer_output_norm", ENCODER "output.LayerNorm", FIX_NONE},
                                              {0}};

#define NAMES(...) ((const struct gguf_name *const[]){__VA_ARGS__, NULL})

/* ---- what follows from the file ---- */

/* Scores of Gemma are divided by the root of a number that the file leaves out: the head's width, but for the 27B models. */
static bool put_gemma_scale(struct buf *out, const struct gguf *gguf, const struct weights *weights, struct err *err)
{
    double layers = gguf_own_number(gguf, "block_count", 0), heads = gguf_own_number(gguf, "attention.head_count", 1);
    double E = gguf_own_number(gguf, "embedding_length", 0), D = gguf_own_number(gguf, "attention.key_length", E / heads);
    (void)weights, (void)err;
    buf_printf(out, ",\"query_pre_attn_scalar\":%.17g", layers == 46 || layers == 62 ? E / heads : D);
    return true;
}

/* Every fourth layer of SmolLM3 does not turn. */
static bool put_still_layers(struct buf *out, const struct gguf *gguf, const struct weights *weights, struct err *err)
{
    double layers = gguf_own_number(gguf, "block_count", 0);
    (void)weights;
    if (!(layers >= 0 && layers <= 10000))
        return err_set(err, ERR_FORMAT, "%s: %g layers", gguf->path, layers);
    buf_puts(out, ",\"no_rope_layers\":[");
    for (int l = 0; l < (int)layers; l++)
        buf_printf(out, "%s%d", l ? "," : "", (l + 1) % 4 != 0);
    buf_char(out, ']');
    return true;
}

static bool put_neox(struct buf *out, const struct gguf *gguf, const struct weights *weights, struct err *err)
{
    (void)weights, (void)err;
    buf_printf(out, ",\"use_parallel_residual\":%s", gguf_own_number(gguf, "use_parallel_residual", 1) != 0 ? "true" : "false");
    return true;
}

/* ---- the rows ---- */

const struct gguf_family gguf_families[] = {
    {"llama", "expert_count", "mixtral", NAMES(experts_mixtral, attention_pairs, attention, norms, gated, ends), "", NULL},
    {"llama", "attention.sliding_window", "mistral", NAMES(attention_pairs, attention, norms, gated, ends), "", NULL},
    {"llama", NULL, "llama", NAMES(attention_pairs, attention, norms, gated, ends), "", NULL},
    {"qwen2", NULL, "qwen2", NAMES(attention, norms, gated, ends), "", NULL},
    {"qwen3", NULL, "qwen3", NAMES(attention, norms, gated, ends), "", NULL},
    {"qwen2moe", NULL, "qwen2_moe", NAMES(experts, attention, norms, gated, ends), ",\"norm_topk_prob\":false", NULL},
    {"qwen3moe", NULL, "qwen3_moe", NAMES(experts, attention, norms, gated, ends), ",\"norm_topk_prob\":true", NULL},
    {"olmoe", NULL, "olmoe", NAMES(experts, attention, norms, gated, ends), ",\"norm_topk_prob\":false", NULL},
    {"olmo2", NULL, "olmo2", NAMES(norms_after, attention, gated, ends), "", NULL},
    {"gemma", NULL, "gemma", NAMES(norms_less_one, attention, gated, ends_less_one, ends), "", NULL},
    {"gemma2", NULL, "gemma2", NAMES(norms_four, attention, gated, ends_less_one, ends), "", put_gemma_scale},
    {"gemma3", NULL, "gemma3_text", NAMES(norms_four, attention, gated, ends_less_one, ends), "", put_gemma_scale},
    {"phi2", NULL, "phi", NAMES(phi2_names, attention, norms, gated, ends), "", NULL},
    {"phi3", NULL, "phi3", NAMES(gate_up, attention, norms, gated, ends), "", NULL},
    {"stablelm", NULL, "stablelm", NAMES(attention, norms, gated, ends), "", put_neox},
    {"starcoder2", NULL, "starcoder2", NAMES(starcoder2_names, attention, norms, gated, ends), "", NULL},
    {"command-r", NULL, "cohere", NAMES(attention, norms, gated, ends), "", NULL},
    {"granite", NULL, "granite", NAMES(attention_pairs, attention, norms, gated, ends), "", NULL},
    {"smollm3", NULL, "smollm3", NAMES(attention_pairs, attention, norms, gated, ends), "", put_still_layers},
    {"gpt2", NULL, "gpt2", NAMES(gpt2_names), "", NULL},
    {"gptneox", NULL, "gpt_neox", NAMES(neox_names, norms), "", put_neox},
    {"bloom", NULL, "bloom", NAMES(bloom_names), "", NULL},
    {"bert", NULL, "bert", NAMES(bert_names), "", NULL},
    {0},
};
