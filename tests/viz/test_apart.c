/* Figures as they are printed: at any number of tokens, width, size of letters and turn of labels no text lies over another, none
 * is cut, and none leaves the figure. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder.h"
#include "viz/chart/chart.h"
#include "viz/render/figure.h"

enum { MOST = 500, PANELS = 24 };

static const char *const tokens[] = {"[CLS]", "The", "representation", "of", "שלום", "a", "中文", ",", "understanding", "it", "was", "tired",
                                     ".", "I", "سلام", "km²"};
static struct str words[MOST];
static float values[MOST * MOST];
static const unsigned char marked[MOST] = {1, [4] = 1};
static char names[PANELS][16];
static struct panel panels[PANELS];

static void fill(void)
{
    unsigned long long x = 5;
    for (size_t i = 0; i < MOST; i++)
        words[i] = str_of(tokens[i % (sizeof tokens / sizeof *tokens)]);
    for (size_t i = 0; i < MOST * MOST; i++) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        values[i] = (float)(x >> 40) / (float)(1 << 24);
    }
}

struct shape {
    const char *name;
    const struct chart_kind *chart;
    size_t panels, rows, across; /* rows 0: as many as columns */
    bool diverging;
};
static const struct shape shapes[] = {
    {"one map", NULL, 1, 0, 0, false},      {"scores", NULL, 1, 0, 0, true},       {"four terms", NULL, 4, 0, 0, true},
    {"24 maps", NULL, PANELS, 0, 4, false}, {"one row", NULL, 1, 1, 0, false},     {"four rows", NULL, 1, 4, 0, false},
    {"lines", &chart_lines, 1, 0, 0, false}, {"lines of two", &chart_lines, 2, 0, 0, false}, {"bars", &chart_bars, 1, 1, 0, false},
    {"bars of two", &chart_bars, 2, 1, 0, false}, {"text", &chart_text, 1, 1, 0, false}, {"texts", &chart_text, 2, 1, 0, false},
};
static const size_t lengths[] = {1, 2, 5, 10, 17, 40, 128, MOST};
static const double widths[] = {77, 0, 160}; /* mm */

static struct picture picture_of(const struct shape *shape, size_t n)
{
    for (size_t k = 0; k < shape->panels; k++) {
        snprintf(names[k], sizeof names[k], "L%zu.H%zu", k / 4, k % 4);
        size_t rows = shape->rows && shape->rows < n ? shape->rows : shape->rows ? 1 : n;
        panels[k] = (struct panel){.rows = rows, .cols = n, .values = values, .row_labels = words, .col_labels = words,
                                   .marked_cols = shape->diverging ? NULL : marked, .title = shape->panels > 1 ? str_of(names[k]) : (struct str){0},
                                   .tick = shape->diverging ? NAN : 1 / (double)n};
    }
    return (struct picture){.chart = shape->chart, .panels = panels, .n_panels = shape->panels, .across = shape->across,
                            .scale = {.lo = shape->diverging ? -1 : 0, .hi = 1, .diverging = shape->diverging}, .row_axis = "Query",
                            .col_axis = "Key", .value_name = shape->diverging ? "scores (before the softmax)" : "attention probability"};
}

/* What is wrong with the figure, in words; "" where nothing is. Letters are lower than their line, by about a fifth of it. */
static void look(const struct recorder *r, const struct figure *f, struct buf *out)
{
    for (size_t i = 0; i < r->n && out->n < 300; i++) {
        const struct mark *a = &r->marks[i];
        if (a->kind != MARK_TEXT)
            continue;
        if (a->cut)
            buf_printf(out, " '%s' is cut;", a->text);
        for (int c = 0; c < 4; c++)
            if (a->corners[c].x < -0.5 || a->corners[c].y < -1.5 || a->corners[c].x > f->width + 0.5 || a->corners[c].y > f->height + 1) {
                buf_printf(out, " '%s' leaves the figure;", a->text);
                break;
            }
        for (size_t k = 0; k < i; k++)
            if (r->marks[k].kind == MARK_TEXT && recorder_overlap(a, &r->marks[k]) > 0.22 * f->text)
                buf_printf(out, " '%s' over '%s';", a->text, r->marks[k].text);
    }
}

