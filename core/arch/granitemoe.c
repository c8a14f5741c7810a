/* Granite 3's mixtures of experts (IBM 2024): Granite, see granite.c, whose feed-forwards are experts chosen by the logits first
 * and weighted by the softmax over the chosen; in GraniteMoeShared a feed-forward for every token beside them.
 *
 * What has caused bugs: all experts lie in one tensor [X,2I,E], gates first and then ups. */
#include "core/arch/decoder.h"

struct granitemoe_layer {
    struct decoder_layer decoder; /* first */
    struct tensor both, down;     /* of the experts, [X,2I,E] [X,E,I] */
    struct linear shared;         /* gate and up of the shared feed-forward, [2S,E] */
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->o_biased = d->qkv_biased;
    d->causal.scale = 1 / d->causal.scale;
    d->mixture.normalised = true;
    model->dim['T'] = 2 * model->dim['S'];
    return decoder_configure(model, err) && decoder_route(model, NULL, err);
}

static bool shares(const struct model *model, size_t layer)
{
    (void)layer;
    return model->dim['S'] > 0;
}

static bool bound(struct model *model, struct err *err)
{
    const struct stack *stack = &model->stacks[STACK_MAIN];
    size_t X = model->dim['X'], I = model->dim['I'], S = model->dim['S'];
    for (size_t l = 0; l < stack->layers; l++) {
        struct granitemoe_layer *layer = stack_layer(stack, l);
        struct mixture *mixture = &layer->decoder.mixture;
        mixture->gate = mixture_stacked(model, &layer->both, NULL, true, err);
        mixture->up = mixture->gate ? mixture_stacked(model, &layer->both, NULL, true, err) : NULL;
        mixture->down = mixture->up ? mixture_stacked(model, &layer->down, NULL, true, err) : NULL;
        for (size_t e = 0; mixture->down && e < X; e++) {
            mixture->up[e] = linear_rows(&mixture->up[e], I, I);
            mixture->gate[e] = linear_rows(&mixture->gate[e], 0, I);
        }
        if (shares(model, l)) {
            mixture->shared.gate = linear_rows(&layer->shared, 0, S);
            mixture->shared.up = linear_rows(&layer->shared, S, S);
        }
        if (!mixture->down)
            return false;
    }
    return true;
}

static const struct config_key keys[] = {
    DECODER_SIZES(32000, 4096, 11008, 32, 32, 2048),
    DECODER_KV(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_KEY("embedding_multiplier", POSITIVE, 1, 0, embed_scale),
    DECODER_KEY("attention_multiplier", POSITIVE, 1, 0, scale),
    DECODER_KEY("residual_multiplier", POSITIVE, 1, 0, residual_scale),
    DECODER_KEY("logits_scaling", POSITIVE, 1, 0, causal.scale),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    {.key = "shared_intermediate_size", .kind = CONFIG_SIZE, .letter = 'S', .fallback = 0},
    DECODER_EXPERT_SIZES("num_local_experts", 8, 2),
    DECODER_TIED(false),
    {0},
};

#define EXPERTS(name_, shape_, field_, meaning_)                                                                                 \
    {                                                                                                                            \
        .name = "layers.{l}.block_sparse_moe." name_, .shape = shape_, .kind = PARAM_TABLE, .layered = true,                     \
        .offset = offsetof(struct granitemoe_layer, field_), .meaning = meaning_                                                 \
    }
static const struct param params[] = {
    DECODER_WORDS,
    DECODER_QKV,
    DECODER_O,
    DECODER_PRE_NORMS,
    DECODER_LAST(NORM_NO_BIAS),
    DECODER_ROUTED(LINEAR_NO_BIAS, "block_sparse_moe.router.layer", "X,E", router, "router of the experts", ),
    EXPERTS("input_linear.weight", "X,J,E", both, "experts, gate and up"),
    EXPERTS("output_linear.weight", "X,E,I", down, "experts, down"),
    {.name = "layers.{l}.shared_mlp.input_linear",
     .shape = "T,E",
     .kind = PARAM_LINEAR_NO_BIAS,
     .layered = true,
     .offset = offsetof(struct granitemoe_layer, shared),
     .when = shares,
     .meaning = "shared feed-forward, gate and up"},
    DECODER_ROW(LINEAR_NO_BIAS, "shared_mlp.output_linear", "E,S", mixture.shared.down, "shared feed-forward, down",
                .when = shares),
    {0},
};

const struct arch arch_granitemoe = {
    .name = "granitemoe",
    .model_types = "granitemoe|granitemoeshared",
    .summary = "Granite with experts",
    .source = "IBM 2024",
    .prefixes = "model.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct decoder),
    .own_size = sizeof(struct decoder),
    .layer_size = sizeof(struct granitemoe_layer),
    .configure = configure,
    .bound = bound,
    .forward = decoder_forward,
};
