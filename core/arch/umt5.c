/* UMT5 (Chung et al. 2023): T5, see t5.c, with a bias of relative positions in every layer of both stacks.
 *
 * What has caused bugs: where the head is tied to the words, hidden states are divided by √E as in T5. */
#include "core/arch/t5.h"

static const struct config_key keys[] = {
    T5_SIZES(250112, 512, 64, 1024, 8, 6),
    T5_PROJ("gated-gelu"),
    T5_TIED(true),
    {0},
};

#define LAYER_BIAS(stack_, layer_, stack_name_, field_)                                                                          \
    {                                                                                                                            \
        .name = stack_name_ ".block.{l}.layer.0.SelfAttention.relative_attention_bias.weight", .shape = "b,H",                   \
        .kind = PARAM_FLOATS, .layered = true, .stack = stack_, .init = INIT_NORMAL, .offset = offsetof(struct layer_, field_),  \
        .meaning = "bias of relative positions"                                                                                  \
    }

static const struct param params[] = {
    T5_ENDS,
    LAYER_BIAS(STACK_MAIN, t5_layer, "encoder", bias),
    LAYER_BIAS(STACK_DECODER, t5_decoder_layer, "decoder", own.bias),
    T5_ATTENTIONS("SelfAttention"),
    T5_FED_FORWARDS,
    {0},
};

const struct arch arch_umt5 = {
    .name = "umt5",
    .model_types = "umt5",
    .summary = "UMT5: T5 with a bias of positions in every layer",
    .source = "Chung et al. 2023",
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
