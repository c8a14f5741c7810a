/* Squares and their table on paper. See squares.h. */
#include <math.h>

#include "viz/chart/chart.h"
#include "viz/chart/squares_view.h"

/* Lengths in units of the text size. */
#define CELL_H 4.4
#define ROW_H 1.75
#define TITLE_H 1.7
#define NAMES_H 1.5
#define GAP 1.6

/* Where everything stands, from the figure's width and the widths of its words. */
struct plan {
    double names, cell, square_w, square_h; /* of a square: its rows' names, one cell, all of it */
    double labels, words, column;       /* of the table */
    double squares_y, table_y, bar_y;
    size_t across;
};

static double widest(struct canvas *canvas, const struct text_style *style, const struct str *texts, size_t n, size_t step)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        const struct str *text = (const struct str *)(const void *)((const char *)texts + i * step);
        most = fmax(most, text->n ? figure_extents(canvas, style, *text).width : 0);
    }
    return most;
}

static struct plan plan_of(const struct figure *f, struct canvas *canvas)
{
    const struct squares *s = f->picture.data;
    double t = f->text, inner = f->width - t;
    struct text_style style = {.size = t}, small = {.size = f->small};
    struct plan p = {.across = s->n_squares > 1 ? 2 : 1};
    for (size_t q = 0; q < s->n_squares; q++)
        p.names = fmax(p.names, widest(canvas, &style, s->squares[q].rows, 2, sizeof(struct str)));
    p.names = fmin(p.names, 0.2 * inner) + 0.5 * t;
    if (p.across == 2 && (inner - GAP * t) / 2 - p.names < 17 * t)
        p.across = 1;
    p.square_w = fmin((inner - (double)(p.across - 1) * GAP * t) / (double)p.across, p.names + 30 * t);
    p.cell = (p.square_w - p.names) / 2;
    if (s->n_rows) {
        p.labels = fmin(widest(canvas, &style, &s->rows[0].label, s->n_rows, sizeof *s->rows), 0.25 * inner) + 0.6 * t;
        p.words = widest(canvas, &style, &s->rows[0].word, s->n_rows, sizeof *s->rows) + 0.6 * t;
        double need = fmax(widest(canvas, &small, s->columns, s->n_columns, sizeof(struct str)) + 0.5 * t, 3.2 * t);
        p.column = fmin((inner - p.labels - p.words) / (double)s->n_columns, 6.5 * t);
        if (p.column < need) { /* words are cut before numbers are */
            p.column = fmin(need, (inner - p.labels) / (double)s->n_columns);
            p.words = fmax(0, inner - p.labels - p.column * (double)s->n_columns);
        }
    }
    p.squares_y = (f->picture.title ? 2.2 : 0.4) * t;
    size_t down = (s->n_squares + p.across - 1) / p.across;
    p.square_h = (TITLE_H + NAMES_H + (double)squares_rows(s) * CELL_H + 1.4) * t;
    p.table_y = p.squares_y + (double)down * p.square_h;
    p.bar_y = p.table_y + (s->n_rows ? (NAMES_H + ROW_H * (double)s->n_rows + 0.8) * t : 0);
    return p;
}

static bool plan(const struct picture *picture, const struct render_options *options, struct canvas *measure, struct figure *f,
                 struct err *err)
{
    *f = (struct figure){.picture = *picture};
    if (!figure_type(f, options, err))
        return false;
    f->picture.scale = squares_scale(picture);
    if (!figure_colours(f, err))
        return false;
    f->width = options->width > 0 ? options->width : 58 * f->text;
    if (f->width < 22 * f->text)
        return err_set(err, ERR_ARG, "a width of %g points leaves the numbers no room", f->width);
    struct plan p = plan_of(f, measure);
    f->bar_x = 0.5 * f->text;
    f->bar_y = p.bar_y;
    f->height = p.bar_y + 3.4 * f->text;
    return true;
}

