/* Measures of heads on real runs against transformers and numpy (reference_runs.py): every row of the list but those that read what a
 * head adds, which tests/core/effect has; and measures over texts. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/pool.h"
#include "core/forward.h"
#include "core/measure/measure_permuted.h"
#include "core/measure/measure_texts.h"
#include "tests/core/measure/planted.h"

struct reference_text {
    const char *path;
    const int32_t *ids, *types;
    size_t n;
};
struct reference_value {
    size_t of, layer, head;
    const char *name;
    double value;
};
#include "tests/core/measure/reference_runs.h"

#define COUNT(array) (sizeof array / sizeof *array)
#define TEXTS "tests/data/columns/texts.txt"

static bool near(double x, double y)
{
    return (isnan(x) && isnan(y)) || fabs(x - y) <= 1e-5 * fmax(1, fabs(y));
}

Test(core_measures_runs, every_measure_equals_transformers_and_numpy)
{
    size_t checked[64] = {0};
    for (size_t c = 0; c < COUNT(reference_texts); c++) {
        const struct reference_text *text = &reference_texts[c];
        struct err err = {0};
        struct encoding encoding;
        struct model *model = model_load(text->path, NULL, &err);
        cr_assert(model, "%s", err.message);
        cr_assert(encoding_of_ids(model->tokenizer, text->ids, text->types, text->n, &encoding, &err), "%s", err.message);
        struct run *run = run_one(model, &encoding, NULL, &err);
        cr_assert(run, "%s", err.message);
        for (size_t i = 0; i < COUNT(reference_values); i++) {
            const struct reference_value *ref = &reference_values[i];
            const struct measure *m = measure_named(str_of(ref->name));
            double value = NAN;
            if (ref->of != c)
                continue;
            cr_assert(m, "%s", ref->name);
            cr_assert(measure_site(run, m, (struct site){.layer = ref->layer, .head = ref->head}, &value, &err), "%s", err.message);
            cr_expect(near(value, ref->value), "%s L%zu.H%zu %s: %.9g, numpy %.9g", text->path, ref->layer, ref->head, ref->name, value,
                      ref->value);
            for (size_t k = 0; measures[k]; k++)
                checked[k] += measures[k] == m;
        }
        run_free(run);
        model_free(model);
    }
    for (size_t k = 0; measures[k]; k++)
        cr_expect(checked[k] || measures[k]->walks || strcmp(measures[k]->name, "stable_rank") == 0 ||
                      strncmp(measures[k]->name, "mixing", 6) == 0,
                  "%s has no reference on a run", measures[k]->name);
}

/* ---- over texts ---- */

struct bench {
    struct model *model;
    struct file file;
    struct site sites[64];
    struct measure_texts_options options;
};

static void bench_open(struct bench *b, const char *path, size_t length, const struct measure *const *wanted, size_t n)
{
    struct err err = {0};
    *b = (struct bench){.model = model_load(path, NULL, &err)};
    cr_assert(b->model, "%s", err.message);
    cr_assert(file_map(TEXTS, &b->file, &err), "%s", err.message);
    b->options = (struct measure_texts_options){
        .scan = {.model = b->model, .lines = {(const char *)b->file.data, b->file.size}, .name = TEXTS, .shortest = length, .length = length, .front = -1},
        .sites = b->sites, .n_sites = 24, .wanted = wanted, .n_wanted = n, .seed = 1};
    for (size_t s = 0; s < 24; s++)
        b->sites[s] = (struct site){.layer = s / 4, .head = s % 4};
}

static void bench_close(struct bench *b)
{
    file_unmap(&b->file);
    model_free(b->model);
}

