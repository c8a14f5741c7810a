/* The .tex of a figure in a real run of pdfTeX: it compiles, its labels say what they said, its cells have their colours. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/scratch.h"
#include "tools.h"
#include "viz/chart/chart.h"
#include "viz/palette/palette.h"
#include "viz/render/figure.h"
#include "viz/render/renderer.h"
#include "viz/render/tex_text.h"

enum { N = 6 };
/* What TeX has a meaning for, what its fonts lack, and a plain word. */
static const struct str labels[N] = {{"50%", 3}, {"a_b^c", 5}, {"{x}&#$", 6}, {"\\par~", 5}, {"שלום", 8}, {"cat", 3}};
static float values[N * N];
static const unsigned char hidden[N * N] = {[N - 1] = 1};

static struct picture picture_of(struct panel *panel, const struct chart_kind *chart)
{
    for (size_t i = 0; i < N * N; i++)
        values[i] = (float)i / (N * N - 1);
    *panel = (struct panel){.rows = N, .cols = N, .values = values, .masked = hidden, .row_labels = labels, .col_labels = labels,
                            .tick = 1.0 / N, .title = STR("L0.H0")};
    return (struct picture){.chart = chart, .panels = panel, .n_panels = 1, .scale = {.lo = 0, .hi = 1}, .palette = "viridis",
                            .row_axis = "Query", .col_axis = "Key", .value_name = "100% & more_or_less"};
}

static void write_figure(const struct picture *picture, const char *name)
{
    struct buf out = {0}, remarks = {0};
    struct err err = {0};
    cr_assert(renderer_tex.render(picture, &(struct render_options){0}, &out, &remarks, &err), "%s", err.message);
    scratch_write(name, out.data, out.n);
    buf_free(&out);
    buf_free(&remarks);
}

/* doc.pdf of a document with that body. */
static void typeset(const char *body)
{
    struct buf document = {0};
    int status;
    buf_printf(&document, "\\documentclass{article}\\usepackage{pgfplots}\\pgfplotsset{compat=1.16}\\pagestyle{empty}\n"
               "\\begin{document}\\noindent%s\\end{document}\n", body);
    scratch_write("doc.tex", document.data, document.n);
    struct buf log = tool_output("HOME=$PWD pdflatex -interaction=nonstopmode -halt-on-error doc.tex", &status);
    cr_assert_eq(status, 0, "%s", buf_cstr(&log));
    buf_free(&log);
    buf_free(&document);
}

/* Three figures, a page each. */
static void compile(void)
{
    struct panel panel;
    struct picture picture = picture_of(&panel, NULL);
    write_figure(&picture, "map.tex");
    picture = picture_of(&panel, &chart_lines);
    write_figure(&picture, "lines.tex");
    picture = picture_of(&panel, &chart_bars);
    panel.rows = 1;
    write_figure(&picture, "bars.tex");
    typeset("\\input{map.tex}\\newpage\\input{lines.tex}\\newpage\\input{bars.tex}");
}

/* The viewer's colours of the cells of row i, met on a line through the middle of its height; how many of them were met. */
static size_t colours_met(const unsigned char *rgb, size_t w, size_t h, size_t i)
{
    size_t met = 0;
    for (size_t j = 0; j < N; j++) {
        struct rgb want = hidden[i * N + j] ? rgb_of(palette_viridis.masked) : palette_at(&palette_viridis, (double)values[i * N + j]);
        size_t n = 0;
        for (size_t at = 0; at < w * h; at++) {
            const unsigned char *p = rgb + at * 3;
            n += abs(p[0] - want.r) <= 2 && abs(p[1] - want.g) <= 2 && abs(p[2] - want.b) <= 2;
        }
        met += n > 100; /* a cell is some 30 × 30 pixels; of the colour bar a line or two are of that colour */
    }
    return met;
}

