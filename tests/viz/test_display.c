/* A screen as a picture: which character stands where, in which colours, and that blocks and lines touch. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recorder.h"
#include "viz/chart/chart.h"
#include "viz/chart/display.h"
#include "viz/render/figure.h"
#include "viz/render/renderer.h"

static const struct rgb red = {200, 10, 20}, blue = {10, 20, 200};

static struct style style_of(struct rgb fg, struct rgb bg, unsigned flags)
{
    return (struct style){{COLOUR_RGB, fg, 0}, {COLOUR_RGB, bg, 0}, flags};
}

static struct cell_grid grid_of(size_t columns, size_t rows)
{
    struct cell_grid grid;
    struct err err = {0};
    cr_assert(grid_new(&grid, columns, rows, &err));
    return grid;
}

static struct picture picture_of(struct display *display)
{
    return (struct picture){.chart = &chart_display, .data = display};
}

/* ---- pixels ---- */

struct pixels {
    struct canvas *canvas;
    const uint32_t *words;
    size_t w, h, stride;
    struct figure figure;
};

static struct pixels pixels_of(struct display *display, double dpi)
{
    struct picture picture = picture_of(display);
    struct render_options options = {.dpi = dpi, .font = DISPLAY_FONT};
    struct buf remarks = {0};
    struct err err = {0};
    struct pixels p = {0};
    p.canvas = figure_render(&picture, &options, canvas_pixels_new, &p.figure, &remarks, &err);
    cr_assert(p.canvas && canvas_pixels(p.canvas, &p.words, &p.w, &p.h, &p.stride, &err), "%s", err.message);
    buf_free(&remarks);
    return p;
}

/* The pixel at a place of a cell: (0, 0) its upper left corner, (1, 1) its lower right. */
static struct rgb at(const struct pixels *p, size_t row, size_t col, double down, double across)
{
    double k = p->figure.dpi / 72;
    size_t x = (size_t)((p->figure.grid_x + ((double)col + across) * p->figure.cell_w) * k);
    size_t y = (size_t)((p->figure.grid_y + ((double)row + down) * p->figure.cell_h) * k);
    uint32_t v = p->words[y * p->stride + x];
    return (struct rgb){(unsigned char)(v >> 16), (unsigned char)(v >> 8), (unsigned char)v};
}

static bool same(struct rgb a, struct rgb b)
{
    return abs(a.r - b.r) <= 1 && abs(a.g - b.g) <= 1 && abs(a.b - b.b) <= 1;
}

/* Is a line of that colour there, within a pixel? */
static bool line_at(const struct pixels *p, size_t row, size_t col, double down, double across, struct rgb colour)
{
    double x = 72 / p->figure.dpi / p->figure.cell_w, y = 72 / p->figure.dpi / p->figure.cell_h;
    for (int i = -1; i <= 1; i++)
        for (int k = -1; k <= 1; k++)
            if ((i == 0 || k == 0) && same(at(p, row, col, down + i * y, across + k * x), colour))
                return true;
    return false;
}

Test(display, half_blocks_have_two_colours_a_cell)
{
    struct cell_grid grid = grid_of(5, 1);
    static const char *const text[] = {"▀", "▄", "█", " ", "▀"};
    for (size_t i = 0; i < 5; i++)
        grid_text(&grid, 0, i, 1, str_of(text[i]), style_of(red, blue, i == 4 ? CELL_REVERSE : 0));
    struct pixels p = pixels_of(&(struct display){&grid, DEPTH_TRUE}, 144);
    static const struct {
        bool upper, lower; /* red */
    } wanted[] = {{true, false}, {false, true}, {true, true}, {false, false}, {false, true}};
    for (size_t i = 0; i < 5; i++)
        for (double across = 0.05; across < 1; across += 0.3) {
            cr_expect(same(at(&p, 0, i, 0.05, across), wanted[i].upper ? red : blue), "cell %zu", i);
            cr_expect(same(at(&p, 0, i, 0.47, across), wanted[i].upper ? red : blue), "cell %zu", i);
            cr_expect(same(at(&p, 0, i, 0.53, across), wanted[i].lower ? red : blue), "cell %zu", i);
            cr_expect(same(at(&p, 0, i, 0.95, across), wanted[i].lower ? red : blue), "cell %zu", i);
        }
    p.canvas->ops->free(p.canvas);
    grid_free(&grid);
}

