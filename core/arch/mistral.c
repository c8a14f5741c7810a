/* Mistral 7B (Jiang et al. 2023): Llama whose queries see the last sliding_window keys, their own included; null: all before. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    (void)config;
    return decoder_configure(model, err) && decoder_windows(model, NULL, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(32000, 4096, 14336, 32, 32, 131072),
    DECODER_KV(8),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_WINDOW(4096),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    {0},
};

const struct arch arch_mistral = {
    .name = "mistral",
    .model_types = "mistral",
    .summary = "Mistral: Llama with a sliding window",
    .source = "Jiang et al. 2023",
    DECODER_ARCH,
};
