/* Falcon (Almazrouei et al. 2023): rotary positions or ALiBi, keys and values that all heads or groups of them share, causal.
 *
 *   x = word[id]; each layer:  n = norm(x);  q, k, v = n·Wqkv, for each key/value head its queries, its key, its value;
 *     one such head where multi_query is true, num_kv_heads where new_decoder_architecture is, else as many as there are queries
 *     scores  q·k/√D, q and k turned by position; where alibi is true  (q·k + slope_h·j)/√D
 *     a = x + z·Wo;  x = a + down(act(up(f)))
 *     f: n (7B); norm'(x) of ln_mlp beside ln_attn (40B, num_ln_in_parallel_attn 2); norm'(a) where parallel_attn is false (1B)
 *   norm(x) at the end; next word: that times wordᵀ
 *
 * What has caused bugs: with multi_query there is one key head whatever num_kv_heads says; slope and slope·j are rounded to
 * bfloat16; transformers' eager attention adds ALiBi twice where all maps are asked for, its sdpa attention, followed here, once;
 * ffn_hidden_size null is 4·hidden_size. */
#include <math.h>

#include "core/arch/alibi.h"
#include "core/arch/gpt.h"
#include "core/arch/rope.h"

struct falcon {
    struct gpt gpt; /* first */
    struct rope rope;
    struct alibi alibi;
    float theta;
    size_t kv, norms;
    bool sloped, newer, multi, parallel, biased;
};

/* Key/value heads, and what the reference class cannot run either. */
static bool groups(const struct model *model, size_t H, size_t *kv, struct err *err)
{
    struct falcon *w = model->own;
    *kv = w->newer ? (w->kv ? w->kv : H) : w->multi ? 1 : H;
    if (!w->newer && !w->multi && w->kv && w->kv != H)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: num_kv_heads = %zu of %zu heads is not read without multi_query",
                       model->folder, w->kv, H);
    if (H % *kv)
        return err_set(err, ERR_FORMAT, "%s/config.json: %zu heads do not fall into groups for %zu key/value heads",
                       model->folder, H, *kv);
    if (w->newer && !w->norms)
        w->norms = 2;
    if (w->newer && !w->parallel)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: parallel_attn = false is not read with new_decoder_architecture",
                       model->folder);
    if (w->norms > 2 || (w->norms == 2 && w->parallel && !w->newer))
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: num_ln_in_parallel_attn = %zu is not read here", model->folder,
                       w->norms);
    return true;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const turned[] = {&term_content, NULL};
    static const struct term *const sloped[] = {&term_content, &term_alibi, NULL};
    struct falcon *w = model->own;
    struct layer_shape shape;
    double theta = rope_parameter(model, NULL, "rope_theta");
    model->E = model->dim['E'];
    if (!config_heads(model, "hidden_size", model->dim['H'], &shape, err) || !groups(model, shape.H, &shape.Hkv, err))
        return false;
    if (!model->dim['I']) /* of the key hidden_size, also where n_embed has the width */
        model->dim['I'] = 4 * (size_t)json_number(json_get(config, "hidden_size"), 4544);
    if (!json_get(config, "rope_theta") && !isnan(theta))
        w->theta = (float)theta;
    bool ok = w->sloped ? alibi_make(model, shape.H, 1 / sqrtf((float)shape.D), true, &w->alibi, err)
                        : rope_read(model, w->theta, shape.D, ROTARY_HALVES, &w->rope, err);
    return ok && gpt_stack(model, shape, w->sloped ? sloped : turned, err);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct falcon *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    struct rope_tables tables = {0};
    if (w->sloped)
        pass_kept_list(pass, "slopes", w->alibi.slopes, pass->stack->shape[0].H, "head");
    else
        tables = rope_make(pass, &w->rope);
    const float *x = pass_embed(pass, gpt_words(model, pass));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        const struct layer_shape *shape = &pass->stack->shape[l];
        const float *n = gpt_norm(pass, &layer->attention_norm, x), *f = n;
        struct attend attend = gpt_attend(pass, l, GPT_GROUPS, n, masks);
        attend.own = &w->alibi;
        if (!w->sloped) {
            rope_turn(pass, &tables, attend.q, shape->H);
            rope_turn(pass, &tables, attend.k, shape->Hkv);
        }
        const float *a = gpt_attended(pass, &attend, x);
        if (layer->ffn_norm.weight)
            f = gpt_norm(pass, &layer->ffn_norm, w->parallel ? x : a);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, f, a));
    }
    gpt_finish(model, pass, x);
}

