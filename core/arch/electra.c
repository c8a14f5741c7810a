/* ELECTRA (Clark et al. 2020): BERT's trunk, see bert.c, behind narrower embeddings; a generator of masked words or a
 * discriminator that says of each token whether it was replaced.
 *
 *   x = LayerNorm(word[id] + position[i] + type[t]) in the width of the embeddings; x = x·Wp + bp where E is another
 *   generator:      LayerNorm(gelu(x·Wt + bt))·wordᵀ + b, the exact gelu whatever hidden_act says
 *   discriminator:  σ(act(x·Wd + bd)·w + b) is the probability of a replacement
 *   classes:        gelu(x_0·Wc + bc)·Wo + bo
 *
 * What has caused bugs: the norm of the embeddings comes before they are widened, and has their width. */
#include "core/arch/bert.h"
#include "core/arch/rtd.h"

struct electra {
    struct bert bert;
    struct rtd rtd;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    return bert_configure(model, config, ((const struct bert *)model->own)->positions, err);
}

static bool bound(struct model *model, struct err *err)
{
    struct bert *w = model->own;
    w->classify.activation = activation_named(STR("gelu"));
    return bert_bound(model, activation_named(STR("gelu")), err);
}

static void forward(const struct model *model, struct pass *pass)
{
    bert_trunk(model, pass, pass->tokens->positions);
}

static bool discriminates(const struct model *model)
{
    return rtd_present(&((const struct electra *)model->own)->rtd);
}

static bool discriminator_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    return rtd_logits(model, &((const struct electra *)model->own)->rtd, hidden, n, out, err);
}

static const struct output_head head_mlm = {BERT_MLM("generator_predictions")};
static const struct output_head head_rtd = {RTD_HEAD(discriminates, discriminator_logits)};

static const struct config_key keys[] = {
    BERT_SIZES(30522, 256, 12, 4, 1024, 512),
    BERT_OPTIONS,
    BERT_ACTIVATION("gelu"),
    BERT_POSITION_TYPE,
    {.key = "embedding_size", .kind = CONFIG_SIZE, .letter = 'B', .fallback = 128, .field = offsetof(struct bert, embedding)},
    {0},
};

static const struct param params[] = {
    BERT_TABLES("B"),
    BERT_NORM("B"),
    BERT_WIDEN,
    BERT_LAYERS,
    MLM_PARAMS(struct bert, mlm, "generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head.bias", "B",
               "masked-LM head"),
    BERT_MLM_TABLE("generator_lm_head.weight", "B"),
    RTD_PARAMS(struct electra, rtd),
    CLASSIFY_PARAMS(struct bert, classify, "classifier.dense", "classifier.out_proj|classifier"),
    {0},
};

const struct arch arch_electra = {
    .name = "electra",
    .model_types = "electra",
    .summary = "ELECTRA: BERT behind narrow embeddings; generator or discriminator",
    .source = "Clark et al. 2020",
    .prefixes = "electra.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, &head_rtd, CLASSIFY_HEADS, NULL},
    .own_size = sizeof(struct electra),
    .layer_size = sizeof(struct bert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
