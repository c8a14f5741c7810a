/* Qwen2 and Qwen2.5 (Yang et al. 2024): Llama with biases on queries, keys and values; a window in the upper layers where
 * use_sliding_window is true. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    decoder_may_slide(model);
    d->qkv_biased = true;
    return decoder_configure(model, err) && decoder_windows(model, decoder_slides_above, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(151936, 4096, 22016, 32, 32, 32768),
    DECODER_KV(32),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_MAY_SLIDE,
    DECODER_WINDOW(4096),
    DECODER_KEY("max_window_layers", SIZE_NULL, 28, 'm', slides_from),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    {0},
};

const struct arch arch_qwen2 = {
    .name = "qwen2",
    .model_types = "qwen2",
    .summary = "Qwen2: Llama with biases on q, k, v",
    .source = "Yang et al. 2024",
    DECODER_ARCH,
};
