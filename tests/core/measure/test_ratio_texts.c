/* Ratios of all keys over texts: against transformers' maps of the same ids, and the choosing of heads. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/file.h"
#include "core/measure/measure.h"
#include "core/measure/ratio_texts.h"
#include "tests/core/measure/planted.h"

#define FOLDER "examples/models/deberta-v3-tiny"
#define TEXTS  "tests/data/columns/texts.txt"
enum { N = 12, SITES = 3 };

static const struct site sites[SITES] = {{.layer = 0, .head = 0}, {.layer = 5, .head = 0}, {.layer = 5, .head = 1}};

struct bench {
    struct model *model;
    struct file file;
    struct scan_options options;
};

static struct bench bench_open(void)
{
    struct bench b = {0};
    struct err err = {0};
    b.model = model_load(FOLDER, NULL, &err);
    cr_assert(b.model, "%s", err.message);
    cr_assert(file_map(TEXTS, &b.file, &err), "%s", err.message);
    b.options = (struct scan_options){.model = b.model,
                                      .lines = {(const char *)b.file.data, b.file.size},
                                      .name = TEXTS,
                                      .shortest = 8,
                                      .length = N,
                                      .front = -1};
    return b;
}

static void bench_close(struct bench *b)
{
    file_unmap(&b->file);
    model_free(b->model);
}

/* n · mean over the queries of transformers 4.57.6's maps, of texts 1 and 5 cut to 12 tokens. */
static const struct {
    size_t number, site;
    float ratios[N];
} reference[] = {
    {1, 0, {1.8606F, 1.2968F, 1.2679F, 1.3704F, 0.1150F, 0.2109F, 0.0619F, 0.9846F, 0.3957F, 1.0523F, 1.4158F, 1.9680F}},
    {1, 1, {4.3787F, 1.3388F, 0.6641F, 0.8282F, 0.5374F, 0.3738F, 0.5612F, 0.4212F, 0.4245F, 0.4490F, 0.3991F, 1.6240F}},
    {5, 0, {2.2008F, 1.3282F, 1.3867F, 0.5459F, 0.2145F, 1.3469F, 0.3158F, 1.0735F, 0.3868F, 0.3122F, 1.4286F, 1.4601F}},
    {5, 1, {4.0688F, 0.6432F, 0.5872F, 1.4754F, 0.5858F, 0.7331F, 0.4397F, 0.4743F, 0.3359F, 0.3638F, 0.5059F, 1.7869F}},
};

Test(core_ratio_texts, every_key_of_every_text_equals_transformers)
{
    struct bench b = bench_open();
    struct err err = {0};
    struct ratio_texts texts = {.sites = sites, .n_sites = SITES};
    struct scan_observer observer = ratio_texts_observer(&texts);
    struct scan_counts counts;
    cr_assert(scan(&b.options, &observer, 1, &counts, &err), "%s", err.message);
    ratio_texts_sort(&texts, false);
    cr_expect(texts.n == counts.texts && texts.n == 22 && texts.not_finite == 0);
    for (size_t r = 0; r < sizeof reference / sizeof *reference; r++) {
        const struct ratio_text *text = NULL;
        for (size_t t = 0; t < texts.n; t++)
            text = texts.texts[t].number == reference[r].number ? &texts.texts[t] : text;
        cr_assert(text && text->n == N);
        for (size_t j = 0; j < N; j++)
            cr_expect_float_eq(text->ratios[reference[r].site * N + j], reference[r].ratios[j], 6e-5,
                               "text %zu, site %zu, key %zu", text->number, reference[r].site, j);
        cr_expect(text->special[0] && !text->special[1] && text->special[N - 1]);
    }
    for (size_t t = 1; t < texts.n; t++)
        cr_expect(texts.texts[t].number > texts.texts[t - 1].number, "in the file's order");
    ratio_texts_free(&texts);
    bench_close(&b);
}

