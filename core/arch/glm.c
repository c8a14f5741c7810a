/* GLM-4 9B and GLM-Edge (GLM Team 2024): Llama with biases on query, key and value, one tensor for gate and up, and rotary
 * positions of neighbouring pairs (2i, 2i+1) in the first half of each head. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    (void)config;
    d->pairs = ROTARY_NEIGHBOURS;
    return decoder_configure(model, err);
}

static const struct config_key keys[] = {
    DECODER_SIZES(151552, 4096, 13696, 40, 32, 131072),
    DECODER_KV(2),
    DECODER_WIDTH(128),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1.5625e-07),
    DECODER_THETA(10000),
    DECODER_PARTIAL(0.5),
    DECODER_FLAG("attention_bias", true, qkv_biased),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_WORDS, DECODER_PRE_NORMS, DECODER_LAST(NORM_NO_BIAS), DECODER_QKV, DECODER_O, DECODER_GATE_UP, {0},
};

const struct arch arch_glm = {
    .name = "glm",
    .model_types = "glm",
    .summary = "GLM: half a head turns, neighbours",
    .source = "GLM Team 2024",
    DECODER_ARCH,
    .bound = decoder_split,
};
