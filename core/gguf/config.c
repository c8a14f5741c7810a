/* From a GGUF file's metadata to what a config.json says. See family.h. */
#include "core/gguf/family.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Keys below the architecture's name, with the members they become: `|`-separated, as families spell them. */
static const struct {
    const char *key, *members;
} keys[] = {
    {"block_count", "num_hidden_layers|n_layer|num_layers"},
    {"embedding_length", "hidden_size|n_embd|d_model"},
    {"feed_forward_length", "intermediate_size|n_inner|d_ff"},
    {"attention.head_count", "num_attention_heads|n_head|num_heads"},
    {"attention.head_count_kv", "num_key_value_heads"},
    {"attention.key_length", "head_dim|d_kv"},
    {"context_length", "max_position_embeddings|n_positions"},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps|layer_norm_epsilon|norm_eps"},
    {"attention.layer_norm_epsilon", "layer_norm_eps|layer_norm_epsilon|norm_epsilon|norm_eps"},
    {"rope.freq_base", "rope_theta|rotary_emb_base|global_rope_theta"},
    {"rope.freq_base_swa", "rope_local_base_freq|local_rope_theta"},
    {"attention.sliding_window", "sliding_window|local_attention"},
    {"expert_count", "num_local_experts|num_experts"},
    {"expert_used_count", "num_experts_per_tok"},
    {"expert_feed_forward_length", "moe_intermediate_size"},
    {"expert_shared_feed_forward_length", "shared_expert_intermediate_size"},
    {"attn_logit_softcapping", "attn_logit_softcapping"},
    {"final_logit_softcapping", "final_logit_softcapping"},
    {"logit_scale", "logit_scale|logits_scaling"},
    {"embedding_scale", "embedding_multiplier"},
    {"residual_scale", "residual_multiplier"},
    {"attention.scale", "attention_multiplier"},
    {"attention.clamp_kqv", "clip_qkv"},
    {"attention.relative_buckets_count", "relative_attention_num_buckets"},
    {"decoder_start_token_id", "decoder_start_token_id"},
    {"decoder_block_count", "num_decoder_layers"},
};

static const struct gguf_value *own_value(const struct gguf *gguf, const char *key)
{
    char whole[200];
    struct str architecture = gguf_text(gguf, "general.architecture");
    snprintf(whole, sizeof whole, "%.*s.%s", STR_ARGS(architecture), key);
    return gguf_find(gguf, whole);
}

/* Is it a number, or a list of equal ones? */
static bool is_number(const struct gguf_value *value)
{
    if (!value || value->type == GGUF_STRING || value->type == GGUF_ARRAY || !value->n)
        return false;
    for (size_t i = 1; i < value->n; i++)
        if (gguf_item(value, i) != gguf_item(value, 0))
            return false;
    return true;
}

double gguf_own_number(const struct gguf *gguf, const char *key, double fallback)
{
    const struct gguf_value *value = own_value(gguf, key);
    return is_number(value) ? gguf_item(value, 0) : fallback;
}

/* Is the member written already? */
static bool has_member(const struct buf *out, struct str name)
{
    char quoted[80];
    int n = snprintf(quoted, sizeof quoted, "\"%.*s\":", STR_ARGS(name));
    struct str text = buf_view(out);
    return n > 0 && memmem(text.s, text.n, quoted, (size_t)n);
}

static void put_number(struct buf *out, struct str name, double value)
{
    if (has_member(out, name))
        return;
    buf_printf(out, ",\"%.*s\":", (int)name.n, name.s);
    if (value == floor(value) && fabs(value) < 1e15)
        buf_printf(out, "%.0f", value);
    else
        buf_printf(out, "%.9g", value);
}

static void put_members(struct buf *out, const char *members, double value)
{
    for (const char *at = members; *at;) {
        size_t n = strcspn(at, "|");
        put_number(out, (struct str){at, n}, value);
        at += n + (at[n] == '|');
    }
}

