/* M2M-100 and NLLB-200 (Fan et al. 2020; NLLB Team 2022): BART, see bart.c, with norms before the parts and one at the end of
 * each stack, and sinusoids for positions.
 *
 *   position of a token = pad + 1 + how many tokens before it are no padding; padding itself has none
 *
 * What has caused bugs: the sinusoids are fairseq's, which reach the wavelength 2π·10000; embeddings are scaled and the
 * activation is relu where the configuration does not say; the decoder begins with </s>, then the language's code. */
#include "core/arch/bart.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct bart *w = model->own;
    w->pre = w->counted = true;
    w->start = 2;
    if (model->dim['E'] < 4)
        return err_set(err, ERR_FORMAT, "%s/config.json: d_model %zu is too narrow for sinusoids", model->folder,
                       model->dim['E']);
    if (!bart_configure(model, config, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = model->stacks[STACK_DECODER].max_tokens = 0; /* positions have no table */
    return true;
}

static const struct config_key keys[] = {
    BART_SIZES(128112, 1024, 12, 12, 16, 4096, 1024),
    BART_OPTIONS("relu", true),
    {.key = "pad_token_id", .kind = CONFIG_SIZE, .letter = 'p', .fallback = 1, .field = offsetof(struct bart, pad)},
    {0},
};

static const struct param params[] = {
    BART_WORDS,
    BART_LAST_NORMS,
    BART_LAYERS,
    {0},
};

const struct arch arch_m2m_100 = {
    .name = "m2m_100",
    .model_types = "m2m_100",
    .summary = "M2M-100, NLLB: translation between many languages",
    .source = "Fan et al. 2020",
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