/* A figure that is refused, for it has no room, is right. */
static void check(const struct shape *shape, size_t n, const struct render_options *options, size_t *drawn)
{
    struct picture picture = picture_of(shape, n);
    struct figure f;
    struct err err = {0};
    struct buf wrong = {0};
    struct canvas *measure = canvas_pixels_new(1, 1, 72, &err);
    cr_assert_not_null(measure);
    bool planned = figure_plan(&picture, options, measure, &f, &err);
    measure->ops->free(measure);
    if (!planned) {
        cr_expect(err.code == ERR_ARG && options->width > 0, "%s", err.message);
        return;
    }
    struct recorder *r = recorder_of(&picture, options, &f);
    look(r, &f, &wrong);
    cr_expect(wrong.n == 0, "%s of %zu tokens, %.0f mm, %g points, turn %d:%s", shape->name, n, options->width * 25.4 / 72, f.text,
              (int)options->turn, buf_cstr(&wrong));
    cr_expect(f.height <= 760 || options->width <= 0 || shape->chart == &chart_text, "%s of %zu tokens: %.0f points high", shape->name, n, f.height);
    ++*drawn;
    recorder_free(r);
    buf_free(&wrong);
}

enum { SHAPES = sizeof shapes / sizeof *shapes };

Test(apart, no_text_of_a_figure_lies_over_another_is_cut_or_leaves_it)
{
    size_t drawn = 0, asked = 0;
    fill();
    for (size_t s = 0; s < SHAPES; s++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
            for (size_t w = 0; w < (lengths[l] < MOST ? 3 : 1); w++, asked++)
                check(&shapes[s], lengths[l], &(struct render_options){.width = widths[w] * 72 / 25.4}, &drawn);
    cr_expect_geq(drawn, asked * 9 / 10, "%zu of %zu figures were drawn", drawn, asked);
}

Test(apart, letters_of_5_and_of_10_points_and_labels_turned_as_wanted_stay_apart)
{
    static const struct render_options wanted[] = {{.text = 5}, {.text = 10}, {.turn = TURN_FLAT}, {.turn = TURN_SLANTED}, {.turn = TURN_UPRIGHT}};
    static const size_t some[] = {5, 17, 128};
    size_t drawn = 0;
    fill();
    for (size_t s = 0; s < SHAPES; s++)
        for (size_t l = 0; l < 3; l++)
            for (size_t t = 0; t < sizeof wanted / sizeof *wanted; t++) {
                struct render_options options = wanted[t];
                options.width = 218;
                check(&shapes[s], some[l], &options, &drawn);
            }
    cr_expect_gt(drawn, 150, "%zu figures were drawn", drawn);
}

/* 1 cm, as narrow as sizes go: the error says which width is enough, and one millimetre less is not. */
Test(apart, a_figure_too_narrow_for_its_labels_is_one_error_that_names_a_width_that_is_enough)
{
    enum { LENGTH = 12 };
    const double mm = 72 / 25.4;
    fill();
    for (size_t s = 0; s < SHAPES; s++) {
        struct picture picture = picture_of(&shapes[s], LENGTH);
        struct figure f;
        struct err err = {0};
        struct canvas *measure = canvas_pixels_new(1, 1, 72, &err);
        cr_assert_not_null(measure);
        struct render_options options = {.width = 10 * mm};
        int enough = 0;
        bool refused = !figure_plan(&picture, &options, measure, &f, &err);
        const char *size = strstr(err.message, "; size=");
        cr_expect(refused && err.code == ERR_ARG && strstr(err.message, "a figure 10.0 mm wide has no room for ") == err.message, "%s: %s",
                  shapes[s].name, err.message);
        cr_expect(size && sscanf(size, "; size=%dmm is wide enough", &enough) == 1 && enough > 10, "%s: %s", shapes[s].name, err.message);
        options.width = enough * mm;
        cr_expect(figure_plan(&picture, &options, measure, &f, &err), "%s at %d mm: %s", shapes[s].name, enough, err.message);
        options.width = (enough - 1) * mm;
        cr_expect_not(figure_plan(&picture, &options, measure, &f, &err), "%s at %d mm", shapes[s].name, enough - 1);
        measure->ops->free(measure);
    }
}
