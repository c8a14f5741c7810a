/* GLM-4-0414 (GLM Team 2025): GLM, see glm.c, whose branches are normed once more before they are added. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->pairs = ROTARY_NEIGHBOURS;
    return decoder_configure(model, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(151552, 4096, 13696, 40, 32, 131072),
    DECODER_KV(2),
    DECODER_WIDTH(128),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1.5625e-07),
    DECODER_THETA(10000),
    DECODER_PARTIAL(0.5),
    DECODER_FLAG("attention_bias", true, qkv_biased),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_WORDS,
    DECODER_PRE_NORMS,
    DECODER_RMS("post_self_attn_layernorm", attention_post, "norm of what attention gives"),
    DECODER_RMS("post_mlp_layernorm", ffn_post, "norm of what the feed-forward gives"),
    DECODER_LAST(NORM_NO_BIAS),
    DECODER_QKV,
    DECODER_O,
    DECODER_GATE_UP,
    {0},
};

const struct arch arch_glm4 = {
    .name = "glm4",
    .model_types = "glm4",
    .summary = "GLM-4-0414: GLM with four norms a layer",
    .source = "GLM Team 2025",
    DECODER_ARCH,
    .bound = decoder_split,
};
