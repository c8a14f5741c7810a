/* GPT-NeoX and Pythia (Black et al. 2022; Biderman et al. 2023): rotary positions in a part of every head, attention and
 * feed-forward side by side, causal.
 *
 *   x = word[id]; each layer:  q, k, v = norm(x)·Wqkv, for each head its q, k, v;  the first rotary_pct of a head's numbers turn
 *     a = x + z·Wo;  x = a + down(act(up(norm'(x))))      or, where use_parallel_residual is false, of norm'(a)
 *   norm(x) at the end; next word: that times a table of its own
 *
 * What has caused bugs: rows of the fused projection go head by head; frequencies are of the numbers that turn, not of D;
 * attention_bias is of both projections of attention. */
#include <math.h>

#include "core/arch/gpt.h"
#include "core/arch/rope.h"

struct neox {
    struct gpt gpt; /* first */
    struct rope rope;
    float part, theta;
    bool parallel, biased;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct neox *w = model->own;
    struct layer_shape shape;
    model->E = model->dim['E'];
    if (!config_heads(model, "hidden_size", model->dim['H'], &shape, err))
        return false;
    double part = rope_parameter(model, NULL, "partial_rotary_factor"), theta = rope_parameter(model, NULL, "rope_theta");
    if (!json_get(config, "rotary_pct") && !isnan(part))
        w->part = (float)part;
    if (!json_get(config, "rotary_emb_base") && !isnan(theta))
        w->theta = (float)theta;
    if (!(w->part <= 1))
        return err_set(err, ERR_FORMAT, "%s/config.json: rotary_pct %g turns more than a head", model->folder, (double)w->part);
    return rope_read(model, w->theta, (size_t)((float)shape.D * w->part), ROTARY_HALVES, &w->rope, err) &&
           gpt_stack(model, shape, terms, err);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct neox *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    struct rope_tables tables = rope_make(pass, &w->rope);
    const float *x = pass_embed(pass, gpt_words(model, pass));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        const struct layer_shape *shape = &pass->stack->shape[l];
        struct attend attend = gpt_attend(pass, l, GPT_GROUPS, gpt_norm(pass, &layer->attention_norm, x), masks);
        rope_turn(pass, &tables, attend.q, shape->H);
        rope_turn(pass, &tables, attend.k, shape->Hkv);
        const float *a = gpt_attended(pass, &attend, x);
        const float *in = gpt_norm(pass, &layer->ffn_norm, w->parallel ? x : a);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, in, a));
    }
    gpt_finish(model, pass, x);
}

static bool biased(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct neox *)model->own)->biased;
}

static bool plain(const struct model *model, size_t layer)
{
    return !biased(model, layer);
}

static const struct config_key keys[] = {
    GPT_SIZES(50432, 6144, 44, 64),
    {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 24576},
    {.key = "hidden_act", .kind = CONFIG_ACTIVATION, .text = "gelu"},
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-5},
    {.key = "rotary_pct", .kind = CONFIG_POSITIVE, .fallback = 0.25, .field = offsetof(struct neox, part)},
    {.key = "rotary_emb_base", .kind = CONFIG_POSITIVE, .fallback = 10000, .field = offsetof(struct neox, theta)},
    {.key = "use_parallel_residual", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct neox, parallel)},
    {.key = "attention_bias", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct neox, biased)},
    CAUSAL_TIED(struct gpt, false),
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "embed_in.weight"),
    GPT_PARAM(NORM, "layers.{l}.input_layernorm", "E", attention_norm, "LayerNorm before attention"),
    GPT_PARAM(LINEAR, "layers.{l}.attention.query_key_value", "Q,E", qkv, "query, key, value", .when = biased),
    GPT_PARAM(LINEAR_NO_BIAS, "layers.{l}.attention.query_key_value", "Q,E", qkv, "query, key, value", .when = plain),
    GPT_PARAM(LINEAR, "layers.{l}.attention.dense", "E,A", o, "output of the heads", .when = biased),
    GPT_PARAM(LINEAR_NO_BIAS, "layers.{l}.attention.dense", "E,A", o, "output of the heads", .when = plain),
    GPT_PARAM(NORM, "layers.{l}.post_attention_layernorm", "E", ffn_norm, "LayerNorm before feed-forward"),
    GPT_PARAM(LINEAR, "layers.{l}.mlp.dense_h_to_4h", "I,E", up, "feed-forward, up"),
    GPT_PARAM(LINEAR, "layers.{l}.mlp.dense_4h_to_h", "E,I", down, "feed-forward, down"),
    GPT_LAST("final_layer_norm"),
    CAUSAL_HEAD(struct gpt, "embed_out.weight"),
    CAUSAL_SCORE(struct gpt),
    {0},
};

const struct arch arch_gpt_neox = {
    .name = "gpt_neox",
    .model_types = "gpt_neox",
    .summary = "GPT-NeoX, Pythia: causal, partly rotary, attention beside feed-forward",
    .source = "Black et al. 2022",
    .prefixes = "gpt_neox.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct neox),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
