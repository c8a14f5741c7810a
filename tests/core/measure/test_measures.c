/* Measures, columns, fits and intervals against numbers that numpy and scipy gave (reference.py). */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/column.h"
#include "core/measure/hypothesis.h"
#include "core/measure/measure.h"
#include "tests/core/measure/planted.h"

struct reference_measure {
    uint64_t seed;
    size_t n;
    bool causal;
    size_t column;
    const char *name;
    double value;
};
struct reference_column {
    uint64_t seed;
    size_t n;
    bool causal;
    size_t column, key;
    double mass, ratio, cover, median;
    int is_column;
};
struct reference_anova {
    uint64_t seed;
    size_t n;
    bool causal;
    double share, c[40];
};
struct reference_wilson {
    size_t k, n;
    double low, high;
};
#include "tests/core/measure/reference.h"

#define COUNT(array) (sizeof array / sizeof *array)

/* A run whose map is that of random_probs: its logits are the logarithms. */
static struct planted *run_of(uint64_t seed, size_t n, bool causal, size_t column)
{
    struct planted *p = planted_new(n, causal);
    random_probs(seed, n, causal, column, p->term[0]);
    for (size_t i = 0; i < n * n; i++)
        p->term[0][i] = p->term[0][i] > 0 ? logf(p->term[0][i]) : -100.0f;
    return p;
}

static bool near(double x, double y, double tolerance)
{
    return (isnan(x) && isnan(y)) || fabs(x - y) <= tolerance * fmax(1, fabs(y));
}

Test(core_measures, rows_are_complete_and_names_unique)
{
    size_t n = 0;
    for (; measures[n]; n++) {
        const struct measure *m = measures[n];
        cr_expect(m->name && m->label && m->formula && m->source && !m->value == !!m->walks, "%s is incomplete", m->name);
        cr_expect_eq(measure_named(str_of(m->name)), m);
    }
    cr_expect_eq(n, 32);
    cr_expect_null(measure_named(STR("entropyy")));
}

Test(core_measures, values_equal_numpys)
{
    size_t checked[64] = {0};
    for (size_t r = 0; r < COUNT(reference_measures); r++) {
        const struct reference_measure *ref = &reference_measures[r];
        struct planted *p = run_of(ref->seed, ref->n, ref->causal, ref->column);
        const struct measure *m = measure_named(str_of(ref->name));
        struct err err = {0};
        double value = NAN;
        cr_assert(m, "%s", ref->name);
        cr_assert(measure_site(&p->run, m, p->site, &value, &err), "%s", err.message);
        cr_expect(near(value, ref->value, 2e-6), "%s of seed %zu: %.9g, numpy %.9g", ref->name, (size_t)ref->seed, value,
                  ref->value);
        for (size_t k = 0; measures[k]; k++)
            checked[k] += measures[k] == m;
        planted_free(p);
    }
    for (size_t k = 0; measures[k]; k++)
        cr_expect_gt(checked[k], 0, "%s has no reference", measures[k]->name);
}

Test(core_measures, columns_equal_numpys)
{
    for (size_t r = 0; r < COUNT(reference_columns); r++) {
        const struct reference_column *ref = &reference_columns[r];
        struct planted *p = run_of(ref->seed, ref->n, ref->causal, ref->column);
        struct column_map map;
        struct err err = {0};
        unsigned char marks[64];
        float probs[64 * 64];
        cr_assert(column_map(&p->run, p->site, NULL, &map, &err), "%s", err.message);
        const struct column *c = &map.columns[ref->key];
        cr_expect(near(c->mass, ref->mass, 2e-6) && near(c->ratio, ref->ratio, 2e-6) && near(c->cover, ref->cover, 1e-12) &&
                      near(c->median, ref->median, 2e-6) && c->is_column == ref->is_column,
                  "key %zu of seed %zu: mass %.9g ratio %.9g cover %.9g median %.9g, numpy %.9g %.9g %.9g %.9g", ref->key,
                  (size_t)ref->seed, c->mass, c->ratio, c->cover, c->median, ref->mass, ref->ratio, ref->cover, ref->median);
        random_probs(ref->seed, ref->n, ref->causal, ref->column, probs);
        column_marks(probs, ref->n, ref->n, &p->attention, NULL, marks);
        cr_expect_eq(marks[ref->key], ref->is_column);
        column_map_free(&map);
        planted_free(p);
    }
}

