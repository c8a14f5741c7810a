/* Scales: positions, ranges from data, ticks, labels, words. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "viz/scale.h"

static const struct scale scales[] = {
    {.kind = SCALE_LINEAR, .lo = 0, .hi = 0.8},
    {.kind = SCALE_LINEAR, .lo = -3, .hi = 7},
    {.kind = SCALE_LINEAR, .lo = -4, .hi = 4, .diverging = true},
    {.kind = SCALE_SQRT, .lo = 0, .hi = 1},
    {.kind = SCALE_SQRT, .lo = -9, .hi = 9, .diverging = true},
    {.kind = SCALE_LOG, .lo = 1e-4, .hi = 1, .floor = 1e-4},
    {.kind = SCALE_LOG, .lo = -10, .hi = 10, .floor = 0.1, .diverging = true},
    {.kind = SCALE_SYMLOG, .lo = -100, .hi = 100, .floor = 1, .diverging = true},
    {.kind = SCALE_SYMLOG, .lo = 0, .hi = 100, .floor = 0.5},
};
enum { SCALES = sizeof scales / sizeof scales[0] };

Test(scale, ends_and_middle)
{
    for (size_t i = 0; i < SCALES; i++) {
        const struct scale *s = &scales[i];
        cr_expect_eq(scale_position(s, s->lo), 0, "%zu", i);
        cr_expect_eq(scale_position(s, s->hi), 1, "%zu", i);
        cr_expect_eq(scale_position(s, INFINITY), 1, "%zu", i);
        cr_expect_eq(scale_position(s, -INFINITY), 0, "%zu", i);
        cr_expect(isnan(scale_position(s, NAN)), "%zu", i);
        if (s->diverging)
            cr_expect_eq(scale_position(s, 0), 0.5, "%zu", i);
    }
}

/* The values at a quarter and at three quarters of each. */
static const double quarters[SCALES][2] = {{0.2, 0.6},  {-0.5, 4.5}, {-2, 2}, {0.0625, 0.5625}, {-2.25, 2.25},
                                           {1e-3, 0.1}, {-1, 1},     {0, 0},  {0, 0}};

Test(scale, positions_rise_evenly)
{
    for (size_t i = 0; i < SCALES; i++) {
        const struct scale *s = &scales[i];
        double before = -1;
        for (int k = 0; k <= 200; k++) {
            double v = s->lo + (s->hi - s->lo) * k / 200, p = scale_position(s, v);
            cr_expect(p >= before && p >= 0 && p <= 1, "scale %zu at %g: %g after %g", i, v, p, before);
            before = p;
        }
        for (int k = 0; s->kind != SCALE_SYMLOG && k < 2; k++)
            cr_expect_float_eq(scale_position(s, quarters[i][k]), 0.25 + 0.5 * k, 1e-12, "scale %zu at %g", i, quarters[i][k]);
    }
}

Test(scale, known_positions)
{
    cr_expect_float_eq(scale_position(&scales[0], 0.2), 0.25, 1e-12);
    cr_expect_float_eq(scale_position(&scales[3], 0.25), 0.5, 1e-12);
    cr_expect_float_eq(scale_position(&scales[4], -2.25), 0.25, 1e-12);
    cr_expect_float_eq(scale_position(&scales[5], 0.01), 0.5, 1e-12);
    cr_expect_eq(scale_position(&scales[5], 0), 0);
    cr_expect_float_eq(scale_position(&scales[6], 1), 0.75, 1e-12);
    cr_expect_float_eq(scale_position(&scales[7], 1), 0.5 + 0.5 / (1 + log(100)), 1e-12);
    cr_expect_float_eq(scale_position(&scales[7], -10), 0.5 - 0.5 * (1 + log(10)) / (1 + log(100)), 1e-12);
    cr_expect_float_eq(scale_position(&scales[8], 0.25), 0.5 / (1 + log(200)), 1e-12);
}

static struct scale fit(const float *values, size_t n, struct scale scale)
{
    struct panel panel = {.rows = 1, .cols = n, .values = values, .tick = NAN};
    struct picture picture = {.panels = &panel, .n_panels = 1, .scale = scale};
    picture_fit_scale(&picture);
    return picture.scale;
}