Test(core_ratio_texts, the_longest_come_first_where_asked_and_equal_ones_in_their_order)
{
    struct ratio_text all[] = {{.number = 1, .n = 9}, {.number = 2, .n = 12}, {.number = 3, .n = 9}, {.number = 4, .n = 11}};
    struct ratio_texts texts = {.texts = all, .n = 4};
    static const size_t want[] = {2, 4, 1, 3};
    ratio_texts_sort(&texts, true);
    for (size_t t = 0; t < 4; t++)
        cr_expect_eq(all[t].number, want[t]);
}

Test(core_ratio_texts, heads_are_chosen_by_their_columns_then_by_their_ratios)
{
    static const struct site four[4];
    size_t columns[] = {3, 7, 7, 0}, chosen[4];
    double largest[] = {90, 10, 20, 99};
    const struct ratio_counts counts = {four, 4, 10, columns, largest};
    cr_expect(ratio_counts_choose(&counts, 1, chosen) == 1 && chosen[0] == 2);
    cr_expect(ratio_counts_choose(&counts, 3, chosen) == 3 && chosen[0] == 0 && chosen[1] == 1 && chosen[2] == 2);
    cr_expect_eq(ratio_counts_choose(&counts, 4, chosen), 4);
}

/* By transformers' maps: of the 11 even texts L5.H0 has a column in 9, L0.H0 in none. */
Test(core_ratio_texts, the_trained_model_s_columns_are_in_its_last_layer)
{
    struct bench b = bench_open();
    struct err err = {0};
    struct ratio_counts heads;
    struct scan_counts counts;
    size_t chosen[1];
    cr_assert(ratio_counts_new(sites, SITES, &heads, &err));
    struct scan_observer observer = ratio_counts_observer(&heads);
    b.options.half = SCAN_EVEN;
    cr_assert(scan(&b.options, &observer, 1, &counts, &err), "%s", err.message);
    cr_expect(heads.texts == counts.texts && heads.texts == 11 && heads.columns[1] == 9 && heads.columns[0] == 0);
    cr_expect(ratio_counts_choose(&heads, 1, chosen) == 1 && chosen[0] == 1);
    ratio_counts_free(&heads);
    bench_close(&b);
}

Test(core_ratio_texts, a_key_that_few_queries_see_has_no_ratio_and_a_broken_map_none_at_all)
{
    struct planted *p = planted_new(10, true); /* causal: key 3 is seen by 7 queries, key 2 by 8 */
    float probs[100] = {0}, ratios[10];
    for (size_t i = 0; i < 10; i++)
        for (size_t j = 0; j <= i; j++)
            probs[i * 10 + j] = 1.0F / (float)(i + 1);
    column_ratios(probs, &p->attention, ratios);
    for (size_t j = 0; j < 10; j++)
        cr_expect(j < 3 ? fabsf(ratios[j] - 1) < 1e-6F : isnan(ratios[j]), "key %zu: %g, uniform is 1", j, (double)ratios[j]);
    probs[55] = NAN;
    column_ratios(probs, &p->attention, ratios);
    for (size_t j = 0; j < 10; j++)
        cr_expect(isinf(ratios[j]));
    planted_free(p);
}

Test(core_ratio_texts, the_measure_ratio_is_none_where_no_key_has_enough_queries)
{
    struct planted *few = planted_new(7, true), *enough = planted_new(8, true);
    const struct measure *ratio = measure_named(STR("ratio")), *column = measure_named(STR("column"));
    struct err err = {0};
    double value;
    cr_assert(measure_site(&few->run, ratio, few->site, &value, &err), "%s", err.message);
    cr_expect(isnan(value), "seven queries see the first key: found %g", value);
    cr_assert(measure_site(&few->run, column, few->site, &value, &err), "%s", err.message);
    cr_expect_eq(value, 0, "none of them is a column");
    cr_assert(measure_site(&enough->run, ratio, enough->site, &value, &err), "%s", err.message);
    cr_expect_float_eq(value, 1, 1e-6, "eight see it: uniform, %g", value);
    planted_free(few);
    planted_free(enough);
}
