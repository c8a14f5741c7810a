/* Columns planted in a model by editing its weights are found and classed; a twin with nothing planted has none. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch/bert.h"
#include "core/base/cancel.h"
#include "core/measure/column_test.h"
#include "core/measure/positions.h"

#define FOLDER "examples/models/roberta-tiny"

enum { E = 128, D = 32, HEADS = 24, LENGTH = 24, FIRST = 2 /* the row of the first position: RoBERTa counts from pad + 1 */, CLS = 0 };

/* A model of fresh weights (floats in memory of its own), its heads as sites. */
struct garden {
    struct model *model;
    struct site sites[HEADS];
    struct column_test_options options;
};

static void garden_open(struct garden *g, uint64_t seed)
{
    struct err err = {0};
    *g = (struct garden){.model = model_load_fresh(FOLDER, NULL, seed, &err)};
    cr_assert(g->model, "%s", err.message);
    for (size_t h = 0; h < HEADS; h++)
        g->sites[h] = (struct site){.layer = h / 4, .head = h % 4};
    g->options = (struct column_test_options){.model = g->model, .length = LENGTH, .texts = 24, .front = -1, .seed = seed,
                                              .rule = {COLUMN_RATIO, COLUMN_COVER}, .sites = g->sites, .n_sites = HEADS};
}

static float *row_of(const struct tensor *table, size_t row)
{
    return (float *)(uintptr_t)table->data + row * table->shape[1];
}

static const struct bert_layer *layer_of(const struct garden *g)
{
    return g->model->stacks[STACK_MAIN].layer_data;
}

/* L0.H0 asks for the first number of a key, whatever the query says. */
static void plant_query_bias(struct garden *g, float strength)
{
    float *bias = (float *)(uintptr_t)layer_of(g)->block.q.bias;
    cr_assert(bias);
    bias[0] = strength;
}

/* A row of a table along what gives a key its first number. */
static void plant_row(struct garden *g, const struct tensor *table, size_t row, float strength)
{
    const float *key = row_of(&layer_of(g)->block.k.w, 0);
    for (size_t e = 0; e < E; e++)
        row_of(table, row)[e] += strength * key[e];
}

static const struct bert *tables(const struct garden *g)
{
    return g->model->own;
}

/* What stands in out at that head and place, or NULL. */
static const struct column_test_head *head_at(const struct column_test *out, size_t layer, size_t head, enum column_place place)
{
    for (size_t h = 0; h < out->n; h++)
        if (out->heads[h].site.layer == layer && out->heads[h].site.head == head && out->heads[h].place == place)
            return &out->heads[h];
    return NULL;
}

static void expect_verdict(struct garden *g, enum verdict verdict)
{
    struct column_test out;
    struct err err = {0};
    cr_assert(column_test(&g->options, &out, &err), "%s", err.message);
    const struct column_test_head *head = head_at(&out, 0, 0, PLACE_START);
    cr_assert(head, "no column at the start of L0.H0");
    cr_expect_eq(head->square.verdict, verdict, "verdict %d: ratio %.2f, replaced %.2f, vacant %.2f, both %.2f", head->square.verdict,
                 head->square.excess + 1, head->square.cell[SQUARE_INDEX].value, head->square.cell[SQUARE_TOKEN].value,
                 head->square.cell[SQUARE_NONE].value);
    cr_expect(out.side[0].absolute && out.side[0].shift == COLUMN_TEST_SHIFT);
    column_test_free(&out);
}

Test(core_column_test, a_planted_position_row_is_bound_to_the_index)
{
    struct garden g;
    garden_open(&g, 3);
    plant_query_bias(&g, 12);
    plant_row(&g, &tables(&g)->position, FIRST, 4);
    expect_verdict(&g, VERDICT_INDEX);
    model_free(g.model);
}

Test(core_column_test, a_planted_word_row_is_bound_to_the_token)
{
    struct garden g;
    garden_open(&g, 3);
    plant_query_bias(&g, 12);
    plant_row(&g, &tables(&g)->word, CLS, 4);
    expect_verdict(&g, VERDICT_TOKEN);
    model_free(g.model);
}

