/* Mixtral (Jiang et al. 2024): Mistral whose feed-forwards are the 2 of 8 experts that a router prefers, their weights made to
 * sum to 1. w1 is an expert's gate, w3 its up, w2 its down. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    model->dim['M'] = model->dim['I'];
    d->mixture.normalised = true;
    return decoder_configure(model, err) && decoder_windows(model, NULL, err) && decoder_route(model, NULL, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(32000, 4096, 14336, 32, 32, 131072),
    DECODER_KV(8),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-5),
    DECODER_THETA(1000000),
    DECODER_WHOLE,
    DECODER_WINDOW(0),
    DECODER_EXPERT_SIZES("num_local_experts", 8, 2),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_WORDS,
    DECODER_QKV,
    DECODER_O,
    DECODER_PRE_NORMS,
    DECODER_LAST(NORM_NO_BIAS),
    DECODER_EXPERTS("block_sparse_moe.gate", "block_sparse_moe.experts.{e}.", "w1", "w3", "w2"),
    {0},
};

const struct arch arch_mixtral = {
    .name = "mixtral",
    .model_types = "mixtral",
    .summary = "Mixtral: 2 of 8 experts",
    .source = "Jiang et al. 2024",
    DECODER_ARCH,
};
