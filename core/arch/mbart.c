/* mBART (Liu et al. 2020): BART, see bart.c, with norms before the parts and one at the end of each stack.
 *
 * What has caused bugs: it keeps the norm of the embeddings besides; where a configuration names no start, the reference turns
 * the language code at the end of the target to the front: without a target the decoder begins with </s> here. */
#include "core/arch/bart.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct bart *w = model->own;
    w->offset = 2;
    w->pre = true;
    w->start = 2;
    return bart_configure(model, config, err);
}

static const struct config_key keys[] = {
    BART_KEYS(50265),
    {0},
};

static const struct param params[] = {
    BART_WORDS, BART_POSITIONS(), BART_EMBEDDING_NORMS, BART_LAST_NORMS, BART_LAYERS, {0},
};

const struct arch arch_mbart = {
    .name = "mbart",
    .model_types = "mbart",
    .summary = "mBART: BART with norms in front, many languages",
    .source = "Liu et al. 2020",
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
