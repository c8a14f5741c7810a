/* EXAONE 4 (LG AI Research 2025): Llama without norms before its branches: what attention and feed-forward give is normed, inside
 * the residual, and queries and keys head by head; three layers with a window to one without, which has no rotary positions.
 *
 * What has caused bugs: where sliding_window is null every layer sees everything, and turns. */
#include "core/arch/decoder.h"

static bool slides(const struct model *model, size_t l)
{
    const struct decoder *d = model->own;
    return d->window && (l + 1) % model->dim['s'] != 0;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->qk_norm = QK_HEAD_RMS;
    if (model->dim['s'] == 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: sliding_window_pattern is 0", model->folder);
    if (!decoder_configure(model, err) || !decoder_windows(model, slides, err))
        return false;
    for (size_t l = 0; l < model->dim['L']; l++) {
        struct decoder_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);
        layer->still = d->window && !layer->local;
    }
    return true;
}

static const struct config_key keys[] = {
    DECODER_SIZES(102400, 4096, 16384, 32, 32, 2048),
    DECODER_KV(32),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-5),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_WINDOW(4096),
    {.key = "sliding_window_pattern", .kind = CONFIG_SIZE, .letter = 's', .fallback = 4},
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_BODY,
    DECODER_RMS("post_attention_layernorm", attention_post, "norm of what attention gives"),
    DECODER_RMS("post_feedforward_layernorm", ffn_post, "norm of what the feed-forward gives"),
    DECODER_LAST(NORM_NO_BIAS),
    DECODER_QK_NORMS("D", "D"),
    {0},
};

const struct arch arch_exaone4 = {
    .name = "exaone4",
    .model_types = "exaone4",
    .summary = "EXAONE 4: norms behind, windows with positions, the rest without",
    .source = "LG AI Research 2025",
    DECODER_ARCH,
};