#define WHEN(name_, expression)                                                                                                  \
    static bool name_(const struct model *model, size_t layer)                                                                   \
    {                                                                                                                            \
        const struct falcon *w = model->own;                                                                                     \
        (void)layer;                                                                                                             \
        return expression;                                                                                                       \
    }
WHEN(biased, w->biased)
WHEN(plain, !w->biased)
WHEN(two_norms, w->parallel && w->norms == 2)
WHEN(one_norm, !w->parallel || w->norms != 2)
WHEN(sequential, !w->parallel)

#define FLAG(key_, fallback_, field_)                                                                                            \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_BOOL, .fallback = fallback_, .field = offsetof(struct falcon, field_)                        \
    }
static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 65024},
    {.key = "n_embed|hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 4544},
    {.key = "num_hidden_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 32},
    {.key = "num_attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 71},
    {.key = "num_kv_heads", .kind = CONFIG_SIZE_NULL, .letter = 'k', .field = offsetof(struct falcon, kv)},
    {.key = "num_ln_in_parallel_attn", .kind = CONFIG_SIZE_NULL, .letter = 'n', .field = offsetof(struct falcon, norms)},
    GPT_INNER("ffn_hidden_size"),
    {.key = "activation", .kind = CONFIG_ACTIVATION, .text = "gelu"},
    {.key = "layer_norm_epsilon", .kind = CONFIG_EPS, .fallback = 1e-5},
    {.key = "rope_theta", .kind = CONFIG_POSITIVE, .fallback = 10000, .field = offsetof(struct falcon, theta)},
    FLAG("alibi", false, sloped),
    FLAG("new_decoder_architecture", false, newer),
    FLAG("multi_query", true, multi),
    FLAG("parallel_attn", true, parallel),
    FLAG("bias", false, biased),
    CAUSAL_TIED(struct gpt, true),
    GPT_UNPRUNED,
    {0},
};

/* A projection with a bias or without, as `bias` says. */
#define LINEAR(name_, shape_, field_, meaning_)                                                                                  \
    GPT_PARAM(LINEAR, "h.{l}." name_, shape_, field_, meaning_, .when = biased),                                                 \
        GPT_PARAM(LINEAR_NO_BIAS, "h.{l}." name_, shape_, field_, meaning_, .when = plain)
static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "word_embeddings.weight"),
    GPT_PARAM(NORM, "h.{l}.input_layernorm", "E", attention_norm, "LayerNorm of a layer's input", .when = one_norm),
    GPT_PARAM(NORM, "h.{l}.ln_attn", "E", attention_norm, "LayerNorm before attention", .when = two_norms),
    LINEAR("self_attention.query_key_value", "Q,E", qkv, "query, key, value"),
    LINEAR("self_attention.dense", "E,A", o, "output of the heads"),
    GPT_PARAM(NORM, "h.{l}.ln_mlp", "E", ffn_norm, "LayerNorm before feed-forward", .when = two_norms),
    GPT_PARAM(NORM, "h.{l}.post_attention_layernorm", "E", ffn_norm, "LayerNorm before feed-forward", .when = sequential),
    LINEAR("mlp.dense_h_to_4h", "I,E", up, "feed-forward, up"),
    LINEAR("mlp.dense_4h_to_h", "E,I", down, "feed-forward, down"),
    GPT_LAST("ln_f"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    CAUSAL_SCORE(struct gpt),
    {0},
};

const struct arch arch_falcon = {
    .name = "falcon",
    .model_types = "falcon",
    .summary = "Falcon: causal, rotary or ALiBi, shared keys",
    .source = "Almazrouei et al. 2023",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct falcon),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
