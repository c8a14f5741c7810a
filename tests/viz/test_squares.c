/* Squares with intervals and their table: in cells and as a figure. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/viz/recorder.h"
#include "viz/chart/chart.h"
#include "viz/chart/squares.h"
#include "viz/render/cells.h"
#include "viz/render/renderer.h"

#define CELL(v, l, h, ...) {.value = v, .low = l, .high = h, .note = __VA_ARGS__}
#define S(text) {text, sizeof text - 1}

static const struct square_of square = {
    .title = S("start: 3 columns"), .rows = {S("there"), S("gone")}, .cols = {S("at home"), S("moved")},
    .cells = {{CELL(1, NAN, NAN, S("loss 1")), CELL(0.75, 0.5, 1, S("loss 2"))}, {CELL(-0.07, -0.1, -0.05, S("loss 3")), CELL(NAN, NAN, NAN, {0})}}};
static const struct squares_cell first[] = {CELL(0.1, 0.05, 0.15, {0}), CELL(1.1, 0.9, 1.3, {0})}, second[] = {CELL(NAN, NAN, NAN, {0}), CELL(0.4, -INFINITY, INFINITY, {0})};
static const struct str names[] = {S("replaced"), S("vacant")};
static const struct squares_row rows[] = {{S("L0.H1 start"), S("[CLS] alone suffices"), first}, {S("L5.H0 end"), S("undecided"), second}};
static const struct squares data = {&square, 1, names, 2, rows, 2, {0.5, 0.8, 1.25}, -0.25, 1.5};

static struct picture picture_of(const struct squares *squares)
{
    return (struct picture){.chart = &chart_squares, .data = squares, .scale = {.lo = 0, .hi = 1.25, .clip_hi = 100}, .value_name = "what stays"};
}

static void draw(const struct squares *squares, size_t columns, enum depth depth, struct buf *out)
{
    struct err err = {0};
    struct picture picture = picture_of(squares);
    struct cells_options options = {.columns = columns, .depth = depth};
    struct cell_grid grid = {0};
    cr_assert(cells_picture(&picture, &options, &grid, &err), "%s", err.message);
    cr_expect_leq(grid.columns, columns < 40 ? 40 : columns);
    cells_encode(&grid, depth, out);
    grid_free(&grid);
}

Test(squares, cells_hold_every_number_and_word)
{
    static const char *const wanted[] = {"start: 3 columns", "at home", "moved", "there", "gone", "0.75 [0.50, 1.00]", "-0.07 [-0.10, -0.05]", "loss 2",
                                         "replaced", "vacant", "L0.H1 start", "0.10", "1.10", "[CLS] alone suffices", "undecided"};
    struct buf out = {0};
    draw(&data, 100, DEPTH_MONO, &out);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_expect(strstr(buf_cstr(&out), wanted[i]), "%s is missing:\n%s", wanted[i], buf_cstr(&out));
    buf_free(&out);
}

/* The axis runs from −0.25 to 1.5 over the cell: 0.75 stands at 4/7 of it, its interval from 3/7 to 5/7. */
Test(squares, an_interval_stands_on_its_axis)
{
    struct picture picture = picture_of(&data);
    struct render_options options = {.width = 400};
    struct figure figure;
    struct recorder *r = recorder_of(&picture, &options, &figure);
    const struct mark *number = recorder_text(r, "0.75 [0.50, 1.00]");
    cr_assert(number);
    const struct mark *cell = NULL;
    for (size_t i = 0; i < r->n; i++) {
        const struct box *b = &r->marks[i].box;
        if (r->marks[i].kind == MARK_RECTANGLE && number->from.x > b->x && number->from.x < b->x + b->w && number->from.y > b->y && number->from.y < b->y + b->h)
            cell = &r->marks[i];
    }
    cr_assert(cell);
    double x = cell->box.x + 0.6 * figure.text, w = cell->box.w - 1.2 * figure.text;
    bool found = false;
    for (size_t i = 0; i < r->n; i++)
        found = found || (r->marks[i].kind == MARK_LINE && fabs(r->marks[i].from.x - (x + w * 3 / 7)) < 0.01 && fabs(r->marks[i].to.x - (x + w * 5 / 7)) < 0.01);
    cr_expect(found, "no line from 3/7 to 5/7 of the cell's axis");
    recorder_free(r);
}

Test(squares, no_words_of_a_figure_lie_over_others_or_outside)
{
    static const double widths[] = {219, 300, 455};
    for (size_t k = 0; k < 3; k++) {
        struct picture picture = picture_of(&data);
        struct render_options options = {.width = widths[k]};
        struct figure figure;
        struct recorder *r = recorder_of(&picture, &options, &figure);
        for (size_t i = 0; i < r->n; i++) {
            if (r->marks[i].kind != MARK_TEXT)
                continue;
            for (size_t c = 0; c < 4; c++)
                cr_expect(r->marks[i].corners[c].x > -0.1 && r->marks[i].corners[c].x < figure.width + 0.1 && r->marks[i].corners[c].y > -0.1 &&
                              r->marks[i].corners[c].y < figure.height + 0.1, "%g points: \"%s\" leaves the page", widths[k], r->marks[i].text);
            for (size_t j = 0; j < i; j++)
                cr_expect(r->marks[j].kind != MARK_TEXT || recorder_overlap(&r->marks[i], &r->marks[j]) < 1.5, "%g points: \"%s\" over \"%s\"", widths[k],
                          r->marks[i].text, r->marks[j].text);
        }
        cr_expect_not_null(recorder_text(r, "1.10"));
        recorder_free(r);
    }
}

Test(squares, every_renderer_draws_them)
{
    for (size_t i = 0; renderers[i]; i++) {
        struct picture picture = picture_of(&data);
        struct render_options options = {0};
        struct buf out = {0}, remarks = {0};
        struct err err = {0};
        cr_expect(renderers[i]->render(&picture, &options, &out, &remarks, &err) && out.n > 100, "%s: %s", renderers[i]->name, err.message);
        buf_free(&out);
        buf_free(&remarks);
    }
}

Test(squares, any_width_and_odd_words_are_drawn_without_harm)
{
    struct square_of odd = square;
    odd.title = (struct str)S("\033[31m\n");
    odd.rows[1] = (struct str)S("日本語の長い名前日本語の長い名前日本語の長い名前");
    odd.cells[1][0].low = -INFINITY;
    const struct square_of two[] = {odd, square};
    const struct squares many = {two, 2, names, 2, rows, 2, {0.5, 0.8, 1.25}, -0.25, 1.5}, none = {.least = 0, .most = 1};
    for (size_t columns = 1; columns < 200; columns += 13)
        for (int depth = 0; depth < 2; depth++) {
            struct buf out = {0};
            draw(&many, columns, depth ? DEPTH_TRUE : DEPTH_MONO, &out);
            cr_expect(depth || !memchr(out.data, '\033', out.n), "no escape byte reaches a terminal");
            out.n = 0;
            draw(&none, columns, DEPTH_MONO, &out);
            buf_free(&out);
        }
}