Test(tex, a_real_run_of_tex_sets_labels_as_they_are_and_cells_in_the_palettes_colours)
{
    int status;
    size_t w, h, met = 0;
    if (tool_missing("pdflatex") || tool_missing("pdftotext") || tool_missing("pdftoppm"))
        return;
    compile();
    struct buf text = tool_output("pdftotext doc.pdf -", &status);
    static const char *const wanted[] = {"50%", "a_b^c", "{x}&#$", "\\par~", "cat", "Query", "Key", "100% & more_or_less", "1/6"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_expect(strstr(buf_cstr(&text), wanted[i]), "%s is not in\n%s", wanted[i], buf_cstr(&text));
    buf_free(&text);
    unsigned char *rgb = tool_pixels("doc.pdf", 144, &w, &h);
    for (size_t i = 0; i < N; i++)
        met += colours_met(rgb, w, h, i);
    cr_expect_eq(met, N * N, "%zu of %d cells have their colour", met, N * N);
    free(rgb);
}

/* Though one is a stop and one reaches below the line. */
Test(tex, labels_of_rows_stand_on_lines_as_far_apart_as_the_rows)
{
    static const struct str stops[3] = {{"acc", 3}, {".", 1}, {"gyp", 3}};
    struct panel panel = {.rows = 3, .cols = 3, .values = values, .row_labels = stops, .col_labels = stops, .tick = NAN};
    struct picture picture = {.panels = &panel, .n_panels = 1, .scale = {.lo = 0, .hi = 1}};
    struct buf out = {0}, remarks = {0};
    struct err err = {0};
    double y[3];
    cr_assert(renderer_tex.render(&picture, &(struct render_options){0}, &out, &remarks, &err), "%s", err.message);
    const char *at = buf_cstr(&out);
    for (size_t i = 0; i < 3; i++) {
        at = strstr(at, "anchor=base east");
        cr_assert(at && (at = strstr(at, "] at (")) && sscanf(at, "] at (%*f,%lf)", &y[i]) == 1, "label %zu", i);
        cr_expect(strncmp(strchr(at, '{') + 1, stops[i].s, stops[i].n) == 0);
    }
    cr_expect_float_eq(y[0] - y[1], y[1] - y[2], 0.002);
    struct figure f;
    struct canvas *measure = canvas_outlines_new(&err);
    cr_assert(measure && figure_plan(&picture, &(struct render_options){0}, measure, &f, &err), "%s", err.message);
    double below = f.height - (f.grid_y + f.head + 0.5 * f.cell_h) - y[0]; /* small letters are half as high as the text's size */
    cr_expect(below > 0.2 * f.text && below < 0.45 * f.text, "%g points below the row's middle, of letters of %g", below, f.text);
    measure->ops->free(measure);
    buf_free(&out);
    buf_free(&remarks);
}

Test(tex, text_is_escaped_or_drawn)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"50% a_b", "50\\% a{\\ttfamily\\char95}b"}, {"a--b-c", "a-{}-b-c"}, {"<\\>", "\\textless{}\\textbackslash{}\\textgreater{}"},
        {"naïve", "naïve"},         {"𓀀", NULL},            {"אב", NULL},
        {"Ðe", NULL},           {"≠cat × 2", "\\ensuremath{\\neq}cat \\ensuremath{\\times} 2"},
    };
    struct err err = {0};
    struct canvas *measure = canvas_outlines_new(&err);
    cr_assert_not_null(measure, "%s", err.message);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        cr_assert(tex_label(measure, &(struct text_style){.size = 8}, str_of(rows[i].text), &out, &err), "%s", err.message);
        if (rows[i].wanted)
            cr_expect_str_eq(buf_cstr(&out), rows[i].wanted);
        else
            cr_expect(strstr(buf_cstr(&out), "\\pgfpathmoveto") && strstr(buf_cstr(&out), "\\pgfusepath{fill}"), "%s", rows[i].text);
        buf_free(&out);
    }
    measure->ops->free(measure);
}

