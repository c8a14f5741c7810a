/* StarCoder2 (Lozhkov et al. 2024): LayerNorm, biases where use_bias is true, a feed-forward without a gate, grouped keys and a
 * sliding window. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->layer_norm = d->plain_ffn = true;
    d->o_biased = d->ffn_biased = d->qkv_biased;
    return decoder_configure(model, err) && decoder_windows(model, NULL, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(49152, 3072, 12288, 30, 24, 4096),
    DECODER_KV(2),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "gelu_pytorch_tanh"),
    DECODER_EPS("norm_epsilon", 1e-5),
    DECODER_THETA(10000),
    DECODER_WHOLE,
    DECODER_WINDOW(0),
    DECODER_FLAG("use_bias", true, qkv_biased),
    DECODER_TIED(true),
    {0},
};

static const struct param params[] = {
    DECODER_WORDS,
    DECODER_QKV,
    DECODER_O,
    DECODER_LAYER_NORM("input_layernorm", attention_norm, "LayerNorm before attention"),
    DECODER_LAYER_NORM("post_attention_layernorm", ffn_norm, "LayerNorm before feed-forward"),
    DECODER_LAST(NORM),
    DECODER_LINEAR("mlp.c_fc", "I,E", up, ffn, "feed-forward, up"),
    DECODER_LINEAR("mlp.c_proj", "E,I", down, ffn, "feed-forward, down"),
    {0},
};

const struct arch arch_starcoder2 = {
    .name = "starcoder2",
    .model_types = "starcoder2",
    .summary = "StarCoder2: LayerNorm, biases, no gate",
    .source = "Lozhkov et al. 2024",
    DECODER_ARCH,
};
