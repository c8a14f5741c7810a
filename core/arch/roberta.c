/* RoBERTa (Liu et al. 2019): BERT's trunk with positions that count the tokens that are no padding and begin at
 * pad_token_id + 1, one row of types, and a head of its own name whose activation is always the exact gelu. */
#include "core/config.h"
#include "core/arch/bert.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    if (!bert_configure(model, config, err) || !config_dim(model, "pad_token_id", 'p', 1, err))
        return false;
    size_t first = model->dim['p'] + 1;
    if (model->dim['P'] <= first)
        return err_set(err, ERR_FORMAT, "%s/config.json: max_position_embeddings %zu leaves no position after pad_token_id %zu",
                       model->folder, model->dim['P'], model->dim['p']);
    model->max_tokens = model->dim['P'] - first;
    return true;
}

static bool bound(struct model *model, struct err *err)
{
    return bert_bound(model, activation_named(STR("gelu")), err);
}

static bool forward(const struct model *model, struct pass *pass, struct err *err)
{
    int32_t *positions = arena_alloc(pass->scratch, pass->rows, sizeof *positions, "a forward pass", err);
    if (!positions)
        return false;
    int32_t pad = (int32_t)model->dim['p'];
    for (size_t t = 0; t < pass->n_texts; t++) {
        int32_t pads = 0; /* padding in front of this token, which positions do not count */
        for (size_t r = pass->starts[t]; r < pass->starts[t + 1]; r++) {
            bool padding = pass->ids[r] == pad;
            positions[r] = padding ? pad : pad + 1 + pass->positions[r] - pads;
            pads += padding;
        }
    }
    return bert_trunk(model, pass, positions, err);
}

static const struct output_head head_mlm = {
    .name = "mlm",
    .summary = "masked words (lm_head)",
    .present = bert_mlm_present,
    .width = bert_mlm_width,
    .logits = bert_mlm_logits,
};

static const struct param params[] = {
    BERT_TRUNK_PARAMS,
    MLM_PARAMS(struct bert, mlm, "lm_head.dense", "lm_head.layer_norm", "lm_head.bias|lm_head.decoder.bias", "E",
               "masked-LM head"),
    {.name = "lm_head.decoder.weight", .shape = "V,E", .kind = PARAM_TABLE, .offset = offsetof(struct bert, mlm.decoder),
     .when = bert_untied, .optional = true, .meaning = "masked-LM head: table of its own"},
    {0},
};

const struct arch arch_roberta = {
    .name = "roberta",
    .model_types = "roberta",
    .summary = "RoBERTa: absolute positions from pad + 1",
    .source = "Liu et al. 2019",
    .prefixes = "roberta.",
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, NULL},
    .own_size = sizeof(struct bert),
    .layer_size = sizeof(struct bert_layer),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