/* ---- drawing ---- */

struct pen {
    const struct figure *f;
    struct canvas *canvas;
    const struct squares *s;
    struct plan p;
};

static void line(const struct pen *pen, double x0, double y0, double x1, double y1, double width, struct rgb colour)
{
    pen->canvas->ops->line(pen->canvas, (struct point){x0, y0}, (struct point){x1, y1}, width, colour);
}

static void text(const struct pen *pen, double x, double y, struct text_style style, struct str words)
{
    figure_text(pen->canvas, (struct point){x, y}, &style, words);
}

/* The cell's colour, framed; what can be read on it. */
static struct rgb back(const struct pen *pen, struct box box, const struct squares_cell *cell)
{
    static const struct rgb white = {255, 255, 255};
    struct rgb colour = isnan(cell->value) ? white : figure_colour(pen->f, (float)cell->value);
    pen->canvas->ops->rectangle(pen->canvas, box, colour);
    figure_frame(pen->canvas, box);
    return rgb_ink(colour);
}

/* The interval on its axis at y, with the marks; `size` is half the height of its ends. */
static void interval(const struct pen *pen, double x, double y, double w, double size, const struct squares_cell *cell, struct rgb ink)
{
    const struct squares *s = pen->s;
    for (size_t i = 0; i < 3; i++) {
        double at = x + w * squares_place(s, s->marks[i]);
        for (double from = y - 2 * size; from < y + 2 * size - 0.1; from += 0.9 * size)
            line(pen, at, from, at, fmin(from + 0.5 * size, y + 2 * size), 0.35, ink);
    }
    if (isnan(cell->value))
        return;
    double low = x + w * squares_place(s, isnan(cell->low) ? cell->value : cell->low);
    double high = x + w * squares_place(s, isnan(cell->high) ? cell->value : cell->high), at = x + w * squares_place(s, cell->value);
    line(pen, low, y, high, y, 0.7, ink);
    line(pen, low, y - size, low, y + size, 0.7, ink);
    line(pen, high, y - size, high, y + size, 0.7, ink);
    struct point corners[] = {{at - 1.1 * size, y}, {at, y - 1.1 * size}, {at + 1.1 * size, y}, {at, y + 1.1 * size}};
    pen->canvas->ops->polygon(pen->canvas, corners, 4, ink);
}

/* A number in the middle of a box, smaller where it is longer than that. */
static void number(const struct pen *pen, struct box box, double y, struct text_style style, const struct squares_cell *cell, bool ends)
{
    struct buf words = {0};
    squares_number(cell, ends, &words);
    struct str shown = words.n ? buf_view(&words) : STR("\u2014");
    double wide = figure_extents(pen->canvas, &style, shown).width, room = box.w - 0.4 * pen->f->text;
    if (wide > room) {
        style.size = fmax(5, style.size * room / wide);
        style.width = box.w;
    }
    style.along = 0.5;
    text(pen, box.x + box.w / 2, y, style, shown);
    buf_free(&words);
}

static void draw_square(const struct pen *pen, const struct square_of *q, double x, double y)
{
    const struct figure *f = pen->f;
    double t = f->text, top = y + (TITLE_H + NAMES_H) * t;
    text(pen, x, y, (struct text_style){.size = t, .bold = true, .colour = figure_ink, .width = pen->p.square_w}, q->title);
    for (size_t c = 0; c < 2; c++)
        text(pen, x + pen->p.names + ((double)c + 0.5) * pen->p.cell, y + TITLE_H * t,
             (struct text_style){.size = t, .colour = figure_ink, .along = 0.5, .width = pen->p.cell}, q->cols[c]);
    for (size_t r = 0; r < 1 + (q->rows[1].n > 0); r++) {
        text(pen, x + pen->p.names - 0.5 * t, top + ((double)r + 0.5) * CELL_H * t,
             (struct text_style){.size = t, .colour = figure_ink, .along = 1, .across = 0.5, .width = pen->p.names - 0.5 * t}, q->rows[r]);
        for (size_t c = 0; c < 2; c++) {
            const struct squares_cell *cell = &q->cells[r][c];
            struct box box = {x + pen->p.names + (double)c * pen->p.cell, top + (double)r * CELL_H * t, pen->p.cell, CELL_H * t};
            struct rgb ink = back(pen, box, cell);
            number(pen, box, box.y + 0.9 * t, (struct text_style){.size = t, .bold = true, .colour = ink, .across = 0.5}, cell, true);
            if (!isnan(cell->value))
                interval(pen, box.x + 0.6 * t, box.y + 2.25 * t, box.w - 1.2 * t, 0.28 * t, cell, ink);
            text(pen, box.x + box.w / 2, box.y + 2.95 * t,
                 (struct text_style){.size = f->small, .colour = ink, .along = 0.5, .width = box.w}, cell->note);
        }
    }
}

