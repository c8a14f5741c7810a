/* Changes to a pass: what each kind replaces or zeroes, and nothing besides. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/forward.h"
#include "core/measure/dims.h"
#include "tests/support/golden.h"

enum { T = 11 };

static struct run *run_of(struct model *model, unsigned seed, const struct intervention *interventions, size_t n)
{
    struct err err = {0};
    struct encoding text;
    int32_t ids[T];
    for (size_t i = 0; i < T; i++)
        ids[i] = (int32_t)(5 + (i * 37 + seed * 101 + i * i * seed) % (model->dim['V'] - 5));
    cr_assert(encoding_of_ids(NULL, ids, NULL, T, &text, NULL));
    struct run *run = run_new(model, &(struct run_inputs){.texts = &text, .n_texts = 1, .interventions = interventions, .n_interventions = n}, NULL, &err);
    cr_assert(run, "%s: %s", model->name, err.message);
    return run;
}

static struct intervention of(const char *kind, size_t layer, size_t head)
{
    struct intervention i = {.kind = intervention_named(kind), .layer = layer, .head = head, .token = SIZE_MAX};
    cr_assert(i.kind, "%s", kind);
    return i;
}

static void map_of(const struct run *run, size_t layer, size_t head, float *out)
{
    cr_assert(run_map(run, (struct site){STACK_MAIN, 0, layer, head}, (struct part){PART_PROBS, 0}, 0, T, out, NULL));
}

static bool same_map(const struct run *a, const struct run *b, size_t layer, size_t head)
{
    float x[T * T], y[T * T];
    map_of(a, layer, head, x);
    map_of(b, layer, head, y);
    return memcmp(x, y, sizeof x) == 0;
}

/* z of one head as rows [T,D]. */
static void output_of(const struct run *run, size_t layer, size_t head, float *out)
{
    const struct attention *a = &run->attentions[layer];
    for (size_t t = 0; t < T; t++)
        memcpy(out + t * a->D, a->z.data + t * a->z.row + head * a->z.step, a->D * sizeof *out);
}

Test(intervene, kinds_have_names_of_their_own_and_say_what_they_do)
{
    for (size_t i = 0; intervention_kinds[i]; i++) {
        cr_expect(intervention_kinds[i]->summary && *intervention_kinds[i]->summary, "%s", intervention_kinds[i]->name);
        cr_expect_eq(intervention_named(intervention_kinds[i]->name), intervention_kinds[i]);
    }
    cr_expect_null(intervention_named("none such"));
}

Test(intervene, a_term_is_dropped_from_one_head_alone)
{
    struct model *model = golden_model("deberta-v3");
    struct intervention drop = of("drop_term", 1, 2);
    drop.terms = 1u << 1;
    struct run *plain = run_of(model, 1, NULL, 0), *run = run_of(model, 1, &drop, 1);
    float sum[T * T], used[T * T];
    unsigned all = (1u << attention_terms(&run->attentions[1])) - 1;
    for (size_t h = 0; h < run->attentions[1].H; h++)
        cr_expect_eq(same_map(plain, run, 1, h), h != 2, "head %zu", h);
    cr_assert(run_map(run, (struct site){STACK_MAIN, 0, 1, 2}, (struct part){PART_SOFTMAX, all & ~drop.terms}, 0, T, sum, NULL));
    map_of(run, 1, 2, used);
    cr_expect_arr_eq(sum, used, sizeof sum, "the map used is the softmax of the other terms");
    cr_expect_not(same_map(plain, run, 2, 0), "later layers feel it");
    run_free(plain);
    run_free(run);
    model_free(model);
}

Test(intervene, an_output_is_replaced_for_all_queries_or_for_one)
{
    struct model *model = golden_model("bert");
    struct run *plain = run_of(model, 1, NULL, 0), *other = run_of(model, 2, NULL, 0);
    size_t D = other->attentions[1].D;
    float *values = malloc(3 * T * D * sizeof *values), *now = values + T * D, *before = now + T * D;
    output_of(other, 1, 3, values);
    output_of(plain, 1, 3, before);
    for (size_t token = 0; token < 2; token++) {
        struct intervention put = of("replace_output", 1, 3);
        put.values = values;
        put.n_values = T * D;
        put.token = token ? 4 : SIZE_MAX;
        struct run *run = run_of(model, 1, &put, 1);
        output_of(run, 1, 3, now);
        for (size_t t = 0; t < T; t++)
            cr_expect_arr_eq(now + t * D, (!token || t == 4 ? values : before) + t * D, D * sizeof *now, "row %zu", t);
        output_of(run, 1, 2, now);
        output_of(plain, 1, 2, before);
        cr_expect_arr_eq(now, before, T * D * sizeof *now, "another head changed");
        output_of(plain, 1, 3, before);
        cr_expect(memcmp(run_hidden(run, STACK_MAIN, 2), run_hidden(plain, STACK_MAIN, 2), model->E * sizeof *now) != 0 || token);
        run_free(run);
    }
    free(values);
    run_free(plain);
    run_free(other);
    model_free(model);
}