Test(display, blocks_and_lines_touch_at_any_resolution)
{
    static const double resolutions[] = {72, 97, 144, 313};
    struct cell_grid grid = grid_of(4, 3);
    static const char *const rows[] = {"┌─┐█", "│┼│█", "└─┘█"};
    for (size_t r = 0; r < 3; r++)
        grid_text(&grid, r, 0, 4, str_of(rows[r]), style_of(red, blue, 0));
    for (size_t i = 0; i < 4; i++) {
        struct pixels p = pixels_of(&(struct display){&grid, DEPTH_TRUE}, resolutions[i]);
        double step = 36 / resolutions[i] / p.figure.cell_h; /* half a pixel */
        for (double y = 0.5; y < 2.5; y += step) { /* the frame's left and right side, the bar */
            size_t row = (size_t)y;
            cr_expect(line_at(&p, row, 0, y - (double)row, 0.5, red), "left at %g, %g dpi", y, resolutions[i]);
            cr_expect(line_at(&p, row, 2, y - (double)row, 0.5, red), "right at %g, %g dpi", y, resolutions[i]);
            cr_expect(same(at(&p, row, 3, y - (double)row, 0.5), red), "bar at %g, %g dpi", y, resolutions[i]);
        }
        for (double x = 0.5; x < 2.5; x += step)
            cr_expect(line_at(&p, 0, (size_t)x, 0.5, x - floor(x), red) && line_at(&p, 2, (size_t)x, 0.5, x - floor(x), red), "top and bottom at %g", x);
        cr_expect(same(at(&p, 0, 0, 0.2, 0.5), blue) && same(at(&p, 0, 0, 0.5, 0.1), blue), "a corner has two arms");
        cr_expect(line_at(&p, 1, 1, 0.04, 0.5, red) && line_at(&p, 1, 1, 0.5, 0.1, red) && same(at(&p, 1, 1, 0.2, 0.1), blue), "a cross has four");
        p.canvas->ops->free(p.canvas);
    }
    grid_free(&grid);
}

Test(display, shows_the_colours_that_the_terminal_has)
{
    struct cell_grid grid = grid_of(2, 1);
    grid_text(&grid, 0, 0, 1, STR("█"), (struct style){.fg = {COLOUR_RGB, {250, 5, 5}, 0}});
    grid_text(&grid, 0, 1, 1, STR("█"), (struct style){.fg = {COLOUR_RGB, {250, 5, 5}, 0}, .bg = {COLOUR_RGB, {1, 2, 3}, 0}, .flags = CELL_DIM});
    struct pixels all = pixels_of(&(struct display){&grid, DEPTH_TRUE}, 72), eight = pixels_of(&(struct display){&grid, DEPTH_8}, 72),
                  none = pixels_of(&(struct display){&grid, DEPTH_MONO}, 72);
    cr_expect(same(at(&all, 0, 0, 0.5, 0.5), (struct rgb){250, 5, 5}));
    cr_expect(same(at(&eight, 0, 0, 0.5, 0.5), (struct rgb){205, 0, 0}), "xterm's red");
    struct rgb grey = at(&none, 0, 0, 0.5, 0.5), dim = at(&all, 0, 1, 0.5, 0.5);
    cr_expect(grey.r > 200 && grey.g > 200 && grey.b > 200, "the terminal's own letters are light");
    cr_expect(dim.r < 200 && dim.r > 100, "dim lies between ink and ground");
    all.canvas->ops->free(all.canvas);
    eight.canvas->ops->free(eight.canvas);
    none.canvas->ops->free(none.canvas);
    grid_free(&grid);
}

