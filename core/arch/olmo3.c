/* OLMo 3 (OLMo Team 2025): OLMo 2, see olmo2.c, with three layers that have a window to one that has none.
 *
 * What has caused bugs: the scaling of positions touches the layers without a window alone. */
#include "core/arch/decoder.h"

static bool slides(const struct model *model, size_t l)
{
    (void)model;
    return (l + 1) % 4 != 0;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->qk_norm = QK_WIDTH_RMS;
    d->o_biased = d->qkv_biased;
    if (!decoder_configure(model, err) || !decoder_windows(model, slides, err))
        return false;
    d->rope[1] = rope_plain(d->rope[0].base, d->rope[0].turned, d->pairs);
    return true;
}

static const struct config_key keys[] = {
    DECODER_SIZES(50304, 4096, 11008, 32, 32, 2048),
    DECODER_KV(0),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-5),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_WINDOW(4096),
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

const struct arch arch_olmo3 = {
    .name = "olmo3",
    .model_types = "olmo3",
    .summary = "OLMo 3: OLMo 2 with windows",
    .source = "OLMo Team 2025",
    DECODER_ARCH,
};
