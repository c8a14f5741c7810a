/* OLMoE (Muennighoff et al. 2024): Llama with norms of queries and keys over all heads together, values within ±clip_qkv after
 * them, and 8 of 64 experts. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    model->dim['M'] = model->dim['I'];
    d->qk_norm = QK_WIDTH_RMS;
    d->o_biased = d->qkv_biased;
    return decoder_configure(model, err) && decoder_route(model, NULL, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(50304, 2048, 2048, 16, 16, 4096),
    DECODER_KV(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-5),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_NUMBER("clip_qkv", 0, clip),
    DECODER_EXPERT_SIZES("num_experts", 64, 8),
    DECODER_FLAG("norm_topk_prob", false, mixture.normalised),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_WORDS,
    DECODER_QKV,
    DECODER_O,
    DECODER_PRE_NORMS,
    DECODER_LAST(NORM_NO_BIAS),
    DECODER_QK_NORMS("A", "C"),
    DECODER_EXPERTS("mlp.gate", "mlp.experts.{e}.", "gate_proj", "up_proj", "down_proj"),
    {0},
};

const struct arch arch_olmoe = {
    .name = "olmoe",
    .model_types = "olmoe",
    .summary = "OLMoE: 8 of 64 experts, norms of q and k",
    .source = "Muennighoff et al. 2024",
    DECODER_ARCH,
};
