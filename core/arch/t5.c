/* T5, T5 1.1 and its language-model adaptation, mT5 (Raffel et al. 2020; Xue et al. 2021): an encoder and a decoder.
 *
 *   x = word[id];  norm(x) = x / √(mean x² + eps) · w
 *   encoder  x += attention(norm(x))·Wo;  x += feed-forward(norm(x));  norm at the end
 *   decoder  y likewise, causal, and between the two  y += attention(queries of norm(y), keys and values of the encoder)·Wo
 *   scores   q·kᵀ + bias[bucket(j−i)], a table of each stack for all its layers; none in the cross-attention
 *   ffn      act(x·Wi)·Wo, or gated: (act(x·Wi₀) · x·Wi₁)·Wo
 *   next     y·wordᵀ/√E where tied to the words, else y·W
 *
 * What has caused bugs: scores are not divided by √D; H·d_kv need not be d_model; "gated-gelu" is the tanh form; 1.1 and mT5
 * have a head of their own and no 1/√E; the decoder's buckets look back alone. */
#include "core/arch/t5.h"

static const struct config_key keys[] = {
    T5_SIZES(32128, 512, 64, 2048, 6, 8),
    T5_PROJ("relu"),
    T5_TIED(true),
    {0},
};

static const struct config_key keys_mt5[] = {
    T5_SIZES(250112, 512, 64, 1024, 8, 6),
    T5_PROJ("gated-gelu"),
    T5_TIED(false),
    {0},
};

static const struct param params[] = {
    T5_ENDS, T5_BIASES("SelfAttention"), T5_ATTENTIONS("SelfAttention"), T5_FED_FORWARDS, {0},
};

const struct arch arch_t5 = {
    .name = "t5",
    .model_types = "t5",
    .summary = "T5: encoder and decoder, a bias of relative positions",
    .source = "Raffel et al. 2020",
    .prefixes = "transformer.|model.",
    .keys = keys,
    .params = params,
    .heads = seq2seq_next,
    .own_size = sizeof(struct t5),
    .layer_size = sizeof(struct t5_layer),
    .decoder_size = sizeof(struct t5_decoder_layer),
    .configure = t5_configure,
    .forward = t5_forward,
};

const struct arch arch_mt5 = {
    .name = "mt5",
    .model_types = "mt5",
    .summary = "mT5: T5 1.1 of 101 languages",
    .source = "Xue et al. 2021",
    .prefixes = "transformer.|model.",
    .keys = keys_mt5,
    .params = params,
    .heads = seq2seq_next,
    .own_size = sizeof(struct t5),
    .layer_size = sizeof(struct t5_layer),
    .decoder_size = sizeof(struct t5_decoder_layer),
    .configure = t5_configure,
    .forward = t5_forward,
};
