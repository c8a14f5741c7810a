/* OLMo 1 (Groeneveld et al. 2024): Llama with LayerNorms that have no weights, and queries, keys and values within ±clip_qkv. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->layer_norm = true;
    d->o_biased = d->qkv_biased;
    model->norm_eps = 1e-5f; /* no key of the reference */
    return decoder_configure(model, err);
}

/* Ones in the place of the weights. */
static bool bound(struct model *model, struct err *err)
{
    struct decoder *d = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    float *ones = arena_alloc(model->arena, model->E, sizeof *ones, "a norm", err);
    for (size_t i = 0; ones && i < model->E; i++)
        ones[i] = 1;
    d->last.weight = ones;
    for (size_t l = 0; l < stack->layers; l++) {
        struct decoder_layer *layer = stack_layer(stack, l);
        layer->attention_norm.weight = layer->ffn_norm.weight = ones;
    }
    return ones != NULL;
}

static const struct config_key keys[] = {
    DECODER_SIZES(50304, 4096, 11008, 32, 32, 2048),
    DECODER_KV(0),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_NUMBER("clip_qkv", 0, clip),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_BODY,
    {0},
};

const struct arch arch_olmo = {
    .name = "olmo",
    .model_types = "olmo",
    .summary = "OLMo: Llama whose norms have no weights",
    .source = "Groeneveld et al. 2024",
    DECODER_ARCH,
    .bound = bound,
};