Test(core_column_test, rows_of_both_are_redundant)
{
    struct garden g;
    garden_open(&g, 3);
    plant_query_bias(&g, 12);
    plant_row(&g, &tables(&g)->position, FIRST, 6);
    plant_row(&g, &tables(&g)->word, CLS, 6);
    expect_verdict(&g, VERDICT_EITHER);
    model_free(g.model);
}

/* The query bias points at the key of <s> at the first place, which is half of the one and half of the other. */
Test(core_column_test, a_planted_query_bias_needs_both)
{
    struct garden g;
    garden_open(&g, 3);
    const struct linear *k = &layer_of(&g)->block.k;
    float *bias = (float *)(uintptr_t)layer_of(&g)->block.q.bias;
    for (size_t d = 0; d < D; d++)
        for (size_t e = 0; e < E; e++)
            bias[d] += 250 * row_of(&k->w, d)[e] * (row_of(&tables(&g)->word, CLS)[e] + row_of(&tables(&g)->position, FIRST)[e]);
    expect_verdict(&g, VERDICT_TOGETHER);
    model_free(g.model);
}

/* The last place: </s> by its word row. */
Test(core_column_test, a_planted_end_is_bound_to_its_token)
{
    struct garden g;
    struct column_test out;
    struct err err = {0};
    garden_open(&g, 5);
    plant_query_bias(&g, 12);
    plant_row(&g, &tables(&g)->word, 2, 4);
    cr_assert(column_test(&g.options, &out, &err), "%s", err.message);
    const struct column_test_head *head = head_at(&out, 0, 0, PLACE_END);
    cr_assert(head);
    cr_expect_eq(head->square.verdict, VERDICT_TOKEN);
    cr_expect_eq(head->token, 2);
    column_test_free(&out);
    model_free(g.model);
}

Test(core_column_test, twins_with_nothing_planted_have_no_verdict)
{
    for (uint64_t seed = 11; seed < 16; seed++) {
        struct garden g;
        struct column_test out;
        struct err err = {0};
        garden_open(&g, seed);
        cr_assert(column_test(&g.options, &out, &err), "%s", err.message);
        for (size_t h = 0; h < out.n; h++)
            cr_expect_eq(out.heads[h].square.verdict, VERDICT_UNDECIDED);
        column_test_free(&out);
        model_free(g.model);
    }
}

/* ---- two axes ---- */

/* The verdict of the head of that stack when these heads alone are tested; on the first 24 lines of examples/texts.txt. */
static enum verdict verdict_among(struct model *model, const struct site *sites, size_t n_sites, struct site of, double *p_out)
{
    static char text[65536];
    struct column_test out;
    struct err err = {0};
    FILE *f = fopen("examples/texts.txt", "rb");
    cr_assert(f);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    struct column_test_options options = {.model = model, .lines = {text, n}, .name = "texts.txt", .length = LENGTH, .texts = 24, .front = -1, .seed = 1,
                                          .rule = {COLUMN_RATIO, COLUMN_COVER}, .sites = sites, .n_sites = n_sites};
    cr_assert(column_test(&options, &out, &err), "%s", err.message);
    const struct column_test_head *found = NULL;
    for (size_t h = 0; h < out.n; h++)
        if (out.heads[h].site.stack == of.stack && out.heads[h].site.layer == of.layer && out.heads[h].site.head == of.head)
            found = &out.heads[h];
    cr_assert(found);
    enum verdict verdict = found->square.verdict;
    *p_out = found->square.p[VERDICT_TEXT];
    column_test_free(&out);
    return verdict;
}

