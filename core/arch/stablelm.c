/* StableLM 2 (Bellagente et al. 2024) and StableLM 3B: LayerNorm, a quarter of each head turns, a gated feed-forward; in parallel
 * with attention behind one norm where use_parallel_residual is true; norms of queries and keys, one tensor a head. */
#include "core/arch/decoder.h"

#include <string.h>

/* The norms of heads side by side: [H·D] of [D] each. */
static const float *joined(struct model *model, const float **norms, size_t heads, size_t D, struct err *err)
{
    float *all = arena_alloc(model->arena, heads * D, sizeof *all, "a parameter", err);
    for (size_t h = 0; all && h < heads; h++)
        memcpy(all + h * D, norms[h], D * sizeof *all);
    return all;
}

static bool bound(struct model *model, struct err *err)
{
    const struct decoder *d = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    for (size_t l = 0; d->qk_norm != QK_NONE && l < stack->layers; l++) {
        struct decoder_layer *layer = stack_layer(stack, l);
        const struct layer_shape *shape = &stack->shape[l];
        layer->q_norm = joined(model, layer->q_norms, shape->H, shape->D, err);
        layer->k_norm = layer->q_norm ? joined(model, layer->k_norms, shape->Hkv, shape->D, err) : NULL;
        if (!layer->k_norm)
            return false;
    }
    return true;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->layer_norm = true;
    d->qk_norm = d->qk_normed ? QK_HEAD_LAYER : QK_NONE;
    return decoder_configure(model, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(50304, 2560, 6912, 32, 32, 4096),
    DECODER_KV(32),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("layer_norm_eps", 1e-5),
    DECODER_THETA(10000),
    DECODER_PARTIAL(0.25),
    DECODER_FLAG("use_qkv_bias", false, qkv_biased),
    DECODER_FLAG("qk_layernorm", false, qk_normed),
    DECODER_FLAG("use_parallel_residual", false, parallel),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_BODY,
    DECODER_LAYER_NORM("input_layernorm", attention_norm, "LayerNorm before attention"),
    DECODER_ROW(NORM, "post_attention_layernorm", "E", ffn_norm, "LayerNorm before feed-forward", .when = decoder_sequential),
    DECODER_LAST(NORM),
    DECODER_ROW(FLOATS, "self_attn.q_layernorm.norms.{e}.weight", "D", q_norms, "norm of a head's queries",
                .when = decoder_qk_normed, .count = 'H', .init = INIT_ONES),
    DECODER_ROW(FLOATS, "self_attn.k_layernorm.norms.{e}.weight", "D", k_norms, "norm of a head's keys",
                .when = decoder_qk_normed, .count = 'K', .init = INIT_ONES),
    {0},
};

const struct arch arch_stablelm = {
    .name = "stablelm",
    .model_types = "stablelm",
    .summary = "StableLM: LayerNorm, partly rotary, gated",
    .source = "Bellagente et al. 2024",
    DECODER_ARCH,
    .bound = bound,
};