Test(scale, ranges_come_from_the_finite_values)
{
    const float probs[] = {0.1f, 0.5f, NAN, 0.0f}, far[] = {10, 11, 12}, signs[] = {-2, 1, INFINITY, -INFINITY};
    const struct scale none = {.lo = NAN, .hi = NAN}, both = {.lo = NAN, .hi = NAN, .diverging = true};
    struct scale s = fit(probs, 4, none);
    cr_expect(s.lo == 0 && s.hi == 0.5);
    s = fit(far, 3, none);
    cr_expect(s.lo == 10 && s.hi == 12, "%g %g", s.lo, s.hi);
    s = fit(signs, 4, none);
    cr_expect(s.lo == -2 && s.hi == 1);
    s = fit(signs, 4, both);
    cr_expect(s.lo == -2 && s.hi == 2);
    s = fit(probs, 4, (struct scale){.lo = 0, .hi = NAN});
    cr_expect(s.lo == 0 && s.hi == 0.5);
    s = fit(probs, 4, (struct scale){.lo = NAN, .hi = 1, .diverging = true});
    cr_expect(s.lo == -1 && s.hi == 1);
    s = fit(probs, 4, (struct scale){.kind = SCALE_LOG, .lo = NAN, .hi = NAN, .floor = 1e-3});
    cr_expect(s.lo == 1e-3 && s.hi == 0.5);
}