/* L1.H0 and D2.H3 are text-bound by p of .002 and .006: each among its own tests, neither among those of heads of the other axis. */
Test(core_column_test, heads_of_source_and_target_share_one_rate_of_false_discoveries)
{
    static const struct site of_source[] = {{.stack = STACK_MAIN, .layer = 1, .head = 0}, {.stack = STACK_DECODER, .layer = 1, .head = 1},
                                            {.stack = STACK_DECODER, .layer = 1, .head = 3}, {.stack = STACK_DECODER, .layer = 2, .head = 2},
                                            {.stack = STACK_DECODER, .layer = 3, .head = 0}, {.stack = STACK_DECODER, .layer = 3, .head = 1},
                                            {.stack = STACK_DECODER, .layer = 3, .head = 3}};
    static const struct site of_target[] = {{.stack = STACK_DECODER, .layer = 2, .head = 3}, {.stack = STACK_MAIN, .layer = 1, .head = 3},
                                            {.stack = STACK_MAIN, .layer = 2, .head = 0}, {.stack = STACK_MAIN, .layer = 2, .head = 3}};
    struct err err = {0};
    double alone, among;
    struct model *model = model_load("examples/models/switch-tiny", NULL, &err);
    cr_assert(model, "%s", err.message);
    cr_expect_eq(verdict_among(model, of_source, 1, of_source[0], &alone), VERDICT_TEXT, "L alone: p %g", alone);
    cr_expect_eq(verdict_among(model, of_source, 7, of_source[0], &among), VERDICT_UNDECIDED, "L among D: p %g", among);
    cr_expect_eq(alone, among, "p is the head's own: %g, %g", alone, among);
    cr_expect_eq(verdict_among(model, of_target, 1, of_target[0], &alone), VERDICT_TEXT, "D alone: p %g", alone);
    cr_expect_eq(verdict_among(model, of_target, 4, of_target[0], &among), VERDICT_UNDECIDED, "D among L: p %g", among);
    cr_expect_eq(alone, among, "p is the head's own: %g, %g", alone, among);
    model_free(model);
}

/* ---- numbers ---- */

/* A text's numbers are its own: the same with half as many texts measured beside it. */
Test(core_column_test, the_same_seed_gives_the_same_numbers)
{
    struct garden g;
    struct column_test once, twice;
    struct err err = {0};
    garden_open(&g, 3);
    plant_query_bias(&g, 12);
    plant_row(&g, &tables(&g)->position, FIRST, 4);
    cr_assert(column_test(&g.options, &once, &err) && column_test(&g.options, &twice, &err), "%s", err.message);
    cr_assert(once.n == twice.n && once.n > 0);
    cr_expect_eq(memcmp(&once.heads[0].square, &twice.heads[0].square, sizeof once.heads[0].square), 0);
    column_test_free(&once);
    column_test_free(&twice);
    model_free(g.model);
}

Test(core_column_test, positions_are_asked_of_the_model)
{
    static const struct {
        const char *folder;
        bool absolute;
    } rows[] = {{FOLDER, true}, {"examples/models/deberta-v1-tiny", false}, {"examples/models/gpt2-tiny", true}, {"examples/models/switch-tiny", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        bool absolute;
        struct model *model = model_load(rows[i].folder, NULL, &err);
        cr_assert(model && model_has_positions(model, &absolute, &err), "%s", err.message);
        cr_expect_eq(absolute, rows[i].absolute, "%s", rows[i].folder);
        model_free(model);
    }
}

Test(core_column_test, too_few_texts_of_that_length_are_an_error)
{
    struct garden g;
    struct column_test out;
    struct err err = {0};
    garden_open(&g, 3);
    g.options.lines = STR("one short line\nanother\n");
    g.options.name = "few.txt";
    cr_expect(!column_test(&g.options, &out, &err));
    cr_expect(strstr(err.message, "few.txt: 0 texts of 24 tokens"), "%s", err.message);
    model_free(g.model);
}

static void stop(void *context, size_t done, size_t total)
{
    (void)context, (void)total;
    if (done == 5)
        cancel_request();
}

Test(core_column_test, it_can_be_cancelled)
{
    struct garden g;
    struct column_test out;
    struct err err = {0};
    struct watch watch = {.progress = stop};
    garden_open(&g, 3);
    g.options.watch = &watch;
    cr_expect(!column_test(&g.options, &out, &err));
    cr_expect_eq(err.code, ERR_CANCELLED);
    cancel_clear();
    model_free(g.model);
}