static void put_flag(struct buf *out, const char *name, bool value)
{
    if (!has_member(out, str_of(name)))
        buf_printf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

static bool put_keys(struct buf *out, const struct gguf *gguf, struct err *err)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct gguf_value *value = own_value(gguf, keys[i].key);
        if (!value)
            continue;
        if (!is_number(value) || !isfinite(gguf_item(value, 0)))
            return err_set(err, ERR_UNSUPPORTED, "%s: key %.*s.%s: %s, which is not read", gguf->path,
                           STR_ARGS(gguf_text(gguf, "general.architecture")), keys[i].key,
                           value->array ? "numbers that differ from layer to layer" : "not a number");
        put_members(out, keys[i].members, gguf_item(value, 0));
    }
    return true;
}

/* Keys that change numbers, the value that changes none, and the architectures whose models here know them. */
static const struct {
    const char *key;
    double plain;
    const char *known; /* separated by spaces */
} demanding[] = {
    {"attention.causal", 1, "bert modern-bert"},
    {"attention.sliding_window", 0, "llama gemma2 gemma3 gemma-embedding phi3 starcoder2 gpt-oss olmo2 cohere2 modern-bert"},
    {"attention.max_alibi_bias", 0, ""},
    {"attention.clamp_kqv", 0, "olmoe"},
    {"attention.scale", 0, "granite"},
    {"attn_logit_softcapping", 0, "gemma2"},
    {"final_logit_softcapping", 0, "gemma2 gemma3 gemma-embedding"},
    {"logit_scale", 1, "command-r cohere2 granite"},
    {"embedding_scale", 1, "granite"},
    {"residual_scale", 1, "granite"},
    {"expert_weights_scale", 1, ""},
    {"expert_gating_func", 1, "gpt-oss"},
    {"expert_group_count", 1, ""},
    {"leading_dense_block_count", 0, ""},
};

static bool knows(const char *names, struct str name)
{
    for (const char *at = names; *at;) {
        size_t n = strcspn(at, " ");
        if (str_eq((struct str){at, n}, name))
            return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

/* What a file asks for and its model here would pass over is refused. */
static bool check_demands(const struct gguf *gguf, struct err *err)
{
    struct str architecture = gguf_text(gguf, "general.architecture");
    for (size_t i = 0; i < sizeof demanding / sizeof *demanding; i++) {
        double value = gguf_own_number(gguf, demanding[i].key, demanding[i].plain);
        if (value != demanding[i].plain && !knows(demanding[i].known, architecture))
            return err_set(err, ERR_UNSUPPORTED, "%s: key %.*s.%s = %g is not read for this architecture", gguf->path,
                           STR_ARGS(architecture), demanding[i].key, value);
    }
    double keys_wide = gguf_own_number(gguf, "attention.key_length", 0);
    double values_wide = gguf_own_number(gguf, "attention.value_length", keys_wide);
    return values_wide == keys_wide || keys_wide == 0 ||
           err_set(err, ERR_UNSUPPORTED, "%s: key %.*s.attention.value_length = %g is not read, keys are %g wide", gguf->path,
                   STR_ARGS(architecture), values_wide, keys_wide);
}

/* Numbers of a tensor as a list. */
static bool put_factors(struct buf *out, const char *name, const struct tensor *tensor, struct err *err)
{
    size_t n = tensor_numel(tensor);
    if (tensor->rank != 1 || !tensor->dtype->is_float || n > 4096)
        return err_set(err, ERR_FORMAT, "%s: tensor %.*s: no list of factors", tensor->file, STR_ARGS(tensor->name));
    float factors[4096 + 256];
    tensor->dtype->widen(tensor->data, n, factors);
    buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(factors[i]))
            return err_set(err, ERR_FORMAT, "%s: tensor %.*s: factor %zu is no finite number", tensor->file,
                           STR_ARGS(tensor->name), i);
        buf_printf(out, "%s%.9g", i ? "," : "", (double)factors[i]);
    }
    buf_char(out, ']');
    return true;
}

