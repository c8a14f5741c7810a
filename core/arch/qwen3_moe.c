/* Qwen3's mixtures of experts (Yang et al. 2025): Qwen3 with experts; a window, where use_sliding_window is true, in all layers.
 */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    decoder_may_slide(model);
    d->qk_norm = QK_HEAD_RMS;
    d->o_biased = d->qkv_biased;
    return decoder_configure(model, err) && decoder_windows(model, NULL, err) && decoder_route(model, decoder_routes_sparsely, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(151936, 2048, 6144, 24, 32, 32768),
    DECODER_KV(4),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    {.key = "moe_intermediate_size", .kind = CONFIG_SIZE, .letter = 'M', .fallback = 768},
    {.key = "decoder_sparse_step", .kind = CONFIG_SIZE, .letter = 's', .fallback = 1},
    DECODER_FLAG("norm_topk_prob", false, mixture.normalised),
    DECODER_MAY_SLIDE,
    DECODER_WINDOW(4096),
    DECODER_EXPERT_SIZES("num_experts", 128, 8),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    DECODER_QK_NORMS("D", "D"),
    DECODER_EXPERTS("mlp.gate", "mlp.experts.{e}.", "gate_proj", "up_proj", "down_proj"),
    {0},
};

const struct arch arch_qwen3_moe = {
    .name = "qwen3_moe",
    .model_types = "qwen3_moe",
    .summary = "Qwen3-MoE: 8 of 128 experts",
    .source = "Yang et al. 2025",
    DECODER_ARCH,
};