/* ---- glyphs ---- */

static double area(int32_t cp)
{
    struct glyph_boxes g;
    double sum = 0;
    cr_assert(glyph_boxes(cp, 2, &g), "U+%04X", (unsigned)cp);
    for (size_t i = 0; i < g.n; i++) {
        cr_expect(g.box[i].x >= 0 && g.box[i].y >= 0 && g.box[i].x + g.box[i].w <= 1 + 1e-9 && g.box[i].y + g.box[i].h <= 1 + 1e-9, "U+%04X",
                  (unsigned)cp);
        sum += g.box[i].w * g.box[i].h;
    }
    return sum * g.ink;
}

Test(display, block_elements_fill_what_their_names_say)
{
    static const struct {
        int32_t cp;
        double share;
    } rows[] = {{0x2580, 1 / 2.0}, {0x2581, 1 / 8.0}, {0x2584, 4 / 8.0}, {0x2587, 7 / 8.0}, {0x2588, 1},       {0x2589, 7 / 8.0}, {0x258b, 5 / 8.0},
                {0x258f, 1 / 8.0}, {0x2590, 1 / 2.0}, {0x2591, 1 / 4.0}, {0x2592, 2 / 4.0}, {0x2593, 3 / 4.0}, {0x2594, 1 / 8.0}, {0x2595, 1 / 8.0},
                {0x2596, 1 / 4.0}, {0x2598, 1 / 4.0}, {0x2599, 3 / 4.0}, {0x259a, 1 / 2.0}, {0x259c, 3 / 4.0}, {0x259d, 1 / 4.0}, {0x259e, 1 / 2.0}, {0x259f, 3 / 4.0}};
    struct glyph_boxes g;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(fabs(area(rows[i].cp) - rows[i].share) < 1e-9, "U+%04X fills %g, not %g", (unsigned)rows[i].cp, area(rows[i].cp), rows[i].share);
    for (int32_t cp = 0x2580; cp <= 0x259f; cp++)
        cr_expect(area(cp) > 0);
    cr_expect(glyph_boxes(0x259d, 2, &g) && g.box[0].x == 0.5 && g.box[0].y == 0, "the upper right quadrant");
    cr_expect(glyph_boxes(0x2596, 2, &g) && g.box[0].x == 0 && g.box[0].y == 0.5, "the lower left quadrant");
    cr_expect(glyph_boxes(0x2590, 2, &g) && g.box[0].x == 0.5, "the right half");
    cr_expect(!glyph_boxes('A', 2, &g) && !glyph_boxes(0x25b8, 2, &g) && !glyph_boxes(0x2550, 2, &g), "others are the font's");
}

/* Which quarters of a cell the quadrants fill, by Unicode's names: U+2596 … U+259F. */
Test(display, quadrants_fill_the_quarters_that_their_names_say)
{
    static const char *const quarters[] = {"..x.", "...x", "x...", "x.xx", "x..x", "xxx.", "xx.x", ".x..", ".xx.", ".xxx"}; /* upper left, upper right, lower left, lower right */
    for (int32_t cp = 0x2596; cp <= 0x259f; cp++) {
        struct glyph_boxes g;
        char found[5] = "....";
        cr_assert(glyph_boxes(cp, 2, &g));
        for (size_t i = 0; i < g.n; i++)
            for (int q = 0; q < 4; q++) { /* the quarter's middle */
                double x = 0.25 + q % 2 * 0.5 - g.box[i].x, y = 0.25 + q / 2 * 0.5 - g.box[i].y;
                if (x > 0 && y > 0 && x < g.box[i].w && y < g.box[i].h)
                    found[q] = 'x';
            }
        cr_expect_str_eq(found, quarters[cp - 0x2596], "U+%04X", (unsigned)cp);
    }
}

/* ---- letters ---- */