Test(intervene, a_pattern_is_replaced_and_kept_by_the_run)
{
    struct model *model = golden_model("roberta");
    struct run *plain = run_of(model, 1, NULL, 0), *other = run_of(model, 2, NULL, 0);
    float *values = malloc(T * T * sizeof *values), now[T * T], before[T * T], expected[T * T];
    map_of(other, 0, 0, values);
    map_of(plain, 0, 0, before);
    memcpy(expected, values, sizeof expected);
    struct intervention put[] = {of("replace_pattern", 0, 0), of("replace_pattern", 1, 1)};
    put[0].values = put[1].values = values;
    put[0].n_values = put[1].n_values = T * T;
    put[1].token = 5;
    struct run *run = run_of(model, 1, put, 2);
    memset(values, 0, T * T * sizeof *values); /* the run has its own */
    map_of(run, 0, 0, now);
    cr_expect_arr_eq(now, expected, sizeof now);
    map_of(run, 1, 1, now);
    cr_expect_arr_eq(now + 5 * T, expected + 5 * T, T * sizeof *now);
    cr_expect_arr_neq(now + 4 * T, expected + 4 * T, T * sizeof *now);
    const struct attention *a = &run->attentions[0];
    for (size_t d = 0; d < a->D; d++) {
        double z = 0;
        for (size_t k = 0; k < T; k++)
            z += (double)expected[3 * T + k] * a->v.data[k * a->v.row + d];
        cr_expect_float_eq(z, a->z.data[3 * a->z.row + d], 1e-5);
    }
    free(values);
    run_free(run);
    run_free(plain);
    run_free(other);
    model_free(model);
}

Test(intervene, one_row_of_a_hidden_state_is_replaced)
{
    struct model *model = golden_model("bert");
    struct run *plain = run_of(model, 1, NULL, 0), *other = run_of(model, 2, NULL, 0);
    struct intervention put = of("replace_hidden", 2, SIZE_MAX);
    put.values = run_hidden(other, STACK_MAIN, 2);
    put.token = 4;
    struct run *run = run_of(model, 1, &put, 1);
    for (size_t t = 0; t < T; t++)
        cr_expect_arr_eq(run_hidden(run, STACK_MAIN, 2) + t * model->E, run_hidden(t == 4 ? other : plain, STACK_MAIN, 2) + t * model->E,
                         model->E * sizeof(float), "row %zu", t);
    run_free(run);
    run_free(plain);
    run_free(other);
    model_free(model);
}

/* BERT is post-norm: every hidden state is what a norm gives. */
Test(intervene, dimensions_are_zero_where_they_pass_by)
{
    struct model *model = golden_model("bert");
    static const enum rows_kind kinds[] = {ROWS_HIDDEN, ROWS_NORMS, ROWS_WORDS, ROWS_POSITIONS};
    const float dims[] = {3, 17};
    struct run *plain = run_of(model, 1, NULL, 0);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct intervention zero = of("zero_dims", SIZE_MAX, SIZE_MAX);
        zero.values = dims;
        zero.n_values = 2;
        zero.rows = kinds[k];
        struct run *run = run_of(model, 1, &zero, 1);
        for (size_t l = 0; l < run_hidden_states(run, STACK_MAIN); l++) {
            bool is_zero = run_hidden(run, STACK_MAIN, l)[2 * model->E + 17] == 0;
            cr_expect_eq(is_zero, kinds[k] == ROWS_HIDDEN || kinds[k] == ROWS_NORMS, "kind %zu, state %zu", k, l);
            cr_expect_neq(run_hidden(run, STACK_MAIN, l)[2 * model->E + 16], 0);
        }
        cr_expect(memcmp(run_hidden(run, STACK_MAIN, 0), run_hidden(plain, STACK_MAIN, 0), model->E * sizeof(float)) != 0);
        run_free(run);
    }
    run_free(plain);
    model_free(model);
}

Test(intervene, squares_are_summed_and_nothing_changes)
{
    struct model *model = golden_model("bert");
    double *squares = calloc(model->E, sizeof *squares), sum = 0;
    struct intervention weigh = dims_weighed(squares, ROWS_HIDDEN);
    struct run *plain = run_of(model, 1, NULL, 0), *run = run_of(model, 1, &weigh, 1);
    size_t states = run_hidden_states(run, STACK_MAIN);
    for (size_t l = 0; l < states; l++)
        for (size_t t = 0; t < T; t++)
            sum += pow(run_hidden(plain, STACK_MAIN, l)[t * model->E + 7], 2);
    cr_expect_float_eq(squares[7], sum, 1e-9 * sum);
    cr_expect_arr_eq(run_hidden(run, STACK_MAIN, states - 1), run_hidden(plain, STACK_MAIN, states - 1), T * model->E * sizeof(float));
    free(squares);
    run_free(plain);
    run_free(run);
    model_free(model);
}
