/* ERNIE (Sun et al. 2020): BERT, see bert.c, with a fourth table of embeddings, of the task.
 *
 *   x = LayerNorm(word[id] + position[i] + type[t] + task[0]), the last where use_task_id is true
 *
 * What has caused bugs: a checkpoint with the table whose use_task_id is absent does not use it. */
#include "core/arch/bert.h"

struct ernie {
    struct bert bert;
    struct tensor task; /* [K,E] */
    bool tasks;
};

static bool has_tasks(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct ernie *)model->own)->tasks;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    return bert_configure(model, config, ((const struct bert *)model->own)->positions, err);
}

static bool bound(struct model *model, struct err *err)
{
    return bert_bound(model, model->activation, err);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct ernie *w = model->own;
    float *x = bert_sum(model, pass, pass->tokens->positions);
    if (w->tasks)
        x = pass_lookup_add(pass, &w->task, pass_zeros(pass), "task type", x);
    bert_layers(model, pass, bert_embed(model, pass, x));
}

static const struct output_head head_mlm = {BERT_MLM("cls.predictions")};

static const struct config_key keys[] = {
    BERT_KEYS,
    {.key = "use_task_id", .kind = CONFIG_BOOL, .field = offsetof(struct ernie, tasks)},
    {.key = "task_type_vocab_size", .kind = CONFIG_SIZE, .letter = 'K', .fallback = 3},
    {0},
};

static const struct param params[] = {
    BERT_TABLES("E"),
    {.name = "embeddings.task_type_embeddings.weight",
     .shape = "K,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct ernie, task),
     .when = has_tasks,
     .meaning = "tasks"},
    BERT_NORM("E"),
    BERT_LAYERS,
    BERT_MLM_PARAMS("E"),
    BERT_POOLED_PARAMS,
    BERT_NEXT_PARAM,
    {0},
};

const struct arch arch_ernie = {
    .name = "ernie",
    .model_types = "ernie",
    .summary = "ERNIE: BERT with task embeddings",
    .source = "Sun et al. 2020",
    .prefixes = "ernie.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, &classify_next, NULL},
    .own_size = sizeof(struct ernie),
    .layer_size = sizeof(struct bert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
