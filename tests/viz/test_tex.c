/* The .tex of a figure in a real run of pdfTeX: it compiles, its labels say what they said, its cells have their colours. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../support/scratch.h"
#include "tools.h"
#include "viz/chart/chart.h"
#include "viz/palette/palette.h"
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

/* Three figures, a page each. */
static void compile(void)
{
    struct panel panel;
    int status;
    static const char document[] =
        "\\documentclass{article}\\usepackage{pgfplots}\\pgfplotsset{compat=1.16}\\pagestyle{empty}\n"
        "\\begin{document}\\noindent\\input{map.tex}\\newpage\\input{lines.tex}\\newpage"
        "\\input{bars.tex}\\end{document}\n";
    struct picture picture = picture_of(&panel, NULL);
    write_figure(&picture, "map.tex");
    picture = picture_of(&panel, &chart_lines);
    write_figure(&picture, "lines.tex");
    picture = picture_of(&panel, &chart_bars);
    panel.rows = 1;
    write_figure(&picture, "bars.tex");
    scratch_write("doc.tex", document, sizeof document - 1);
    struct buf log = tool_output("HOME=$PWD pdflatex -interaction=nonstopmode -halt-on-error doc.tex", &status);
    cr_assert_eq(status, 0, "%s", buf_cstr(&log));
    buf_free(&log);
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

Test(tex, text_is_escaped_or_drawn)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"50% a_b", "50\\% a{\\ttfamily\\char95}b"}, {"a--b-c", "a-{}-b-c"}, {"<\\>", "\\textless{}\\textbackslash{}\\textgreater{}"},
        {"naïve", "naïve"},         {"𓀀", NULL},            {"אב", NULL},
        {"Ðe", NULL},
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

Test(tex, more_cells_than_tex_takes_are_refused_with_the_way_out)
{
    enum { T = 201 };
    static float many[T * T];
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
