/* Gemma 2 (Gemma Team 2024): Gemma with four norms a layer, soft caps on scores and logits, a scale of its own, and a window in
 * every second layer, the first included.
 *
 * What has caused bugs: the cap is before the mask; scores are divided by √query_pre_attn_scalar, not √D; the norms behind
 * attention and feed-forward lie inside the residual. */
#include "core/arch/decoder.h"

#include <math.h>

static bool slides(const struct model *model, size_t l)
{
    (void)model;
    return l % 2 == 0;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->norm_add = 1;
    d->embed_scale = sqrtf((float)model->dim['E']);
    d->o_biased = d->qkv_biased;
    d->scale = 1 / sqrtf(d->scale);
    return decoder_configure(model, err) && decoder_windows(model, slides, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(256000, 2304, 9216, 26, 8, 8192),
    DECODER_KV(4),
    DECODER_WIDTH(256),
    DECODER_ACT("hidden_activation", "gelu_pytorch_tanh"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_WINDOW(4096),
    DECODER_NUMBER("query_pre_attn_scalar", 256, scale),
    DECODER_NUMBER("attn_logit_softcapping", 50, cap),
    DECODER_NUMBER("final_logit_softcapping", 30, causal.cap),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(true),
    {0},
};

static const struct param params[] = {
    DECODER_BODY,
    DECODER_RMS_LESS("input_layernorm", attention_norm, "norm before attention"),
    DECODER_RMS_LESS("post_attention_layernorm", attention_post, "norm of what attention gives"),
    DECODER_RMS_LESS("pre_feedforward_layernorm", ffn_norm, "norm before feed-forward"),
    DECODER_RMS_LESS("post_feedforward_layernorm", ffn_post, "norm of what the feed-forward gives"),
    DECODER_LAST_LESS,
    {0},
};

const struct arch arch_gemma2 = {
    .name = "gemma2",
    .model_types = "gemma2",
    .summary = "Gemma 2: soft caps, four norms a layer, windows",
    .source = "Gemma Team 2024",
    DECODER_ARCH,
};
