/* Granite 3 (IBM 2024): Llama with four multipliers: of the embeddings, of the scores in place of 1/√D, of what each branch
 * adds, and the divisor of the logits. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->o_biased = d->qkv_biased;
    d->causal.scale = 1 / d->causal.scale;
    return decoder_configure(model, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(32000, 4096, 11008, 32, 32, 2048),
    DECODER_KV(0),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_KEY("embedding_multiplier", POSITIVE, 1, 0, embed_scale),
    DECODER_KEY("attention_multiplier", POSITIVE, 1, 0, scale),
    DECODER_KEY("residual_multiplier", POSITIVE, 1, 0, residual_scale),
    DECODER_KEY("logits_scaling", POSITIVE, 1, 0, causal.scale),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_FLAG("mlp_bias", false, ffn_biased),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    {0},
};

const struct arch arch_granite = {
    .name = "granite",
    .model_types = "granite",
    .summary = "Granite: Llama with multipliers",
    .source = "IBM 2024",
    DECODER_ARCH,
};
