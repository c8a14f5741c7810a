/* Blenderbot (Roller et al. 2020): BART, see bart.c, with norms before the parts and one at the end of each stack, and no norm of
 * the embeddings; positions begin at row 0. */
#include "core/arch/bart.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct bart *w = model->own;
    w->pre = true;
    w->start = 1;
    return bart_configure(model, config, err);
}

static const struct config_key keys[] = {
    BART_SIZES(8008, 2560, 2, 24, 32, 10240, 128),
    BART_OPTIONS("gelu", false),
    {0},
};

static const struct param params[] = {
    BART_WORDS, BART_POSITIONS(), BART_LAST_NORMS, BART_LAYERS, {0},
};

const struct arch arch_blenderbot = {
    .name = "blenderbot",
    .model_types = "blenderbot",
    .summary = "Blenderbot: conversation, norms in front",
    .source = "Roller et al. 2020",
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