Test(display, letters_stand_in_their_cells)
{
    struct cell_grid grid = grid_of(30, 2);
    grid_text(&grid, 0, 2, 28, STR("two words  貓 cat, caf\xc3\xa9"), (struct style){0});
    grid_text(&grid, 1, 5, 28, STR("שלום"), (struct style){.flags = CELL_BOLD | CELL_UNDERLINE});
    struct display display = {&grid, DEPTH_TRUE};
    struct picture picture = picture_of(&display);
    struct figure figure;
    struct recorder *r = recorder_of(&picture, &(struct render_options){.font = DISPLAY_FONT}, &figure);
    static const struct {
        const char *text;
        size_t col;
    } rows[] = {{"two words", 2}, {"cat, caf\xc3\xa9", 16}};
    for (size_t i = 0; i < 2; i++) {
        const struct mark *m = recorder_text(r, rows[i].text);
        cr_assert(m, "'%s' is one text", rows[i].text);
        cr_expect(fabs(m->from.x - figure.grid_x - (double)rows[i].col * figure.cell_w) < 0.1 * figure.cell_w, "'%s' at %g", rows[i].text, m->from.x);
        cr_expect(m->from.y > 0 && m->from.y < figure.grid_y + figure.cell_h);
    }
    static const char *const gone[] = {" ", "words  貓"};
    cr_expect(!recorder_text(r, gone[0]) && !recorder_text(r, gone[1]));
    const struct mark *wide = recorder_text(r, "貓"), *hebrew = recorder_text(r, "ו");
    cr_assert(wide && hebrew, "letters that join or are wide stand by themselves");
    cr_expect(wide->from.x >= figure.grid_x + 13 * figure.cell_w - 1e-6 && wide->from.x < figure.grid_x + 14.5 * figure.cell_w, "in the middle of two cells");
    cr_expect(hebrew->from.x >= figure.grid_x + 7 * figure.cell_w - 1e-6 && hebrew->from.x < figure.grid_x + 8 * figure.cell_w);
    size_t underlines = 0;
    for (size_t i = 0; i < r->n; i++)
        underlines += r->marks[i].kind == MARK_RECTANGLE && r->marks[i].box.h < 1;
    cr_expect_eq(underlines, 4, "a letter each");
    recorder_free(r);
    grid_free(&grid);
}

Test(display, every_format_writes_the_same_bytes_twice_and_text_is_text)
{
    static const struct renderer *const formats[] = {&renderer_png, &renderer_svg, &renderer_pdf, &renderer_txt};
    struct cell_grid grid = grid_of(24, 2);
    grid_text(&grid, 0, 0, 24, STR("a <b> & \"c\"  ▀▄ ░▒▓ │"), style_of(red, blue, 0));
    struct display display = {&grid, DEPTH_TRUE};
    struct picture picture = picture_of(&display);
    for (size_t i = 0; i < 4; i++) {
        struct buf out[2] = {{0}, {0}}, remarks = {0};
        struct err err = {0};
        for (size_t k = 0; k < 2; k++)
            cr_assert(formats[i]->render(&picture, &(struct render_options){.font = DISPLAY_FONT}, &out[k], &remarks, &err), "%s", err.message);
        cr_expect(out[0].n == out[1].n && memcmp(out[0].data, out[1].data, out[0].n) == 0, "%s", formats[i]->name);
        if (formats[i] == &renderer_svg) {
            cr_expect(strstr(buf_cstr(&out[0]), ">a &lt;b&gt; &amp; &quot;c&quot;</text>"));
            cr_expect(strstr(buf_cstr(&out[0]), "'DejaVu Sans Mono', monospace"));
            cr_expect_null(strstr(buf_cstr(&out[0]), "▀"), "blocks are no letters");
        }
        if (formats[i] == &renderer_txt)
            cr_expect_str_eq(buf_cstr(&out[0]), "a <b> & \"c\"  ▀▄ ░▒▓ │\n\n");
        for (size_t k = 0; k < 2; k++)
            buf_free(&out[k]);
        buf_free(&remarks);
    }
    grid_free(&grid);
}
