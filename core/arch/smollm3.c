/* SmolLM3 (Hugging Face 2025): Llama without rotary positions in the layers whose no_rope_layers is 0, by default every fourth.
 */
#include "core/arch/decoder.h"

/* Where use_sliding_window allows it, the layers without positions slide. */
static bool slides(const struct model *model, size_t l)
{
    const struct decoder *d = model->own;
    const struct decoder_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);
    return d->window && layer->still;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    const struct json *list = json_get(config, "no_rope_layers");
    d->o_biased = d->qkv_biased;
    decoder_may_slide(model);
    if (!decoder_configure(model, err))
        return false;
    for (size_t l = 0; l < model->dim['L']; l++) {
        struct decoder_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);
        bool usual = model->dim['n'] && (l + 1) % model->dim['n'] == 0;
        layer->still = json_is_array(list) ? json_number(json_at(list, l), 1) == 0 : usual;
    }
    return decoder_windows(model, slides, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(128256, 2048, 11008, 36, 16, 32768),
    DECODER_KV(4),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(2000000),
    DECODER_WHOLE,
    {.key = "no_rope_layer_interval", .kind = CONFIG_SIZE, .letter = 'n', .fallback = 4},
    DECODER_MAY_SLIDE,
    DECODER_WINDOW(0),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_FLAG("mlp_bias", false, ffn_biased),
    DECODER_TIED(true),
    {0},
};

static const struct param params[] = {
    DECODER_LLAMA,
    {0},
};

const struct arch arch_smollm3 = {
    .name = "smollm3",
    .model_types = "smollm3",
    .summary = "SmolLM3: Llama with layers that know no positions",
    .source = "Hugging Face 2025",
    DECODER_ARCH,
};