/* What pgfplots does not take: a single row, a single column, and more cells than its tables find memory for. */
Test(tex, maps_of_one_row_of_one_column_and_of_130_tokens_are_set_by_a_real_run_of_tex)
{
    enum { MOST = 130 };
    static float some[MOST * MOST];
    static const struct {
        size_t rows, cols, runs; /* cells of other colours than their neighbours, at least */
    } rows[] = {{1, 6, 6}, {6, 1, 6}, {MOST, MOST, MOST * MOST * 9 / 10}};
    unsigned long long state = 11;
    if (tool_missing("pdflatex") || tool_missing("pdftoppm"))
        return;
    for (size_t i = 0; i < MOST * MOST; i++)
        some[i] = i < 6 ? (float)i / 5 : (float)draw(&state, 1000) / 1000;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct panel panel = {.rows = rows[i].rows, .cols = rows[i].cols, .values = some, .tick = NAN};
        struct picture picture = {.panels = &panel, .n_panels = 1, .scale = {.lo = 0, .hi = 1}, .palette = "viridis", .row_axis = "Query",
                                  .col_axis = "Key"};
        struct buf out = {0}, remarks = {0};
        struct err err = {0};
        size_t w, h, met = 0;
        cr_assert(renderer_tex.render(&picture, &(struct render_options){.width = 218}, &out, &remarks, &err), "%s", err.message);
        scratch_write("map.tex", out.data, out.n);
        size_t n = 0;
        for (const char *at = out.data; (at = memmem(at, out.n - (size_t)(at - out.data), "\n\\gaze ", 7)); at++)
            n++;
        cr_expect_geq(n, rows[i].runs);
        typeset("\\input{map.tex}");
        unsigned char *rgb = tool_pixels("doc.pdf", 144, &w, &h);
        for (size_t k = 0; k < 6; k++) { /* of the six first cells, which stand in no colour bar so large */
            struct rgb want = palette_at(&palette_viridis, (double)some[k]);
            size_t pixels = 0;
            for (size_t at = 0; at < w * h; at++)
                pixels += abs(rgb[3 * at] - want.r) <= 2 && abs(rgb[3 * at + 1] - want.g) <= 2 && abs(rgb[3 * at + 2] - want.b) <= 2;
            met += pixels > (i < 2 ? 100U : 2U);
        }
        cr_expect_eq(met, 6, "%zu × %zu: %zu of 6 colours", rows[i].rows, rows[i].cols, met);
        free(rgb);
        buf_free(&out);
        buf_free(&remarks);
    }
}

Test(tex, more_cells_than_tex_takes_are_refused_with_the_way_out)
{
    enum { T = 201 };
    static float many[T * T];
    unsigned long long state = 3;
    for (size_t i = 0; i < T * T; i++)
        many[i] = (float)draw(&state, 1000) / 1000;
    struct panel panel = {.rows = T, .cols = T, .values = many, .tick = NAN};
    struct picture picture = {.panels = &panel, .n_panels = 1, .scale = {.lo = 0, .hi = 1}};
    struct buf out = {0}, remarks = {0};
    struct err err = {0};
    cr_expect_not(renderer_tex.render(&picture, &(struct render_options){0}, &out, &remarks, &err));
    cr_expect(strstr(err.message, "plot to .pdf") && out.n == 0, "%s", err.message);
    buf_free(&out);
    buf_free(&remarks);
}

Test(tex, a_caption_makes_it_a_figure)
{
    struct panel panel;
    struct picture picture = picture_of(&panel, NULL);
    struct buf out = {0}, remarks = {0};
    struct err err = {0};
    cr_assert(renderer_tex.render(&picture, &(struct render_options){.caption = "\\caption{Cats}"}, &out, &remarks, &err), "%s", err.message);
    cr_expect(strstr(buf_cstr(&out), "\\begin{figure}") && strstr(buf_cstr(&out), "\\caption{Cats}\n\\end{figure}\n"));
    buf_free(&out);
    buf_free(&remarks);
}
