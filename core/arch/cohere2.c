/* Command R7B (Cohere 2024): Command R, see cohere.c, with three layers that have a window and rotary positions to one that has
 * neither. */
#include "core/arch/decoder.h"

static bool slides(const struct model *model, size_t l)
{
    return (l + 1) % model->dim['s'] != 0;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->pairs = ROTARY_NEIGHBOURS;
    d->layer_norm = d->parallel = true;
    d->o_biased = d->qkv_biased;
    if (model->dim['s'] == 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: sliding_window_pattern is 0", model->folder);
    if (!decoder_configure(model, err) || !decoder_windows(model, slides, err))
        return false;
    for (size_t l = 0; l < model->dim['L']; l++) {
        struct decoder_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);
        layer->still = !layer->local;
    }
    return true;
}

static const struct config_key keys[] = {
    DECODER_SIZES(256000, 8192, 22528, 40, 64, 8192),
    DECODER_KV(0),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("layer_norm_eps", 1e-5),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_WINDOW(4096),
    {.key = "sliding_window_pattern", .kind = CONFIG_SIZE, .letter = 's', .fallback = 4},
    DECODER_KEY("logit_scale", POSITIVE, 0.0625, 0, causal.scale),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(true),
    {0},
};

static const struct param params[] = {
    DECODER_BODY,
    DECODER_RMS("input_layernorm", attention_norm, "LayerNorm, without bias"),
    DECODER_LAST(NORM_NO_BIAS),
    {0},
};

const struct arch arch_cohere2 = {
    .name = "cohere2",
    .model_types = "cohere2",
    .summary = "Command R7B: windows with positions, the rest without",
    .source = "Cohere 2024",
    DECODER_ARCH,
};
