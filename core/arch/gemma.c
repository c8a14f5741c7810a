/* Gemma (Gemma Team 2024): Llama with norms times 1 + w, word embeddings times √E and a head that is tied to them.
 *
 * What has caused bugs: the activation is hidden_act's, whatever hidden_activation says; head_dim is not E/H. */
#include "core/arch/decoder.h"

#include <math.h>

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->norm_add = 1;
    d->embed_scale = sqrtf((float)model->dim['E']);
    d->o_biased = d->qkv_biased;
    return decoder_configure(model, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(256000, 3072, 24576, 28, 16, 8192),
    DECODER_KV(16),
    DECODER_WIDTH(256),
    DECODER_ACT("hidden_act", "gelu_pytorch_tanh"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(true),
    {0},
};

static const struct param params[] = {
    DECODER_BODY,
    DECODER_RMS_LESS("input_layernorm", attention_norm, "norm before attention"),
    DECODER_RMS_LESS("post_attention_layernorm", ffn_norm, "norm before feed-forward"),
    DECODER_LAST_LESS,
    {0},
};

const struct arch arch_gemma = {
    .name = "gemma",
    .model_types = "gemma",
    .summary = "Gemma: Llama with scaled embeddings, tied",
    .source = "Gemma Team 2024",
    DECODER_ARCH,
};