Test(scale, degenerate_data_get_a_range_of_positive_width)
{
    const float zero[] = {0, 0}, same[] = {3, 3}, below[] = {-3, -3}, masked[] = {NAN, NAN}, wild[] = {INFINITY, -INFINITY};
    const float *data[] = {zero, same, below, masked, wild};
    for (size_t d = 0; d < 5; d++) {
        for (int kind = SCALE_LINEAR; kind <= SCALE_SYMLOG; kind++) {
            for (int diverging = 0; diverging < 2; diverging++) {
                struct scale want = {.kind = (enum scale_kind)kind, .lo = NAN, .hi = NAN, .diverging = diverging};
                struct scale s = fit(data[d], 2, want);
                cr_expect(s.hi > s.lo && isfinite(s.hi - s.lo), "data %zu kind %d: %g %g", d, kind, s.lo, s.hi);
                s = fit(data[d], 0, want);
                cr_expect(s.hi > s.lo, "nothing, kind %d", kind);
                double p = scale_position(&s, data[d][0]);
                cr_expect(isnan(p) || (p >= 0 && p <= 1), "data %zu kind %d: %g", d, kind, p);
            }
        }
    }
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

Test(scale, clip_takes_percentiles)
{
    float v[1001], sorted[1001];
    unsigned seed = 12345;
    for (size_t i = 0; i < 1001; i++) {
        seed = seed * 1664525u + 1013904223u;
        v[i] = sorted[i] = (float)(seed >> 20) / 7 - 200; /* with equals among them */
    }
    qsort(sorted, 1001, sizeof *sorted, by_value);
    struct scale s = fit(v, 1001, (struct scale){.lo = NAN, .hi = NAN, .clip_lo = 2, .clip_hi = 98});
    cr_expect_eq(s.lo, sorted[20]);
    cr_expect_eq(s.hi, sorted[980]);
    s = fit(v, 1001, (struct scale){.lo = NAN, .hi = NAN, .clip_hi = 50});
    cr_expect_eq(s.lo, sorted[0]);
    cr_expect_eq(s.hi, sorted[500]);
    const float few[] = {-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5}; /* the percentile's nearest value, not the one below it */
    s = fit(few, 11, (struct scale){.lo = NAN, .hi = NAN, .clip_lo = 6, .clip_hi = 96});
    cr_expect(s.lo == -4 && s.hi == 5, "%g %g", s.lo, s.hi);
}

Test(scale, words_are_read_and_written)
{
    static const char *const good[] = {"linear", "sqrt", "log:0.0001", "log:1e-06", "symlog:0.5"};
    static const char *const bad[] = {"", "lin", "log:", "log:0", "log:-1", "log:x", "log:1e", "linear:1", "log:inf", "log:nan", "log:1 "};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct scale s = {0};
        struct err err = {0};
        struct buf text = {0};
        cr_assert(scale_parse(str_of(good[i]), &s, &err), "%s: %s", good[i], err.message);
        scale_print(&s, &text);
        cr_expect_str_eq(buf_cstr(&text), good[i]);
        buf_free(&text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct scale s = {.kind = SCALE_SQRT, .floor = 7};
        struct err err = {0};
        cr_expect(!scale_parse(str_of(bad[i]), &s, &err), "'%s' was read", bad[i]);
        cr_expect_eq(err.code, ERR_ARG, "%s", bad[i]);
        cr_expect(s.kind == SCALE_SQRT && s.floor == 7, "'%s' changed the scale", bad[i]);
    }
    struct scale s = {0};
    cr_expect(scale_parse(STR("log"), &s, NULL) && s.floor == 1e-4);
    cr_expect(scale_parse_clip(STR("2:98"), &s, NULL) && s.clip_lo == 2 && s.clip_hi == 98);
    cr_expect(!scale_parse_clip(STR("98:2"), &s, NULL) && !scale_parse_clip(STR("2"), &s, NULL) &&
              !scale_parse_clip(STR("-1:5"), &s, NULL) && !scale_parse_clip(STR("1:101"), &s, NULL));
}

Test(scale, ticks_are_round_and_inside)
{
    for (size_t i = 0; i < SCALES; i++) {
        double ticks[TICKS_MAX];
        size_t n = scale_ticks(&scales[i], 5, ticks);
        cr_expect(n >= 2 && n <= 16, "scale %zu: %zu ticks", i, n);
        for (size_t k = 0; k < n; k++) {
            cr_expect(ticks[k] >= scales[i].lo - 1e-9 && ticks[k] <= scales[i].hi + 1e-9, "%zu: %g", i, ticks[k]);
            if (k)
                cr_expect_gt(ticks[k], ticks[k - 1]);
            if (ticks[k] != 0) {
                double lead = fabs(ticks[k]) / pow(10, floor(log10(fabs(ticks[k])) + 1e-9));
                cr_expect_float_eq(lead * 2, round(lead * 2), 1e-6, "scale %zu: %g is not round", i, ticks[k]);
            }
        }
    }
    double ticks[TICKS_MAX];
    cr_expect_eq(scale_ticks(&(struct scale){.lo = 0, .hi = 0.83}, 5, ticks), 5); /* 0 0.2 0.4 0.6 0.8 */
    cr_expect_float_eq(ticks[4], 0.8, 1e-12);
    const struct scale decades = {.kind = SCALE_LOG, .lo = 0.01, .hi = 1, .floor = 0.01};
    cr_expect_eq(scale_ticks(&decades, 3, ticks), 3); /* 0.01 0.1 1 */
    cr_expect_eq(scale_ticks(&decades, 4, ticks), 7); /* 0.01 0.02 0.05 0.1 … 1 */
    cr_expect_eq(scale_ticks(&(struct scale){.lo = 1, .hi = 1}, 5, ticks), 0);
    cr_expect_eq(scale_ticks(&(struct scale){.lo = 1, .hi = INFINITY}, 5, ticks), 0);
}

Test(scale, labels)
{
    static const struct {
        double value, step;
        bool typographic;
        const char *text;
    } rows[] = {
        {0, 0.2, false, "0.0"},      {0.4, 0.2, false, "0.4"},       {-2, 1, false, "-2"},      {-2, 1, true, "−2"},
        {-0.04, 0.1, false, "0.0"},  {0.25, 0.05, false, "0.25"},    {1e-4, 0, false, "1e-4"},  {2e-7, 1e-7, false, "2e-7"},
        {0.0003, 0, false, "3e-4"},  {12345678, 0, false, "1.23e7"}, {100, 50, false, "100"},   {NAN, 1, false, "nan"},
        {-INFINITY, 1, false, "-inf"}, {0, 1e-7, false, "0"},
        {0.1, 0, false, "0.1"},      {0.01, 0, false, "0.01"},       {0.001, 0, false, "0.001"}, {1, 0, false, "1"},
        {0.832, 0, false, "0.832"},  {0.5, 0.25, false, "0.5"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf text = {0};
        scale_label(&text, rows[i].value, rows[i].step, rows[i].typographic);
        cr_expect_str_eq(buf_cstr(&text), rows[i].text, "%g by %g: '%s', not '%s'", rows[i].value, rows[i].step, buf_cstr(&text),
                         rows[i].text);
        buf_free(&text);
    }
}
