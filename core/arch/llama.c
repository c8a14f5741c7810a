/* Llama 1 to 3 (Touvron et al. 2023; Grattafiori et al. 2024): pre-norm by root mean square, rotary positions, a gated
 * feed-forward, grouped keys since Llama 2 70B. The forward pass is decoder.h's.
 *
 * What has caused bugs: num_key_value_heads and head_dim may be null or missing; attention_bias is of all four projections. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->o_biased = d->qkv_biased;
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
    DECODER_TIED(false),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_FLAG("mlp_bias", false, ffn_biased),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    {0},
};

const struct arch arch_llama = {
    .name = "llama",
    .model_types = "llama",
    .summary = "Llama: causal, rotary, gated, grouped keys",
    .source = "Touvron et al. 2023",
    DECODER_ARCH,
};