static void draw_table(const struct pen *pen, double x, double y)
{
    const struct figure *f = pen->f;
    const struct squares *s = pen->s;
    const struct plan *p = &pen->p;
    double t = f->text;
    for (size_t c = 0; c < s->n_columns; c++)
        text(pen, x + p->labels + ((double)c + 0.5) * p->column, y,
             (struct text_style){.size = f->small, .colour = figure_ink, .along = 0.5, .width = p->column}, s->columns[c]);
    y += NAMES_H * t;
    for (size_t r = 0; r < s->n_rows; r++, y += ROW_H * t) {
        const struct squares_row *row = &s->rows[r];
        struct text_style style = {.size = t, .colour = figure_ink, .across = 0.5, .width = p->labels - 0.3 * t};
        text(pen, x, y + ROW_H * t / 2, style, row->label);
        for (size_t c = 0; c < s->n_columns; c++) {
            const struct squares_cell *cell = &row->cells[c];
            struct box box = {x + p->labels + (double)c * p->column, y, p->column, ROW_H * t};
            struct rgb ink = back(pen, box, cell);
            number(pen, box, box.y + (isnan(cell->value) ? 0.5 * ROW_H : 0.55) * t,
                   (struct text_style){.size = f->small, .colour = ink, .across = 0.5}, cell, false);
            if (!isnan(cell->value))
                interval(pen, box.x + 0.25 * t, box.y + 1.38 * t, box.w - 0.5 * t, 0.13 * t, cell, ink);
        }
        if (p->words > 3 * t) {
            style.width = p->words;
            text(pen, x + p->labels + p->column * (double)s->n_columns + 0.5 * t, y + ROW_H * t / 2, style, row->word);
        }
    }
}

static bool draw(const struct figure *f, struct canvas *canvas, struct err *err)
{
    const struct squares *s = f->picture.data;
    struct pen pen = {f, canvas, s, plan_of(f, canvas)};
    double t = f->text;
    if (f->picture.title)
        text(&pen, f->width / 2, 0.4 * t, (struct text_style){.size = 1.15 * t, .bold = true, .colour = figure_ink, .along = 0.5},
             str_of(f->picture.title));
    for (size_t q = 0; q < s->n_squares; q++)
        draw_square(&pen, &s->squares[q], 0.5 * t + (double)(q % pen.p.across) * (pen.p.square_w + GAP * t),
                    pen.p.squares_y + (double)(q / pen.p.across) * pen.p.square_h);
    if (s->n_rows)
        draw_table(&pen, 0.5 * t, pen.p.table_y);
    figure_flat_bar(f, canvas, fmin(16 * t, 0.4 * f->width));
    return !canvas->failed || err_set(err, ERR_MEMORY, "the figure could not be drawn");
}

const struct chart_kind chart_squares = {
    .name = "squares",
    .summary = "what stays under two changes that cross, with intervals, and a table of more of them",
    .cells = squares_cells,
    .plan = plan,
    .draw = draw,
};
