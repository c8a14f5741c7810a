/* Fresh weights: a control that has the configuration of a checkpoint and none of its learning. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/arch/bert.h"

static const char folder[] = "tests/data/good/tiny-bert";

static struct model *fresh(uint64_t seed)
{
    struct err err = {0};
    struct model *model = model_load_fresh(folder, NULL, seed, &err);
    cr_assert(model, "%s", err.message);
    return model;
}

static const struct tensor *words(const struct model *model)
{
    return &((const struct bert *)model->own)->word;
}

Test(fresh, one_seed_gives_one_model_and_another_seed_another)
{
    struct model *a = fresh(3), *b = fresh(3), *c = fresh(4);
    cr_expect(memcmp(words(a)->data, words(b)->data, words(a)->bytes) == 0);
    cr_expect(memcmp(words(a)->data, words(c)->data, words(a)->bytes) != 0);
    model_free(a);
    model_free(b);
    model_free(c);
}

Test(fresh, norms_begin_at_one_biases_at_zero_and_tables_are_normal)
{
    struct model *model = fresh(1);
    const struct bert *w = model->own;
    const struct bert_layer *layer = stack_layer(&model->stacks[STACK_MAIN], 0);
    const float *word = words(model)->data;
    size_t n = tensor_numel(words(model));
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)word[i];
        squares += (double)word[i] * word[i];
    }
    double deviation = json_number(json_get(model->config, "initializer_range"), 0.02);
    cr_expect(fabs(sum / (double)n) < 4 * deviation / sqrt((double)n), "mean %g", sum / (double)n);
    cr_expect(fabs(sqrt(squares / (double)n) / deviation - 1) < 0.15, "deviation %g", sqrt(squares / (double)n));
    for (size_t i = 0; i < model->E; i++) {
        cr_expect(w->norm.weight[i] == 1 && w->norm.bias[i] == 0);
        cr_expect(layer->block.q.bias[i] == 0);
    }
    model_free(model);
}
