/* One row a family. See family.h; names are those of llama.cpp's gguf-py/gguf/tensor_mapping.py.
 *
 * To add one: a row, a table of names where no other's serves, and a case in tests/core/weights/options_gguf.py. */
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
static const struct gguf_name attention[] = {{BLOCK "attn_q", LAYER "self_attn.q_proj", FIX_NONE},
                                             {BLOCK "attn_k", LAYER "self_attn.k_proj", FIX_NONE},
                                             {BLOCK "attn_v", LAYER "self_attn.v_proj", FIX_NONE},
                                             {BLOCK "attn_output", LAYER "self_attn.o_proj", FIX_NONE},
                                             {BLOCK "attn_q_norm", LAYER "self_attn.q_norm", FIX_NONE},
                                             {BLOCK "attn_k_norm", LAYER "self_attn.k_norm", FIX_NONE},
                                             {0}};
static const struct gguf_name attention_pairs[] = {
    {BLOCK "attn_q", LAYER "self_attn.q_proj", FIX_PAIRS}, {BLOCK "attn_k", LAYER "self_attn.k_proj", FIX_PAIRS_KV}, {0}};
static const struct gguf_name gated[] = {{BLOCK "ffn_gate", LAYER "mlp.gate_proj", FIX_NONE},
                                         {BLOCK "ffn_up", LAYER "mlp.up_proj", FIX_NONE},
                                         {BLOCK "ffn_down", LAYER "mlp.down_proj", FIX_NONE},
                                         {"rope_freqs", "", FIX_CONFIG},
                                         {"rope_factors_long", "", FIX_CONFIG},
                                         {"rope_factors_short", "", FIX_CONFIG},
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
static const struct gguf_name gate_up[] = {{BLOCK "ffn_up", LAYER "mlp.gate_up_proj", FIX_NONE}, {0}};
static const struct gguf_name qkv[] = {{BLOCK "attn_qkv", LAYER "self_attn.qkv_proj", FIX_NONE}, {0}};
static const struct gguf_name stablelm_names[] = {{BLOCK "attn_q_norm", LAYER "self_attn.q_layernorm.norms.{e}", FIX_ROWS},
                                                  {BLOCK "attn_k_norm", LAYER "self_attn.k_layernorm.norms.{e}", FIX_ROWS},
                                                  {0}};
static const struct gguf_name glm4_names[] = {{BLOCK "attn_norm", LAYER "input_layernorm", FIX_NONE},
                                              {BLOCK "post_attention_norm", LAYER "post_self_attn_layernorm", FIX_NONE},
                                              {BLOCK "ffn_norm", LAYER "post_attention_layernorm", FIX_NONE},
                                              {BLOCK "post_ffw_norm", LAYER "post_mlp_layernorm", FIX_NONE},
                                              {0}};
static const struct gguf_name gpt_oss_names[] = {{BLOCK "post_attention_norm", LAYER "post_attention_layernorm", FIX_NONE},
                                                 {BLOCK "attn_sinks", LAYER "self_attn.sinks", FIX_BARE},
                                                 {BLOCK "ffn_gate_inp", LAYER "mlp.router", FIX_NONE},
                                                 {BLOCK "ffn_gate_exps", LAYER "mlp.experts.gate_proj", FIX_WITH},
                                                 {BLOCK "ffn_up_exps", LAYER "mlp.experts.up_proj", FIX_WITH},
                                                 {BLOCK "ffn_down_exps", LAYER "mlp.experts.down_proj", FIX_WITH},
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
static const struct gguf_name falcon_names[] = {{"token_embd", "word_embeddings", FIX_NONE},
                                                {"output_norm", "ln_f", FIX_NONE},
                                                {"output", "lm_head", FIX_NONE},
                                                {BLOCK "attn_qkv", "h.{l}.self_attention.query_key_value", FIX_GROUPS},
                                                {BLOCK "attn_output", "h.{l}.self_attention.dense", FIX_NONE},
                                                {BLOCK "ffn_up", "h.{l}.mlp.dense_h_to_4h", FIX_NONE},
                                                {BLOCK "ffn_down", "h.{l}.mlp.dense_4h_to_h", FIX_NONE},
                                                {0}};
static const struct gguf_name falcon_one_norm[] = {{BLOCK "attn_norm", "h.{l}.input_layernorm", FIX_NONE}, {0}};
/* Of two norms the file calls that before the feed-forward the first. */
static const struct gguf_name falcon_two_norms[] = {
    {BLOCK "attn_norm", "h.{l}.ln_mlp", FIX_NONE}, {BLOCK "attn_norm_2", "h.{l}.ln_attn", FIX_NONE}, {0}};
#define T5_NAMES(from_, to_, ffn_)                                                                                               \
    {from_ "attn_norm", to_ "layer.0.layer_norm", FIX_NONE}, {from_ "attn_q", to_ "layer.0.SelfAttention.q", FIX_NONE},          \
        {from_ "attn_k", to_ "layer.0.SelfAttention.k", FIX_NONE}, {from_ "attn_v", to_ "layer.0.SelfAttention.v", FIX_NONE},    \
        {from_ "attn_o", to_ "layer.0.SelfAttention.o", FIX_NONE},                                                               \
        {from_ "attn_rel_b", to_ "layer.0.SelfAttention.relative_attention_bias", FIX_NONE},                                     \
        {from_ "ffn_norm", to_ "layer." ffn_ ".layer_norm", FIX_NONE},                                                           \
        {from_ "ffn_gate", to_ "layer." ffn_ ".DenseReluDense.wi_0", FIX_NONE},                                                  \
    {                                                                                                                            \
        from_ "ffn_down", to_ "layer." ffn_ ".DenseReluDense.wo", FIX_NONE                                                       \
    }
#define T5_ENCODER "encoder.block.{l}."
#define T5_DECODER "decoder.block.{l}."
static const struct gguf_name t5_names[] = {{"token_embd", "shared", FIX_NONE},
                                            {"output", "lm_head", FIX_NONE},
                                            {"enc.output_norm", "encoder.final_layer_norm", FIX_NONE},
                                            {"dec.output_norm", "decoder.final_layer_norm", FIX_NONE},
                                            T5_NAMES("enc.blk.{l}.", T5_ENCODER, "1"),
                                            T5_NAMES("dec.blk.{l}.", T5_DECODER, "2"),
                                            {"dec.blk.{l}.cross_attn_norm", T5_DECODER "layer.1.layer_norm", FIX_NONE},
                                            {"dec.blk.{l}.cross_attn_q", T5_DECODER "layer.1.EncDecAttention.q", FIX_NONE},
                                            {"dec.blk.{l}.cross_attn_k", T5_DECODER "layer.1.EncDecAttention.k", FIX_NONE},
                                            {"dec.blk.{l}.cross_attn_v", T5_DECODER "layer.1.EncDecAttention.v", FIX_NONE},
                                            {"dec.blk.{l}.cross_attn_o", T5_DECODER "layer.1.EncDecAttention.o", FIX_NONE},
                                            {0}};
static const struct gguf_name t5_plain[] = {{"enc.blk.{l}.ffn_up", T5_ENCODER "layer.1.DenseReluDense.wi", FIX_NONE},
                                            {"dec.blk.{l}.ffn_up", T5_DECODER "layer.2.DenseReluDense.wi", FIX_NONE},
                                            {0}};
static const struct gguf_name t5_gated[] = {{"enc.blk.{l}.ffn_up", T5_ENCODER "layer.1.DenseReluDense.wi_1", FIX_NONE},
                                            {"dec.blk.{l}.ffn_up", T5_DECODER "layer.2.DenseReluDense.wi_1", FIX_NONE},
                                            {0}};
static const struct gguf_name modernbert_names[] = {{"token_embd", "embeddings.tok_embeddings", FIX_NONE},
                                                    {"token_embd_norm", "embeddings.norm", FIX_NONE},
                                                    {"output_norm", "final_norm", FIX_NONE},
                                                    {BLOCK "attn_norm", LAYER "attn_norm", FIX_NONE},
                                                    {BLOCK "attn_qkv", LAYER "attn.Wqkv", FIX_NONE},
                                                    {BLOCK "attn_output", LAYER "attn.Wo", FIX_NONE},
                                                    {BLOCK "ffn_norm", LAYER "mlp_norm", FIX_NONE},
                                                    {BLOCK "ffn_up", LAYER "mlp.Wi", FIX_NONE},
                                                    {BLOCK "ffn_down", LAYER "mlp.Wo", FIX_NONE},
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

/* A falcon of one key/value head is of the older kind; with some of them, of the newer. */
static bool put_falcon(struct buf *out, const struct gguf *gguf, const struct weights *weights, struct err *err)
{
    double H = gguf_own_number(gguf, "attention.head_count", 0), kv = gguf_own_number(gguf, "attention.head_count_kv", H);
    bool two = weights_find(weights, STR("blk.0.attn_norm_2.weight")), newer = two || (kv > 1 && kv < H);
    (void)err;
    buf_printf(out, ",\"num_kv_heads\":%.0f,\"new_decoder_architecture\":%s,\"multi_query\":%s", kv, newer ? "true" : "false",
               !newer && kv == 1 ? "true" : "false");
    if (newer)
        buf_printf(out, ",\"num_ln_in_parallel_attn\":%d", two ? 2 : 1);
    buf_printf(out, ",\"bias\":%s", weights_find(weights, STR("blk.0.attn_qkv.bias")) ? "true" : "false");
    return true;
}

static bool put_t5(struct buf *out, const struct gguf *gguf, const struct weights *weights, struct err *err)
{
    (void)gguf, (void)err;
    buf_printf(out, ",\"feed_forward_proj\":\"%s\"",
               weights_find(weights, STR("enc.blk.0.ffn_gate.weight")) ? "gated-gelu" : "relu");
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
    {"olmo2", "attention.sliding_window", "olmo3", NAMES(norms_after, attention, gated, ends), "", NULL},
    {"olmo2", NULL, "olmo2", NAMES(norms_after, attention, gated, ends), "", NULL},
    {"gemma", NULL, "gemma", NAMES(norms_less_one, attention, gated, ends_less_one, ends), "", NULL},
    {"gemma2", NULL, "gemma2", NAMES(norms_four, attention, gated, ends_less_one, ends), "", put_gemma_scale},
    {"gemma3", NULL, "gemma3_text", NAMES(norms_four, attention, gated, ends_less_one, ends), "", put_gemma_scale},
    {"gemma-embedding", NULL, "gemma3_text", NAMES(norms_four, attention, gated, ends_less_one, ends),
     ",\"use_bidirectional_attention\":true", put_gemma_scale},
    {"phi2", NULL, "phi", NAMES(phi2_names, attention, norms, gated, ends), "", NULL},
    {"phi3", NULL, "phi3", NAMES(gate_up, qkv, attention, norms, gated, ends), "", NULL},
    {"stablelm", NULL, "stablelm", NAMES(stablelm_names, attention, norms, gated, ends), "", put_neox},
    {"starcoder2", NULL, "starcoder2", NAMES(starcoder2_names, attention, norms, gated, ends), "", NULL},
    {"command-r", NULL, "cohere", NAMES(attention, norms, gated, ends), "", NULL},
    {"granite", NULL, "granite", NAMES(attention_pairs, attention, norms, gated, ends), "", NULL},
    {"smollm3", NULL, "smollm3", NAMES(attention_pairs, attention, norms, gated, ends), "", put_still_layers},
    {"gpt2", NULL, "gpt2", NAMES(gpt2_names), "", NULL},
    {"gptneox", NULL, "gpt_neox", NAMES(neox_names, norms), "", put_neox},
    {"bloom", NULL, "bloom", NAMES(bloom_names), "", NULL},
    {"falcon", "blk.0.attn_norm_2.weight", "falcon", NAMES(falcon_two_norms, falcon_names), "", put_falcon},
    {"falcon", NULL, "falcon", NAMES(falcon_one_norm, falcon_names), "", put_falcon},
    {"chatglm", NULL, "glm", NAMES(gate_up, attention, norms, gated, ends), "", NULL},
    {"glm4", NULL, "glm4", NAMES(glm4_names, gate_up, attention, gated, ends), "", NULL},
    {"cohere2", NULL, "cohere2", NAMES(attention, norms, gated, ends), "", NULL},
    {"gpt-oss", NULL, "gpt_oss", NAMES(gpt_oss_names, attention, norms, ends), ",\"experts_apart\":true", NULL},
    {"t5", "enc.blk.1.attn_rel_b.weight", "umt5", NAMES(t5_names, t5_gated), "", put_t5},
    {"t5", "enc.blk.0.ffn_gate.weight", "t5", NAMES(t5_names, t5_gated), "", put_t5},
    {"t5", NULL, "t5", NAMES(t5_names, t5_plain), "", put_t5},
    {"t5encoder", "enc.blk.1.attn_rel_b.weight", "umt5", NAMES(t5_names, t5_gated), ",\"is_encoder_decoder\":false", put_t5},
    {"t5encoder", "enc.blk.0.ffn_gate.weight", "t5", NAMES(t5_names, t5_gated), ",\"is_encoder_decoder\":false", put_t5},
    {"t5encoder", NULL, "t5", NAMES(t5_names, t5_plain), ",\"is_encoder_decoder\":false", put_t5},
    {"bert", NULL, "bert", NAMES(bert_names), "", NULL},
    {"modern-bert", NULL, "modernbert", NAMES(modernbert_names), "", NULL},
    {0},
};
