/* LongT5 with local attention (Guo et al. 2022): T5, see t5.c, whose encoder's tokens see at most local_radius to either side.
 *
 * What has caused bugs: the reference cuts a text into blocks of local_radius + 1 and lists the maps of blocks; what is seen is
 * the band |i−j| ≤ local_radius all the same, and is shown as one map here. Its encoder calls its attention LocalSelfAttention.
 * Transient-global attention is refused by name. */
#include "core/arch/t5.h"

static const struct config_key keys[] = {
    T5_SIZES(32128, 512, 64, 2048, 6, 8),
    T5_PROJ("relu"),
    T5_TIED(true),
    {.key = "local_radius", .kind = CONFIG_SIZE, .letter = 'r', .fallback = 127, .field = offsetof(struct t5, reach)},
    {.key = "encoder_attention_type", .kind = CONFIG_ONLY, .text = "\"local\""},
    {0},
};

static const struct param params[] = {
    T5_ENDS, T5_BIASES("LocalSelfAttention"), T5_ATTENTIONS("LocalSelfAttention"), T5_FED_FORWARDS, {0},
};

const struct arch arch_longt5 = {
    .name = "longt5",
    .model_types = "longt5",
    .summary = "LongT5: T5 whose encoder sees a band",
    .source = "Guo et al. 2022",
    .prefixes = "transformer.|model.",
    .keys = keys,
    .params = params,
    .heads = t5_heads,
    .own_size = sizeof(struct t5),
    .layer_size = sizeof(struct t5_layer),
    .decoder_size = sizeof(struct t5_decoder_layer),
    .configure = t5_configure,
    .forward = t5_forward,
};
