/* OLMo 2 (OLMo Team 2024): Llama without norms before its branches: what attention and feed-forward give is normed, inside the
 * residual, and queries and keys over all heads together.
 *
 * What has caused bugs: post_attention_layernorm and post_feedforward_layernorm come behind; the width of q_norm and k_norm is
 * that of the projections. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->qk_norm = QK_WIDTH_RMS;
    d->o_biased = d->qkv_biased;
    return decoder_configure(model, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(50304, 4096, 11008, 32, 32, 2048),
    DECODER_KV(0),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-5),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_BODY,
    DECODER_RMS("post_attention_layernorm", attention_post, "norm of what attention gives"),
    DECODER_RMS("post_feedforward_layernorm", ffn_post, "norm of what the feed-forward gives"),
    DECODER_LAST(NORM_NO_BIAS),
    DECODER_QK_NORMS("A", "C"),
    {0},
};

const struct arch arch_olmo2 = {
    .name = "olmo2",
    .model_types = "olmo2",
    .summary = "OLMo 2: norms behind the branches, norms of q and k",
    .source = "OLMo Team 2024",
    DECODER_ARCH,
};
