/* Command R (Cohere 2024): attention and feed-forward in parallel behind one LayerNorm without bias, rotary positions of
 * neighbouring pairs, logits times logit_scale, and where use_qk_norm is true, LayerNorm of queries and keys with weights a head.
 */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->pairs = ROTARY_NEIGHBOURS;
    d->layer_norm = d->parallel = true;
    d->o_biased = d->qkv_biased;
    d->qk_norm = d->qk_normed ? QK_HEAD_LAYER : QK_NONE;
    return decoder_configure(model, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(256000, 8192, 22528, 40, 64, 8192),
    DECODER_KV(0),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("layer_norm_eps", 1e-5),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_KEY("logit_scale", POSITIVE, 0.0625, 0, causal.scale),
    DECODER_FLAG("use_qk_norm", false, qk_normed),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(true),
    {0},
};

static const struct param params[] = {
    DECODER_BODY,
    DECODER_RMS("input_layernorm", attention_norm, "LayerNorm, without bias"),
    DECODER_LAST(NORM_NO_BIAS),
    DECODER_QK_NORMS("H,D", "K,D"),
    {0},
};

const struct arch arch_cohere = {
    .name = "cohere",
    .model_types = "cohere",
    .summary = "Command R: parallel, LayerNorm, neighbours",
    .source = "Cohere 2024",
    DECODER_ARCH,
};
