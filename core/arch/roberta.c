/* RoBERTa (Liu et al. 2019): BERT's trunk, see bert.c, but
 *
 *   position of a token = pad + 1 + how many tokens before it are no padding; padding itself stays at row pad
 *   masked words:  LayerNorm(gelu(x·Wt + bt))·wordᵀ + b, the exact gelu whatever hidden_act says
 *
 * What has caused bugs: max_position_embeddings 514 is 512 usable rows; there is one row of types. */
#include "core/arch/bert.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    const struct bert *w = model->own;
    if (w->positions <= w->pad + 1 && w->positions > 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: max_position_embeddings %zu leaves no position after pad_token_id %zu",
                       model->folder, w->positions, w->pad);
    return bert_configure(model, config, w->positions - w->pad - 1, err);
}

static bool bound(struct model *model, struct err *err)
{
    return bert_bound(model, activation_named(STR("gelu")), err);
}

static void forward(const struct model *model, struct pass *pass)
{
    bert_trunk(model, pass, bert_counted_positions(pass, (int32_t)((const struct bert *)model->own)->pad));
}

static const struct output_head head_mlm = {BERT_MLM("lm_head")};

static const struct config_key keys[] = {
    BERT_KEYS,
    {.key = "pad_token_id", .kind = CONFIG_SIZE, .letter = 'p', .fallback = 1, .field = offsetof(struct bert, pad)},
    {0},
};

static const struct param params[] = {
    BERT_TRUNK_PARAMS,
    MLM_PARAMS(struct bert, mlm, "lm_head.dense", "lm_head.layer_norm", "lm_head.bias|lm_head.decoder.bias", "E",
               "masked-LM head"),
    {.name = "lm_head.decoder.weight",
     .shape = "V,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct bert, mlm.decoder),
     .when = bert_untied,
     .optional = true,
     .meaning = "masked-LM head: table of its own"},
    {0},
};

const struct arch arch_roberta = {
    .name = "roberta",
    .model_types = "roberta",
    .summary = "RoBERTa: absolute positions from pad + 1",
    .source = "Liu et al. 2019",
    .prefixes = "roberta.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, NULL},
    .own_size = sizeof(struct bert),
    .layer_size = sizeof(struct bert_layer),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