/* Scaling by type and factor, or by a factor a frequency. */
static bool put_scaling(struct buf *out, const struct gguf *gguf, const struct weights *weights, struct err *err)
{
    const struct tensor *all = weights_find(weights, STR("rope_freqs.weight"));
    const struct tensor *far = weights_find(weights, STR("rope_factors_long.weight"));
    const struct tensor *near = weights_find(weights, STR("rope_factors_short.weight"));
    const struct gguf_value *named = own_value(gguf, "rope.scaling.type");
    struct str type = {0};
    double older = gguf_own_number(gguf, "rope.scale_linear", 1); /* the key of the first files */
    double factor = gguf_own_number(gguf, "rope.scaling.factor", older), context = gguf_own_number(gguf, "context_length", 0);
    double original = gguf_own_number(gguf, "rope.scaling.original_context_length", context);
    double attention = gguf_own_number(gguf, "rope.scaling.attn_factor", NAN);
    if (named && named->type == GGUF_STRING && !named->array) {
        const unsigned char *at = named->at;
        type = gguf_next_text(&at);
    }
    if (all || (far && near)) {
        buf_printf(out, ",\"original_max_position_embeddings\":%.0f,\"rope_scaling\":{\"rope_type\":\"longrope\"", original);
        if (!put_factors(out, "long_factor", all ? all : far, err) || !put_factors(out, "short_factor", all ? all : near, err))
            return false;
        if (all || !isnan(attention))
            put_number(out, STR("attention_factor"), isnan(attention) ? 1 : attention);
        buf_char(out, '}');
        return true;
    }
    if (!type.n && older != 1)
        type = STR("linear");
    if (!type.n || str_is(type, "none"))
        return true;
    if (!str_is(type, "linear") && !str_is(type, "yarn"))
        return err_set(err, ERR_UNSUPPORTED, "%s: rope.scaling.type \"%.*s\" is not read (linear, yarn are)", gguf->path,
                       STR_ARGS(type));
    double yarn = gguf_own_number(gguf, "rope.scaling.yarn_attn_factor", attention);
    buf_printf(out, ",\"rope_scaling\":{\"rope_type\":\"%.*s\"", STR_ARGS(type));
    put_number(out, STR("factor"), factor);
    if (!isnan(yarn))
        put_number(out, STR("attention_factor"), yarn);
    if (str_is(gguf_text(gguf, "general.architecture"), "gpt-oss")) /* trained so, which the file leaves out */
        put_flag(out, "truncate", false);
    put_number(out, STR("original_max_position_embeddings"), original);
    put_number(out, STR("beta_fast"), gguf_own_number(gguf, "rope.scaling.yarn_beta_fast", 32));
    put_number(out, STR("beta_slow"), gguf_own_number(gguf, "rope.scaling.yarn_beta_slow", 1));
    buf_char(out, '}');
    return true;
}

/* Sizes that a config.json says and the metadata leave to be counted. */
static bool put_counted(struct buf *out, const struct gguf *gguf, const struct weights *weights, struct err *err)
{
    const struct tensor *words = weights_find(weights, STR("token_embd.weight")),
                        *types = weights_find(weights, STR("token_types.weight"));
    double E = gguf_own_number(gguf, "embedding_length", 0), H = gguf_own_number(gguf, "attention.head_count", 0);
    if (!words || words->rank != 2)
        return err_set(err, ERR_FORMAT, "%s: no token_embd.weight of two sides", gguf->path);
    const struct tensor *down = weights_find(weights, STR("blk.0.ffn_down.weight"));
    put_number(out, STR("vocab_size"), (double)words->shape[0]);
    if (down && down->rank == 2) /* of Phi 2 the converter writes another number than the file has */
        put_members(out, "intermediate_size|n_inner|d_ff", (double)down->shape[1]);
    put_number(out, STR("type_vocab_size"), !types ? 0 : types->rank == 2 ? (double)types->shape[0] : 1);
    if (!own_value(gguf, "attention.head_count_kv"))
        put_number(out, STR("num_key_value_heads"), H);
    double D = gguf_own_number(gguf, "attention.key_length", H > 0 ? floor(E / H) : 0);
    double turned = gguf_own_number(gguf, "rope.dimension_count", D);
    if (!own_value(gguf, "attention.key_length"))
        put_number(out, STR("head_dim"), D);
    if (D > 0 && turned != D)
        put_members(out, "partial_rotary_factor|rotary_pct", turned / D);
    return true;
}

