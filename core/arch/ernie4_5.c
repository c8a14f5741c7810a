/* ERNIE 4.5, dense (Baidu 2025): Llama whose neighbours (2i, 2i+1) turn; use_bias is of all projections. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->pairs = ROTARY_NEIGHBOURS;
    d->o_biased = d->ffn_biased = d->qkv_biased;
    return decoder_configure(model, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(103424, 1024, 3072, 18, 16, 131072),
    DECODER_KV(2),
    DECODER_WIDTH(128),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-5),
    DECODER_THETA(500000),
    DECODER_WHOLE,
    DECODER_TIED(true),
    DECODER_FLAG("use_bias", false, qkv_biased),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    {0},
};

const struct arch arch_ernie4_5 = {
    .name = "ernie4_5",
    .model_types = "ernie4_5",
    .summary = "ERNIE 4.5: Llama, neighbours turn",
    .source = "Baidu 2025",
    DECODER_ARCH,
};
