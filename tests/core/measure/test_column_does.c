/* What columns do: massive activations that were put in are found where they begin, and outlier dimensions beside them; words
 * follow the numbers. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/forward.h"
#include "core/measure/column_does.h"

enum { T = 11 };

static struct run *run_of(struct model *model, const struct intervention *changes, size_t n)
{
    struct err err = {0};
    struct encoding text;
    int32_t ids[T];
    for (size_t i = 0; i < T; i++)
        ids[i] = (int32_t)(5 + i * 37 % (model->dim['V'] - 5));
    cr_assert(encoding_of_ids(NULL, ids, NULL, T, &text, NULL));
    struct run *run = run_new(model, &(struct run_inputs){.texts = &text, .n_texts = 1, .interventions = changes, .n_interventions = n}, NULL, &err);
    cr_assert(run, "%s", err.message);
    return run;
}

Test(column_does, a_massive_activation_is_found_where_it_begins)
{
    struct err err = {0};
    struct model *model = model_load("tests/data/golden/bert", NULL, &err);
    cr_assert(model, "%s", err.message);
    struct run *plain = run_of(model, NULL, 0);
    size_t E = model->E;
    float *state = malloc(T * E * sizeof *state);
    memcpy(state, run_hidden(plain, STACK_MAIN, 1), T * E * sizeof *state);
    state[0 * E + 5] = -8000; /* at the first token */
    struct intervention put = {.kind = intervention_named("replace_hidden"), .layer = 1, .head = SIZE_MAX, .token = SIZE_MAX, .values = state};
    struct site site = {STACK_MAIN, 0, 0, 0};
    struct column_rule rule = {COLUMN_RATIO, COLUMN_COVER};
    for (int with = 0; with < 2; with++) {
        struct column_does does;
        cr_assert(does_new(model, &site, 1, &does, &err));
        for (int text = 0; text < 2; text++) {
            struct run *run = run_of(model, &put, (size_t)with);
            cr_assert(does_add(&does, run, &rule, &err), "%s", err.message);
            run_free(run);
        }
        does_finish(&does);
        cr_expect_eq(does.texts, 2);
        cr_expect_eq(does.n_massive, (size_t)with);
        if (with) {
            cr_expect_eq(does.massive[0].dim, 5);
            cr_expect_eq(does.massive[0].index, 0);
            cr_expect_eq(does.massive[0].first, 1, "the state that it was put in");
            cr_expect_eq(does.massive[0].last, 1, "the norm of the next layer takes it back");
            cr_expect_eq(does.massive[0].texts, 2);
            cr_expect_float_eq(does.massive[0].value, -8000, 0);
            cr_expect_eq(does.dims[PLACE_START].texts[5], 2);
            cr_expect_eq(does.dims[PLACE_START].first[5], 1);
        }
        does_free(&does);
    }
    free(state);
    run_free(plain);
    model_free(model);
}

Test(column_does, words_follow_the_numbers)
{
    static const struct {
        struct does_row row;
        const char *word;
    } rows[] = {{{.value = 0.1, .cosine = 1, .rank = 1, .rank_without = 3}, "nop"},
                {{.value = 1, .cosine = 0.96, .rank = 1, .rank_without = 3}, "constant"},
                {{.value = 1, .cosine = 0.5, .rank = 1, .rank_without = 3}, "broadcast"},
                {{.value = 1, .cosine = NAN, .rank = 2.5, .rank_without = 3}, "neither"},
                {{.value = NAN, .cosine = NAN, .rank = 1, .rank_without = 3}, "-"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(does_word(&rows[i].row), rows[i].word);
}
