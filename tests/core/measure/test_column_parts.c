/* The column part of the scores is the sum of its parts, on models of every way of telling positions: of the model's own terms; of
 * words, positions and the rest in the first layer; of edge, interactions and keys. What each part is: reference_split.py. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "core/forward.h"
#include "core/measure/column.h"

enum { T = 13 };

static struct run *run_of(struct model *model)
{
    struct err err = {0};
    struct encoding text, target;
    int32_t ids[T];
    for (size_t i = 0; i < T; i++)
        ids[i] = (int32_t)(5 + i * 37 % (model->dim['V'] - 5));
    cr_assert(encoding_of_ids(NULL, ids, NULL, T, &text, NULL) && encoding_of_ids(NULL, ids, NULL, T, &target, NULL));
    struct run_inputs inputs = {.texts = &text, .n_texts = 1};
    if (model->stacks[STACK_DECODER].layers)
        inputs.targets = &target;
    else
        encoding_free(&target);
    struct run *run = run_new(model, &inputs, NULL, &err);
    cr_assert(run, "%s", err.message);
    return run;
}

static const struct {
    const char *path;
    bool words, bias, crossed; /* some map is split by words and positions; by the query's bias; edges are crossed with contents */
} models[] = {{"tests/data/golden/bert", true, true, false},
              {"examples/models/roberta-tiny", true, true, false},
              {"examples/models/gpt2-tiny", true, true, false},
              {"tests/data/golden/options-bart-unlike", true, true, false},
              {"tests/data/golden/bert-relkey", false, true, true},
              {"examples/models/deberta-v1-tiny", false, true, true},
              {"examples/models/deberta-v3-tiny", false, true, true},
              {"tests/data/golden/options-t5-encoder", false, false, false}};

Test(column_parts, parts_of_a_column_add_up)
{
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        struct err err = {0};
        struct model *model = model_load(models[m].path, NULL, &err);
        cr_assert(model, "%s", err.message);
        struct run *run = run_of(model);
        bool words = false, bias = false, crossed = false;
        double worst[3] = {0};
        for (size_t i = 0; i < run->n_attentions; i++)
            for (size_t h = 0; h < run->attentions[i].H; h++) {
                struct site site = {run->attentions[i].stack->kind, 0, run->attentions[i].layer, h};
                struct column_map map;
                cr_assert(column_map(run, site, NULL, &map, &err), "%s", err.message);
                for (size_t j = 0; j < map.n; j++) {
                    const struct column *c = &map.columns[j];
                    double terms = 0, split = 0;
                    if (isnan(c->nats))
                        continue;
                    for (size_t t = 0; t < map.n_terms; t++)
                        terms += c->term[t];
                    for (size_t s = 0; s + 1 < SPLITS; s++)
                        split += c->split[s];
                    worst[0] = fmax(worst[0], fabs(terms - c->nats));
                    worst[1] = fmax(worst[1], isnan(split) ? 0 : fabs(split - c->term[split_of(run->attentions[i].terms)]));
                    worst[2] = fmax(worst[2], fabs(c->edge + c->by_queries + c->by_keys + c->keys - c->nats));
                    words = words || isfinite(split);
                    bias = bias || isfinite(c->split[SPLITS - 1]);
                    crossed = crossed || c->by_queries != 0;
                    cr_expect(!isfinite(split) || site.layer == 0, "%s: words above the first layer", models[m].path);
                }
                column_map_free(&map);
            }
        cr_expect(worst[0] < 1e-5 && worst[1] < 1e-5 && worst[2] < 1e-5, "%s: off by %g, %g, %g", models[m].path, worst[0], worst[1],
                  worst[2]);
        cr_expect(words == models[m].words && bias == models[m].bias && crossed == models[m].crossed, "%s: split by words %d, by bias %d, crossed %d",
                  models[m].path, words, bias, crossed);
        run_free(run);
        model_free(model);
    }
}
