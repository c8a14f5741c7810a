/* BART (Lewis et al. 2020): an encoder and a decoder of post-norm layers, learned absolute positions.
 *
 *   x = LayerNorm(word[id] + position[i + 2]), words times √E where scale_embedding
 *   encoder  x = LN(x + attention(x)·Wo + bo);  x = LN(x + act(x·W1 + b1)·W2 + b2)
 *   decoder  likewise, causal, and between the two attention with queries of the decoder, keys and values of the encoder
 *   next     y·wordᵀ + final_logits_bias
 *
 * What has caused bugs: position 0 is row 2 of the table; the decoder begins with </s>, before <s>. */
#include "core/arch/bart.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct bart *w = model->own;
    w->offset = 2;
    w->start = 2;
    return bart_configure(model, config, err);
}

static const struct config_key keys[] = {
    BART_KEYS(50265),
    {0},
};

static const struct param params[] = {
    BART_WORDS, BART_POSITIONS(), BART_EMBEDDING_NORMS, BART_LAYERS, {0},
};

const struct arch arch_bart = {
    .name = "bart",
    .model_types = "bart",
    .summary = "BART: encoder and decoder, absolute positions",
    .source = "Lewis et al. 2020",
    .prefixes = "model.",
    .keys = keys,
    .params = params,
    .heads = seq2seq_next,
    .own_size = sizeof(struct bart),
    .layer_size = sizeof(struct bart_layer),
    .decoder_size = sizeof(struct bart_decoder_layer),
    .configure = configure,
    .forward = bart_forward,
};
