/* Marian (Junczys-Dowmunt et al. 2018; OPUS-MT): BART, see bart.c, with sinusoids for positions and no norm of the embeddings.
 *
 * What has caused bugs: the sines are the first half of a row, the cosines the second; position 0 is row 0; the decoder begins
 * with the padding token. */
#include "core/arch/bart.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct bart *w = model->own;
    w->start = 58100;
    return bart_configure(model, config, err);
}

static const struct config_key keys[] = {
    BART_KEYS(58101),
    {.key = "share_encoder_decoder_embeddings", .kind = CONFIG_ONLY, .text = "true"},
    {0},
};

static const struct param params[] = {
    BART_WORDS,
    BART_POSITIONS(.optional = true),
    BART_LAYERS,
    {0},
};

const struct arch arch_marian = {
    .name = "marian",
    .model_types = "marian",
    .summary = "Marian: translation, sinusoids",
    .source = "Junczys-Dowmunt et al. 2018",
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
