/* Pegasus (Zhang et al. 2020): BART, see bart.c, with sinusoids for positions, norms before the parts and one at the end of each
 * stack, and no norm of the embeddings.
 *
 * What has caused bugs: see marian.c; the decoder begins with the padding token. */
#include "core/arch/bart.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct bart *w = model->own;
    w->pre = true;
    w->start = 0;
    return bart_configure(model, config, err);
}

static const struct config_key keys[] = {
    BART_KEYS(50265),
    {0},
};

static const struct param params[] = {
    BART_WORDS, BART_POSITIONS(.optional = true), BART_LAST_NORMS, BART_LAYERS, {0},
};

const struct arch arch_pegasus = {
    .name = "pegasus",
    .model_types = "pegasus",
    .summary = "Pegasus: summaries, sinusoids, norms in front",
    .source = "Zhang et al. 2020",
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