Test(core_measures, column_parts_equal_numpys_least_squares)
{
    for (size_t r = 0; r < COUNT(reference_anovas); r++) {
        const struct reference_anova *ref = &reference_anovas[r];
        struct planted *p = planted_new(ref->n, ref->causal);
        uint64_t state = ref->seed;
        for (size_t i = 0; i < ref->n * ref->n; i++)
            p->term[1][i] = (float)(random_fraction(&state) * 8 - 4);
        struct column_map map;
        struct err err = {0};
        cr_assert(column_map(&p->run, p->site, NULL, &map, &err), "%s", err.message);
        cr_expect(near(map.share, ref->share, 1e-6), "seed %zu: share %.9g, numpy %.9g", (size_t)ref->seed, map.share,
                  ref->share);
        for (size_t j = 0; j < ref->n; j++)
            cr_expect(near(map.columns[j].nats, ref->c[j], 1e-6), "seed %zu key %zu: %.9g nats, numpy %.9g",
                      (size_t)ref->seed, j, map.columns[j].nats, ref->c[j]);
        column_map_free(&map);
        planted_free(p);
    }
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

Test(core_measures, one_pass_over_a_map_gives_every_measure_what_its_own_gives)
{
    struct planted *p = run_of(5, 33, true, 2);
    double together[2 * 64], alone;
    unsigned char broken[2];
    struct site sites[2] = {0};
    struct err err = {0};
    size_t n = 0;
    while (measures[n])
        n++;
    cr_assert(measure_many(&p->run, measures, n, sites, 2, NULL, together, broken, &err), "%s", err.message);
    for (size_t m = 0; m < n; m++) {
        cr_assert(measure_site(&p->run, measures[m], p->site, &alone, &err));
        cr_expect(same(together[m], alone) && same(together[n + m], alone), "%s", measures[m]->name);
    }
    cr_expect(!broken[0] && !broken[1]);
    planted_free(p);
}

Test(core_measures, a_map_that_is_not_finite_has_no_measure_and_no_column)
{
    for (int causal = 0; causal < 2; causal++) {
        struct planted *p = run_of(2, 24, causal, 5);
        struct column_map map;
        double values[64];
        unsigned char broken, marks[24];
        float probs[24 * 24];
        struct err err = {0};
        size_t n = 0;
        while (measures[n])
            n++;
        p->term[0][10 * 24 + 3] = NAN;
        cr_assert(measure_many(&p->run, measures, n, &p->site, 1, NULL, values, &broken, &err), "%s", err.message);
        cr_expect(broken);
        for (size_t m = 0; m < n; m++)
            cr_expect(isnan(values[m]), "%s: %g", measures[m]->name, values[m]);
        cr_assert(column_map(&p->run, p->site, NULL, &map, &err));
        cr_expect(map.not_finite);
        for (size_t j = 0; j < map.n; j++)
            cr_expect(!map.columns[j].is_column && isnan(map.columns[j].ratio) && isnan(map.columns[j].edge));
        cr_assert(run_map(&p->run, p->site, (struct part){.kind = PART_PROBS}, 0, 24, probs, &err));
        column_marks(probs, 24, 24, &p->attention, NULL, marks);
        for (size_t j = 0; j < 24; j++)
            cr_expect_not(marks[j]);
        column_map_free(&map);
        planted_free(p);
    }
}

Test(core_measures, a_measure_says_to_what_it_applies)
{
    struct planted *p = run_of(2, 24, false, 5);
    const struct tokens others = p->tokens;
    const float mix[1] = {1};
    double value;
    struct err err = {0};
    static const struct measure causal = {.name = "causal", .needs = MEASURE_CAUSAL};
    cr_expect(measure_refusal(&causal, &p->attention));
    for (size_t m = 0; measures[m]; m++) {
        cr_expect_null(measure_texts_refusal(measures[m], &p->attention), "%s", measures[m]->name);
        cr_expect_eq(measure_refusal(measures[m], &p->attention) != NULL, measures[m]->walks != NULL, "%s", measures[m]->name);
    }
    p->attention.keys = &others; /* the same tokens, but another axis */
    cr_expect(measure_refusal(measure_named(STR("distance")), &p->attention));
    cr_expect(measure_refusal(measure_named(STR("self")), &p->attention));
    cr_expect_null(measure_refusal(measure_named(STR("entropy")), &p->attention));
    cr_assert(measure_site(&p->run, measure_named(STR("next")), p->site, &value, &err));
    cr_expect(isnan(value));
    p->attention.mix_probs = mix;
    cr_expect(measure_refusal(measure_named(STR("entropy")), &p->attention));
    planted_free(p);
    p = run_of(4, 16, true, 0);
    cr_expect_null(measure_refusal(&causal, &p->attention));
    planted_free(p);
}

Test(core_measures, a_rule_of_ones_own_decides_what_a_column_is)
{
    struct planted *p = run_of(2, 24, false, 5);
    struct column_map map;
    struct err err = {0};
    size_t found[3] = {0};
    const struct column_rule rules[3] = {{COLUMN_RATIO, COLUMN_COVER}, {20, 0.5}, {0.5, 0}};
    for (size_t r = 0; r < 3; r++) {
        cr_assert(column_map(&p->run, p->site, &rules[r], &map, &err));
        for (size_t j = 0; j < map.n; j++)
            found[r] += map.columns[j].is_column;
        column_map_free(&map);
    }
    cr_expect(found[0] == 1 && found[1] == 0 && found[2] > 1, "%zu %zu %zu", found[0], found[1], found[2]);
    planted_free(p);
}

Test(core_measures, many_sites_give_what_one_gives)
{
    struct planted *p = run_of(2, 24, false, 5);
    struct site sites[5] = {0};
    double many[5], one;
    struct err err = {0};
    const struct measure *m = measure_named(STR("entropy"));
    cr_assert(measure_many(&p->run, &m, 1, sites, 5, NULL, many, NULL, &err), "%s", err.message);
    cr_assert(measure_site(&p->run, m, sites[0], &one, &err));
    for (size_t i = 0; i < 5; i++)
        cr_expect_eq(many[i], one);
    sites[3].layer = 9;
    cr_expect_not(measure_many(&p->run, &m, 1, sites, 5, NULL, many, NULL, &err));
    cr_expect_eq(err.code, ERR_NOT_FOUND);
    planted_free(p);
}

/* The uniform map's numbers are known: ln n, no column, 1/n on each key, (n² − 1)/(3n) tokens away in the mean. */
Test(core_measures, the_uniform_map_has_known_values)
{
    struct planted *p = run_of(1, 12, false, 3);
    struct err err = {0};
    struct {
        const char *name;
        double value;
    } rows[] = {{"entropy", log(12)},    {"column", 0},         {"self", 1.0 / 12},  {"special", 2.0 / 12},
                {"distance", 143.0 / 36}, {"next", 11.0 / 144}, {"previous", 11.0 / 144}};
    for (size_t r = 0; r < COUNT(rows); r++) {
        double value;
        cr_assert(measure_uniform(&p->run, measure_named(str_of(rows[r].name)), p->site, &value, &err), "%s", err.message);
        cr_expect(near(value, rows[r].value, 1e-6), "%s: %.9g, expected %.9g", rows[r].name, value, rows[r].value);
    }
    planted_free(p);
}

Test(core_measures, wilsons_intervals_equal_scipys)
{
    for (size_t r = 0; r < COUNT(reference_wilsons); r++) {
        const struct reference_wilson *ref = &reference_wilsons[r];
        double low, high;
        wilson_interval(ref->k, ref->n, &low, &high);
        cr_expect(near(low, ref->low, 1e-9) && near(high, ref->high, 1e-9), "%zu of %zu: [%.9g, %.9g], scipy [%.9g, %.9g]",
                  ref->k, ref->n, low, high, ref->low, ref->high);
    }
}
