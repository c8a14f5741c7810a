/* Qwen3 (Yang et al. 2025): Llama whose queries and keys are normed head by head; a window in the upper layers where
 * use_sliding_window is true. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    decoder_may_slide(model);
    d->qk_norm = QK_HEAD_RMS;
    d->o_biased = d->qkv_biased;
    return decoder_configure(model, err) && decoder_windows(model, decoder_slides_above, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(151936, 4096, 22016, 32, 32, 32768),
    DECODER_KV(32),
    DECODER_WIDTH(128),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_MAY_SLIDE,
    DECODER_WINDOW(4096),
    DECODER_KEY("max_window_layers", SIZE_NULL, 28, 'm', slides_from),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    DECODER_QK_NORMS("D", "D"),
    {0},
};

const struct arch arch_qwen3 = {
    .name = "qwen3",
    .model_types = "qwen3",
    .summary = "Qwen3: Llama with norms of q and k",
    .source = "Yang et al. 2025",
    DECODER_ARCH,
};
