/* Qwen1.5-MoE and Qwen2-57B-A14B (Qwen Team 2024): Qwen2 with experts, and one that all tokens share, times a gate of its own.
 *
 * What has caused bugs: weights of the chosen sum to 1 only where norm_topk_prob is true; a window, where use_sliding_window is
 * true, is of all layers (eager attention does not look at max_window_layers). */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    (void)config;
    decoder_may_slide(model);
    return decoder_configure(model, err) && decoder_windows(model, NULL, err) && decoder_route(model, decoder_routes_sparsely, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(151936, 2048, 5632, 24, 16, 32768),
    DECODER_KV(16),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    {.key = "moe_intermediate_size", .kind = CONFIG_SIZE, .letter = 'M', .fallback = 1408},
    {.key = "decoder_sparse_step", .kind = CONFIG_SIZE, .letter = 's', .fallback = 1},
    DECODER_FLAG("norm_topk_prob", false, mixture.normalised),
    DECODER_MAY_SLIDE,
    DECODER_WINDOW(4096),
    DECODER_EXPERT_SIZES("num_experts", 60, 4),
    {.key = "shared_expert_intermediate_size", .kind = CONFIG_SIZE, .letter = 'S', .fallback = 5632},
    DECODER_FLAG("qkv_bias", true, qkv_biased),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    DECODER_EXPERTS("mlp.gate", "mlp.experts.{e}.", "gate_proj", "up_proj", "down_proj"),
    DECODER_ROUTED(LINEAR_NO_BIAS, "mlp.shared_expert.gate_proj", "S,E", shared.gate, "shared expert, gate", ),
    DECODER_ROUTED(LINEAR_NO_BIAS, "mlp.shared_expert.up_proj", "S,E", shared.up, "shared expert, up", ),
    DECODER_ROUTED(LINEAR_NO_BIAS, "mlp.shared_expert.down_proj", "E,S", shared.down, "shared expert, down", ),
    DECODER_ROUTED(LINEAR_NO_BIAS, "mlp.shared_expert_gate", "1,E", shared_gate, "how much of the shared expert", ),
    {0},
};

const struct arch arch_qwen2_moe = {
    .name = "qwen2_moe",
    .model_types = "qwen2_moe",
    .summary = "Qwen2-MoE: experts and a shared one",
    .source = "Qwen Team 2024",
    DECODER_ARCH,
};