/* Which layers have a window: a flag a layer, or one in so many that has none. */
static bool put_windows(struct buf *out, const struct gguf *gguf, struct err *err)
{
    const struct gguf_value *pattern = own_value(gguf, "attention.sliding_window_pattern");
    double layers = gguf_own_number(gguf, "block_count", 0);
    if (!pattern)
        return true;
    if (pattern->type == GGUF_STRING || pattern->type == GGUF_ARRAY || (pattern->array && (double)pattern->n < layers))
        return err_set(err, ERR_FORMAT, "%s: attention.sliding_window_pattern is no list of %g layers", gguf->path, layers);
    if (!pattern->array) {
        put_members(out, "sliding_window_pattern|global_attn_every_n_layers", gguf_item(pattern, 0));
        return true;
    }
    buf_puts(out, ",\"layer_types\":[");
    for (size_t l = 0; (double)l < layers; l++)
        buf_printf(out, "%s\"%s_attention\"", l ? "," : "", gguf_item(pattern, l) != 0 ? "sliding" : "full");
    buf_char(out, ']');
    return true;
}

/* Members that the metadata leave out, unless they have them. */
static void put_more(struct buf *out, const char *more)
{
    while (*more) {
        const char *name = more + 2, *end = strstr(name, ",\""), *quote = strchr(name, '"');
        size_t n = end ? (size_t)(end - more) : strlen(more);
        if (!has_member(out, (struct str){name, (size_t)(quote - name)}))
            buf_str(out, (struct str){more, n});
        more += n;
    }
}

static void put_ids(struct buf *out, const struct gguf *gguf)
{
    static const char *const ids[][2] = {{"bos_token_id", "tokenizer.ggml.bos_token_id"},
                                         {"eos_token_id", "tokenizer.ggml.eos_token_id"},
                                         {"pad_token_id", "tokenizer.ggml.padding_token_id"}};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (gguf_number(gguf, ids[i][1], -1) >= 0)
            put_number(out, str_of(ids[i][0]), gguf_number(gguf, ids[i][1], 0));
}

static bool has(const struct weights *weights, const char *name)
{
    return weights_find(weights, str_of(name)) != NULL;
}

bool gguf_put_config(struct buf *out, const struct gguf *gguf, const struct gguf_family *family, const struct weights *weights,
                     struct err *err)
{
    buf_printf(out, "{\"model_type\":\"%s\"", family->model_type);
    if (!check_demands(gguf, err) || !put_counted(out, gguf, weights, err) || !put_keys(out, gguf, err) ||
        !put_scaling(out, gguf, weights, err) || !put_windows(out, gguf, err))
        return false;
    put_ids(out, gguf);
    const struct gguf_value *normed = own_value(gguf, "expert_weights_norm"), *act = own_value(gguf, "hidden_activation");
    if (normed)
        put_flag(out, "norm_topk_prob", gguf_own_number(gguf, "expert_weights_norm", 0) != 0);
    if (act && act->type == GGUF_STRING && !act->array) {
        const unsigned char *at = act->at;
        buf_puts(out, ",\"hidden_activation\":");
        json_quote(out, gguf_next_text(&at));
    }
    put_flag(out, "tie_word_embeddings", !has(weights, "output.weight"));
    bool biased = has(weights, "blk.0.attn_q.bias") || has(weights, "blk.0.attn_qkv.bias");
    put_flag(out, "attention_bias", biased);
    put_flag(out, "use_qkv_bias", biased);
    put_flag(out, "use_bias", has(weights, "blk.0.ffn_up.bias"));
    put_flag(out, "mlp_bias", has(weights, "blk.0.ffn_up.bias"));
    bool qk_normed = has(weights, "blk.0.attn_q_norm.weight");
    put_flag(out, "use_qk_norm", qk_normed);
    put_flag(out, "qk_layernorm", qk_normed);
    if (family->put && !family->put(out, gguf, weights, err))
        return false;
    put_more(out, family->more);
    buf_char(out, '}');
    return true;
}
