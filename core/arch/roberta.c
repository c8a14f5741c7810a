/* RoBERTa (Liu et al. 2019): BERT's trunk, see bert.c, but
 *
 *   position of a token = pad + 1 + how many tokens before it are no padding; padding itself stays at row pad
 *   masked words:  LayerNorm(gelu(x·Wt + bt))·wordᵀ + b, the exact gelu whatever hidden_act says
 *   classes:       tanh(x_0·Wc + bc)·Wo + bo
 *
 * What has caused bugs: max_position_embeddings 514 is 512 usable rows; there is one row of types. */
#include "core/arch/roberta.h"

bool roberta_bound(struct model *model, struct err *err)
{
    return bert_bound(model, activation_named(STR("gelu")), err);
}

const int32_t *roberta_positions(const struct model *model, struct pass *pass)
{
    return bert_counted_positions(pass, (int32_t)((const struct bert *)model->own)->pad);
}

void roberta_forward(const struct model *model, struct pass *pass)
{
    bert_trunk(model, pass, roberta_positions(model, pass));
}

static const struct output_head head_mlm = {BERT_MLM("lm_head")};
const struct output_head *const roberta_heads[] = {&head_mlm, CLASSIFY_HEADS, NULL};
const struct param roberta_params[] = {BERT_TRUNK_PARAMS, ROBERTA_HEAD_PARAMS, {0}};

static const struct config_key keys[] = {
    BERT_SIZES(50265, 768, 12, 12, 3072, 512), BERT_OPTIONS, BERT_ACTIVATION("gelu"), BERT_POSITION_TYPE, BERT_PAD, {0},
};

const struct arch arch_roberta = {
    .name = "roberta",
    .model_types = "roberta",
    .summary = "RoBERTa: absolute positions from pad + 1",
    .source = "Liu et al. 2019",
    .prefixes = "roberta.",
    .keys = keys,
    ROBERTA_ARCH,
};
