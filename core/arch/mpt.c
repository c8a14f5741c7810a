/* MPT (MosaicML 2023): pre-norm without any bias, no positions but ALiBi's slopes, causal.
 *
 *   x = word[id]; each layer:  q, k, v = norm(x)·Wqkv, three blocks of E, within ±clip_qkv
 *     scores  q·k·softmax_scale + slope_h·j;  a = x + z·Wo;  x = a + down(gelu(up(norm'(a))))
 *   norm(x) at the end; next word: that times wordᵀ
 *
 * What has caused bugs: what concerns attention stands in attn_config; softmax_scale null is 1/√D. The reference class has one
 * kind of MPT and passes over the keys of others, which are refused here. */
#include <math.h>

#include "core/arch/alibi.h"
#include "core/arch/gpt.h"

struct mpt {
    struct gpt gpt; /* first */
    struct alibi alibi;
    float clip, scale; /* 0: unbounded; 1/√D */
};

static double number_of(const struct json *value, double fallback)
{
    return json_is_bool(value) ? json_bool(value, false) : json_number(value, fallback);
}

/* What the reference class does not read, with the one value that it computes. */
static bool check_attention(const struct model *model, const struct json *attention, struct err *err)
{
    static const struct {
        const char *key;
        double only;
    } rows[] = {{"alibi", true}, {"alibi_bias_max", 8}, {"prefix_lm", false}, {"qk_ln", false}, {"attn_uses_sequence_id", false}};
    struct str type = json_str(json_get(attention, "attn_type"), "multihead_attention");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (number_of(json_get(attention, rows[i].key), rows[i].only) != rows[i].only)
            return err_set(err, ERR_UNSUPPORTED, "%s/config.json: attn_config.%s is not read for mpt but as %g", model->folder,
                           rows[i].key, rows[i].only);
    return str_is(type, "multihead_attention") ||
           err_set(err, ERR_UNSUPPORTED, "%s/config.json: attn_config.attn_type = \"%.*s\" is not read for mpt", model->folder,
                   STR_ARGS(type));
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, &term_alibi, NULL};
    const struct json *attention = json_get(config, "attn_config");
    struct mpt *w = model->own;
    struct layer_shape shape;
    model->E = model->dim['E'];
    model->activation = activation_named(str_of("gelu"));
    w->clip = (float)json_number(json_get(attention, "clip_qkv"), 0);
    w->scale = (float)json_number(json_get(attention, "softmax_scale"), 0);
    if (!check_attention(model, attention, err) || !config_heads(model, "d_model", model->dim['H'], &shape, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    return gpt_stack(model, shape, terms, err) && alibi_make(model, shape.H, 1, false, &w->alibi, err);
}

static void clip(struct pass *pass, struct strided qkv, float most)
{
    for (size_t i = 0; pass_ok(pass) && most > 0 && i < pass->rows * qkv.row; i++)
        qkv.data[i] = fminf(most, fmaxf(-most, qkv.data[i]));
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct mpt *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    pass_kept_list(pass, "slopes", w->alibi.slopes, pass->stack->shape[0].H, "head");
    const float *x = pass_embed(pass, gpt_words(model, pass));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = gpt_attend(pass, l, GPT_BLOCKS, gpt_norm(pass, &layer->attention_norm, x), masks);
        clip(pass, attend.q, w->clip);
        attend.own = &w->alibi;
        if (w->scale > 0)
            attend.scale = w->scale;
        float *a = gpt_attended(pass, &attend, x);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, gpt_norm(pass, &layer->ffn_norm, a), a));
    }
    gpt_finish(model, pass, x);
}

static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 50368},
    {.key = "hidden_size|d_model", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 2048},
    {.key = "num_hidden_layers|n_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 24},
    {.key = "num_attention_heads|n_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 16},
    {.key = "max_seq_len", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 2048},
    {.key = "layer_norm_epsilon", .kind = CONFIG_EPS, .fallback = 1e-5},
    {.key = "expansion_ratio", .kind = CONFIG_ONLY, .text = "4"},
    {.key = "no_bias", .kind = CONFIG_ONLY, .text = "true"},
    {.key = "logit_scale", .kind = CONFIG_ONLY, .text = "null"},
    CAUSAL_TIED(struct gpt, true),
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "wte.weight"),
    GPT_PARAM(NORM_NO_BIAS, "blocks.{l}.norm_1", "E", attention_norm, "LayerNorm before attention"),
    GPT_PARAM(LINEAR_NO_BIAS, "blocks.{l}.attn.Wqkv", "Q,E", qkv, "query, key, value"),
    GPT_PARAM(LINEAR_NO_BIAS, "blocks.{l}.attn.out_proj", "E,A", o, "output of the heads"),
    GPT_PARAM(NORM_NO_BIAS, "blocks.{l}.norm_2", "E", ffn_norm, "LayerNorm before feed-forward"),
    GPT_PARAM(LINEAR_NO_BIAS, "blocks.{l}.ffn.up_proj", "I,E", up, "feed-forward, up"),
    GPT_PARAM(LINEAR_NO_BIAS, "blocks.{l}.ffn.down_proj", "E,I", down, "feed-forward, down"),
    {.name = "norm_f",
     .shape = "E",
     .kind = PARAM_NORM_NO_BIAS,
     .offset = offsetof(struct gpt, last),
     .meaning = "last LayerNorm"},
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    CAUSAL_SCORE(struct gpt),
    {0},
};

const struct arch arch_mpt = {
    .name = "mpt",
    .model_types = "mpt",
    .summary = "MPT: causal, ALiBi, no biases",
    .source = "MosaicML 2023",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct mpt),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
