/* Verdicts over synthetic attention with known columns of every kind, and none. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/random.h"
#include "core/measure/column.h"
#include "core/measure/hypothesis.h"
#include "core/measure/verdict.h"
#include "tests/core/measure/planted.h"

enum { N = 20, TEXTS = 24, CASES = 1000 };

/* How the cases differ: what of the column's logit stays in each cell. */
enum made { MADE_INDEX, MADE_TOKEN, MADE_EITHER, MADE_TOGETHER, MADE_NEITHER, MADE_TEXT, MADE_HALF, MADE_NONE, MADES };
static const char *const made_names[] = {"index", "token", "either", "together", "neither", "text-bound", "half stays", "none"};
static const enum verdict right[] = {VERDICT_INDEX, VERDICT_TOKEN,     VERDICT_EITHER,    VERDICT_TOGETHER,
                                     VERDICT_NEITHER, VERDICT_TEXT, VERDICT_UNDECIDED, VERDICT_UNDECIDED};

static double normal(uint64_t *state)
{
    double u = (double)random_unit(random_next(state)) + 1e-9, v = (double)random_unit(random_next(state));
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* A map of random logits, `boost` more at one key, into ratios [N] of its keys. */
static void draw(struct planted *p, uint64_t *state, size_t key, double boost, float *ratios, float *probs)
{
    struct err err = {0};
    for (size_t i = 0; i < N * N; i++)
        p->term[0][i] = (float)(normal(state) + (i % N == key ? boost : 0));
    cr_assert(run_map(&p->run, p->site, (struct part){.kind = PART_PROBS}, 0, N, probs, &err), "%s", err.message);
    column_ratios(probs, &p->attention, ratios);
}

struct made_case {
    enum made made;
    double base[TEXTS], cell[SQUARE_CELLS][TEXTS];
};

/* The boost that leaves half of the excess: by the logit's own curve, near enough to be neither held nor lost. */
static double in_cell(enum made made, size_t cell, double boost)
{
    static const char table[MADES][SQUARE_CELLS + 1] = {[MADE_INDEX] = "100", [MADE_TOKEN] = "010", [MADE_EITHER] = "110",
                                                        [MADE_TOGETHER] = "000", [MADE_NEITHER] = "111", [MADE_TEXT] = "000",
                                                        [MADE_HALF] = "hh0", [MADE_NONE] = "000"};
    char what = table[made][cell];
    return what == '1' ? boost : what == 'h' ? log(1 + 0.62 * (exp(boost) - 1)) : 0;
}

static void make_case(struct planted *p, struct made_case *c, uint64_t *state)
{
    float ratios[N], probs[N * N];
    double boost = 2 + 1.5 * (double)random_unit(random_next(state)), sums[N] = {0};
    size_t key = random_below((uint32_t)(random_next(state) >> 32), N);
    if (c->made == MADE_NONE) { /* the largest of the choosing half is what would be tested */
        for (size_t t = 0; t < TEXTS; t++) {
            draw(p, state, 0, 0, ratios, probs);
            for (size_t j = 0; j < N; j++)
                sums[j] += ratios[j];
        }
        key = 0;
        for (size_t j = 1; j < N; j++)
            key = sums[j] > sums[key] ? j : key;
        boost = 0;
    }
    for (size_t t = 0; t < TEXTS; t++) {
        double own = boost > 0 ? boost + 0.2 * normal(state) : 0;
        draw(p, state, key, own, ratios, probs);
        c->base[t] = ratios[key] - 1;
        for (size_t cell = 0; cell < SQUARE_CELLS; cell++) {
            draw(p, state, key, in_cell(c->made, cell, own), ratios, probs);
            c->cell[cell][t] = ratios[key] - 1;
        }
    }
}

Test(core_verdict, a_thousand_synthetic_columns_are_classed)
{
    struct made_case *cases = calloc(CASES, sizeof *cases);
    struct square_verdict *verdicts = calloc(CASES, sizeof *verdicts);
    struct planted *p = planted_new(N, false);
    struct err err = {0};
    size_t table[MADES][VERDICTS] = {{0}}, made[MADES] = {0};
    cr_assert(cases && verdicts);
    for (size_t i = 0; i < CASES; i++) {
        uint64_t state = random_stream(7, i);
        cases[i].made = i % 2 ? MADE_NONE : (enum made)(i / 2 % MADE_NONE);
        make_case(p, &cases[i], &state);
        struct square square = {.texts = TEXTS, .base = cases[i].base, .inner = cases[i].made == MADE_TEXT};
        for (size_t c = 0; c < SQUARE_CELLS; c++)
            square.cell[c] = cases[i].cell[c];
        square_test(&square, &verdicts[i]);
    }
    cr_assert(verdicts_decide(verdicts, CASES, &err), "%s", err.message);
    for (size_t i = 0; i < CASES; i++) {
        table[cases[i].made][verdicts[i].verdict]++;
        made[cases[i].made]++;
    }
    fprintf(stderr, "confusion of verdicts, %d cases\n%-12s undecided index token either together neither text\n", CASES, "made");
    for (size_t m = 0; m < MADES; m++) {
        fprintf(stderr, "%-12s", made_names[m]);
        for (size_t v = 0; v < VERDICTS; v++)
            fprintf(stderr, " %6zu", table[m][v]);
        fprintf(stderr, "\n");
    }
    for (size_t m = 0; m < MADES; m++)
        cr_expect_geq(table[m][right[m]] * 100, made[m] * 80, "%s: %zu of %zu", made_names[m], table[m][right[m]], made[m]);
    for (size_t m = 0; m < MADES; m++) { /* what is not called right is undecided */
        size_t wrong = made[m] - table[m][right[m]] - (right[m] ? table[m][VERDICT_UNDECIDED] : 0);
        cr_expect_leq(wrong * 20, made[m], "%s: %zu wrong of %zu", made_names[m], wrong, made[m]);
    }
    double low, high;
    size_t false_ones = made[MADE_NONE] - table[MADE_NONE][VERDICT_UNDECIDED];
    wilson_interval(false_ones, made[MADE_NONE], &low, &high);
    fprintf(stderr, "none: %zu of %zu got a verdict, upper bound %.3f\n", false_ones, made[MADE_NONE], high);
    cr_expect_leq(false_ones * 20, made[MADE_NONE]);
    cr_expect_leq(high, 0.07);
    planted_free(p);
    free(cases);
    free(verdicts);
}

/* Numbers with a little noise about a mean. */
static void around(double mean, double *out)
{
    for (size_t t = 0; t < TEXTS; t++)
        out[t] = mean + (t % 2 ? 0.1 : -0.1) * (1 + (double)(t % 3));
}

static struct square_verdict verdict_of(double index, double token, double none, const bool broken[SQUARE_CELLS], bool bare)
{
    static double base[TEXTS], cells[SQUARE_CELLS][TEXTS];
    struct square_verdict v;
    struct err err = {0};
    around(6, base);
    around(6 * index, cells[SQUARE_INDEX]);
    around(6 * token, cells[SQUARE_TOKEN]);
    around(6 * none, cells[SQUARE_NONE]);
    struct square square = {.texts = TEXTS, .base = base, .cell = {bare ? NULL : cells[0], cells[1], bare ? NULL : cells[2]},
                            .bare = bare};
    for (size_t c = 0; broken && c < SQUARE_CELLS; c++)
        square.broken[c] = broken[c];
    square_test(&square, &v);
    cr_assert(verdicts_decide(&v, 1, &err));
    return v;
}

Test(core_verdict, a_cell_in_which_the_model_does_not_work_decides_nothing)
{
    const bool broken[SQUARE_CELLS] = {[SQUARE_TOKEN] = true};
    cr_expect_eq(verdict_of(1, 0, 0, NULL, false).verdict, VERDICT_INDEX);
    cr_expect_eq(verdict_of(1, 0, 0, broken, false).verdict, VERDICT_UNDECIDED);
}

/* Where the place cannot be vacated nothing is tested, and nothing counts among the tests. */
Test(core_verdict, verdicts_that_need_a_missing_cell_are_not_tested)
{
    double base[TEXTS], cell[TEXTS];
    struct square_verdict v;
    struct err err = {0};
    const bool broken[SQUARE_CELLS] = {[SQUARE_TOKEN] = true};
    around(6, base);
    around(6, cell);
    struct square square = {.texts = TEXTS, .base = base, .cell = {cell, NULL, NULL}};
    square_test(&square, &v);
    cr_expect_eq(square_tested(&v), 0);
    cr_assert(verdicts_decide(&v, 1, &err));
    cr_expect_eq(v.verdict, VERDICT_UNDECIDED);
    v = verdict_of(1, 0, 0, NULL, false);
    cr_expect_eq(square_tested(&v), 5, "at an end all but text-bound");
    v = verdict_of(1, 0, 0, broken, false);
    cr_expect_eq(square_tested(&v), 5, "a broken cell was tested");
    v = verdict_of(0, 0, 0, NULL, true);
    cr_expect_eq(square_tested(&v), 2, "without a special token: bound to the place, or not");
    square = (struct square){.texts = TEXTS, .base = base, .cell = {cell, cell, NULL}, .inner = true};
    square_test(&square, &v);
    cr_expect_eq(square_tested(&v), 4, "among the inner keys: index, token, either, text");
}

Test(core_verdict, a_cause_that_lifts_the_column_beyond_the_margin_is_not_called_sufficient)
{
    cr_expect_eq(verdict_of(1.4, 0, 0, NULL, false).verdict, VERDICT_UNDECIDED);
}

Test(core_verdict, without_a_special_token_the_place_alone_is_asked_for)
{
    cr_expect_eq(verdict_of(0, 0, 0, NULL, true).verdict, VERDICT_INDEX);
    cr_expect_eq(verdict_of(0, 1, 0, NULL, true).verdict, VERDICT_NEITHER);
    cr_expect_eq(verdict_of(0, 0.65, 0, NULL, true).verdict, VERDICT_UNDECIDED);
}

Test(core_verdict, what_is_no_column_has_no_verdict_however_steady_it_is)
{
    double base[TEXTS], cells[SQUARE_CELLS][TEXTS];
    struct square_verdict v;
    struct err err = {0};
    around(0.9, base); /* 1.9 times the uniform map */
    for (size_t c = 0; c < SQUARE_CELLS; c++)
        around(0.9, cells[c]);
    struct square square = {.texts = TEXTS, .base = base, .cell = {cells[0], cells[1], cells[2]}};
    square_test(&square, &v);
    cr_assert(verdicts_decide(&v, 1, &err));
    cr_expect_eq(v.verdict, VERDICT_UNDECIDED);
}

/* 20 squares of one p of .02 each: alone it would do, among 20 · 6 tests it does not. */
Test(core_verdict, many_tests_share_one_rate_of_false_discoveries)
{
    struct square_verdict v[20];
    struct err err = {0};
    for (size_t i = 0; i < 20; i++) {
        v[i] = (struct square_verdict){0};
        for (size_t k = 0; k < VERDICTS; k++)
            v[i].p[k] = 1;
        v[i].p[VERDICT_INDEX] = 0.02;
    }
    cr_assert(verdicts_decide(v, 1, &err));
    cr_expect_eq(v[0].verdict, VERDICT_UNDECIDED, "0.02 of 6 tests: the first needs 0.05/6");
    v[0].p[VERDICT_INDEX] = 0.008;
    cr_assert(verdicts_decide(v, 1, &err));
    cr_expect_eq(v[0].verdict, VERDICT_INDEX);
    v[0].verdict = VERDICT_UNDECIDED;
    cr_assert(verdicts_decide(v, 20, &err));
    cr_expect_eq(v[0].verdict, VERDICT_UNDECIDED);
}