Test(core_measures_runs, variability_equals_numpys_of_one_length_and_of_the_first_ten_positions)
{
    const struct measure *m = measure_named(STR("variability"));
    const struct {
        const char *path;
        size_t length;
        const double *want;
    } rows[] = {{"examples/models/roberta-tiny", 16, variability_roberta}, {"examples/models/gpt2-tiny", 12, variability_gpt2}};
    for (size_t r = 0; r < COUNT(rows); r++)
        for (size_t threads = 1; threads <= 3; threads += 2) {
            struct bench b;
            struct measure_texts out;
            struct err err = {0};
            pool_set_threads(threads);
            bench_open(&b, rows[r].path, rows[r].length, &m, 1);
            cr_assert(measure_texts(&b.options, &out, &err), "%s", err.message);
            for (size_t s = 0; s < 24; s++)
                cr_expect(near(out.values[s], rows[r].want[s]), "%s L%zu.H%zu: %.9g, numpy %.9g", rows[r].path, s / 4, s % 4, out.values[s],
                          rows[r].want[s]);
            measure_texts_free(&out);
            bench_close(&b);
        }
}

Test(core_measures_runs, over_texts_a_number_is_the_mean_and_a_class_the_commonest)
{
    const struct measure *wanted[] = {measure_named(STR("entropy")), measure_named(STR("pattern"))};
    struct bench b;
    struct measure_texts all, one;
    struct err err = {0};
    double sum = 0, times[5] = {0};
    size_t texts = 0, most = 0;
    bench_open(&b, "examples/models/roberta-tiny", 16, wanted, 2);
    b.options.n_sites = 9;
    cr_assert(measure_texts(&b.options, &all, &err), "%s", err.message);
    for (struct scan_lines lines = {.rest = b.options.scan.lines}; lines.rest.n;) {
        struct measure_texts_options alone = b.options;
        struct str line;
        if (!scan_next_line(&lines, &line))
            break;
        alone.scan.lines = line;
        if (!measure_texts(&alone, &one, &err)) {
            cr_expect_eq(err.code, ERR_NOT_FOUND, "%s", err.message);
            continue;
        }
        sum += one.values[8 * 2];
        times[(size_t)one.values[8 * 2 + 1]]++;
        texts++;
        measure_texts_free(&one);
    }
    for (size_t c = 1; c < 5; c++)
        most = times[c] > times[most] ? c : most;
    cr_expect_eq(all.texts, texts);
    cr_expect_gt(texts, 10);
    cr_expect(near(all.values[8 * 2], sum / (double)texts));
    cr_expect_eq(all.values[8 * 2 + 1], (double)most);
    measure_texts_free(&all);
    bench_close(&b);
}

/* A map that is the same in every text varies by nothing; permuted keys keep each row's numbers, so that its entropy stays and its
 * columns go. */
Test(core_measures_runs, references_are_what_they_say)
{
    struct planted *p = planted_new(24, false);
    struct err err = {0};
    double value, own, permuted;
    random_probs(2, 24, false, 5, p->term[0]);
    for (size_t i = 0; i < 24 * 24; i++)
        p->term[0][i] = p->term[0][i] > 0 ? logf(p->term[0][i]) : -100.0f;
    cr_assert(measure_uniform(&p->run, measure_named(STR("variability")), p->site, &value, &err), "%s", err.message);
    cr_expect_eq(value, 0);
    cr_assert(measure_uniform(&p->run, measure_named(STR("mixing")), p->site, &value, &err), "%s", err.message);
    cr_expect(isnan(value), "mixing reads more than the map");
    const struct measure *entropy = measure_named(STR("entropy")), *column = measure_named(STR("column"));
    cr_assert(measure_site(&p->run, entropy, p->site, &own, &err) && measure_permuted(&p->run, entropy, p->site, 1, &permuted, &err));
    cr_expect(near(permuted, own));
    cr_assert(measure_site(&p->run, column, p->site, &own, &err) && measure_permuted(&p->run, column, p->site, 1, &permuted, &err));
    cr_expect(own > 3 && permuted == 0, "%g, permuted %g", own, permuted);
    planted_free(p);
}
