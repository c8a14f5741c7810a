/* Seed-OSS (ByteDance 2025): Llama with heads of a width of their own and biases of queries, keys and values. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    (void)config;
    return decoder_configure(model, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(155136, 4096, 27648, 64, 80, 524288),
    DECODER_KV(8),
    DECODER_WIDTH(128),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_TIED(false),
    DECODER_FLAG("attention_bias", true, qkv_biased),
    DECODER_FLAG("attention_out_bias", false, o_biased),
    DECODER_FLAG("mlp_bias", false, ffn_biased),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    {0},
};

const struct arch arch_seed_oss = {
    .name = "seed_oss",
    .model_types = "seed_oss",
    .summary = "Seed-OSS: Llama with biases and wide heads",
    .source = "ByteDance 2025",
    DECODER_ARCH,
};
