/* Squares and their table in character cells. See squares.h. */
#include <math.h>

#include "viz/chart/squares_view.h"

enum { CELL_LEAST = 22, CELL_MOST = 26, NARROW = 8, WIDE = 9 };

size_t squares_rows(const struct squares *s)
{
    size_t rows = 1;
    for (size_t q = 0; q < s->n_squares; q++)
        rows = s->squares[q].rows[1].n ? 2 : rows;
    return rows;
}

double squares_place(const struct squares *s, double value)
{
    double at = (value - s->least) / (s->most - s->least);
    return isnan(at) ? 0 : fmin(1, fmax(0, at));
}

void squares_number(const struct squares_cell *cell, bool interval, struct buf *out)
{
    if (isnan(cell->value))
        return;
    buf_printf(out, "%.2f", cell->value);
    if (interval && isfinite(cell->low) && isfinite(cell->high))
        buf_printf(out, " [%.2f, %.2f]", cell->low, cell->high);
}

struct scale squares_scale(const struct picture *picture)
{
    struct scale scale = picture->scale;
    if (isnan(scale.lo) || isnan(scale.hi) || scale.hi <= scale.lo) {
        scale.lo = 0;
        scale.hi = 1.25;
    }
    return scale;
}

/* ---- pieces ---- */

struct sheet {
    const struct squares *s;
    const struct ink *ink;
    struct cell_grid *grid;
    size_t columns;
};

static void fill(const struct sheet *sheet, struct cell_rect rect, struct style style)
{
    for (size_t r = 0; r < rect.rows; r++)
        for (size_t c = 0; c < rect.cols; c++)
            grid_text(sheet->grid, rect.row + r, rect.col + c, 1, STR(" "), style);
}

static void put_middle(const struct sheet *sheet, size_t row, size_t col, size_t columns, struct str text, struct style style)
{
    size_t n = text_columns(text);
    grid_text(sheet->grid, row, col + (n < columns ? (columns - n) / 2 : 0), columns, text, style);
}

static struct style style_of(const struct sheet *sheet, const struct squares_cell *cell)
{
    struct style style = {0};
    if (sheet->ink->depth == DEPTH_MONO || isnan(cell->value))
        return style;
    style.bg = ink_colour(sheet->ink, cell->value);
    style.fg = ink_over(sheet->ink, style.bg);
    return style;
}

/* "┊   ├─●┤┊": the interval on its axis, with the marks. */
static void put_interval(const struct sheet *sheet, size_t row, size_t col, size_t columns, const struct squares_cell *cell,
                         struct style style)
{
    const struct squares *s = sheet->s;
    double last = (double)columns - 1;
    for (size_t i = 0; i < 3; i++)
        grid_text(sheet->grid, row, col + (size_t)lround(squares_place(s, s->marks[i]) * last), 1, STR("┊"), style);
    if (isnan(cell->value))
        return;
    double low = isnan(cell->low) ? cell->value : cell->low, high = isnan(cell->high) ? cell->value : cell->high;
    size_t from = (size_t)lround(squares_place(s, low) * last), to = (size_t)lround(squares_place(s, high) * last);
    size_t at = (size_t)lround(squares_place(s, cell->value) * last);
    for (size_t i = from; i <= to; i++)
        grid_text(sheet->grid, row, col + i, 1, i == from ? STR("├") : i == to ? STR("┤") : STR("─"), style);
    grid_text(sheet->grid, row, col + at, 1, STR("●"), style);
}

/* ---- squares ---- */

static void put_square(const struct sheet *sheet, const struct square_of *q, size_t row, size_t col, size_t names, size_t width)
{
    grid_text(sheet->grid, row, col, names + 2 * width + 3, q->title, (struct style){.flags = CELL_BOLD});
    for (size_t c = 0; c < 2; c++)
        put_middle(sheet, row + 1, col + names + 1 + c * (width + 1), width, q->cols[c], (struct style){0});
    for (size_t r = 0; r < 1 + (q->rows[1].n > 0); r++) {
        grid_text_right(sheet->grid, row + 3 + 3 * r, col, names, q->rows[r], (struct style){0});
        for (size_t c = 0; c < 2; c++) {
            const struct squares_cell *cell = &q->cells[r][c];
            struct cell_rect rect = {row + 2 + 3 * r, col + names + 1 + c * (width + 1), 3, width};
            struct style style = style_of(sheet, cell);
            struct buf number = {0};
            fill(sheet, rect, style);
            squares_number(cell, true, &number);
            style.flags = CELL_BOLD;
            put_middle(sheet, rect.row, rect.col, width, number.n ? buf_view(&number) : STR("—"), style);
            style.flags = 0;
            if (!isnan(cell->value))
                put_interval(sheet, rect.row + 1, rect.col + 1, width - 2, cell, style);
            put_middle(sheet, rect.row + 2, rect.col, width, cell->note, style);
            buf_free(&number);
        }
    }
}

/* How squares are laid out: names, columns of a cell, how many stand side by side. */
struct square_plan {
    size_t names, width, across;
};

static struct square_plan plan_squares(const struct squares *s, size_t columns)
{
    struct square_plan p = {0, 0, 1};
    for (size_t q = 0; q < s->n_squares; q++)
        for (size_t r = 0; r < 2; r++)
            p.names = text_columns(s->squares[q].rows[r]) > p.names ? text_columns(s->squares[q].rows[r]) : p.names;
    if (p.names > columns / 4)
        p.names = columns / 4;
    size_t one = p.names + 2 * CELL_LEAST + 2;
    if (s->n_squares > 1 && columns >= 2 * one + 3)
        p.across = 2;
    size_t room = (columns - (p.across - 1) * 3) / p.across;
    p.width = room > p.names + 2 ? (room - p.names - 2) / 2 : 1;
    p.width = p.width > CELL_MOST ? CELL_MOST : p.width;
    return p;
}

/* ---- the table ---- */

struct table_plan {
    size_t labels, width, words;
};

static struct table_plan plan_table(const struct squares *s, size_t columns)
{
    struct table_plan p = {0, NARROW, 0};
    size_t longest = 0;
    for (size_t r = 0; r < s->n_rows; r++) {
        p.labels = text_columns(s->rows[r].label) > p.labels ? text_columns(s->rows[r].label) : p.labels;
        longest = text_columns(s->rows[r].word) > longest ? text_columns(s->rows[r].word) : longest;
    }
    if (p.labels > columns / 4)
        p.labels = columns / 4;
    if (p.labels + 1 + s->n_columns * WIDE <= columns)
        p.width = WIDE;
    while (p.width > 5 && p.labels + 1 + s->n_columns * p.width > columns)
        p.width--;
    size_t used = p.labels + 1 + s->n_columns * p.width + 1;
    p.words = used + (longest < 10 ? longest : 10) <= columns ? columns - used : 0;
    return p;
}

static void put_table(const struct sheet *sheet, const struct table_plan *p, size_t row)
{
    const struct squares *s = sheet->s;
    for (size_t c = 0; c < s->n_columns; c++)
        grid_text_right(sheet->grid, row, p->labels + 1 + c * p->width, p->width - 1, s->columns[c], (struct style){0});
    for (size_t r = 0; r < s->n_rows; r++) {
        const struct squares_row *of = &s->rows[r];
        grid_text(sheet->grid, row + 1 + r, 0, p->labels, of->label, (struct style){0});
        for (size_t c = 0; c < s->n_columns; c++) {
            struct buf number = {0};
            struct style style = style_of(sheet, &of->cells[c]);
            size_t col = p->labels + 1 + c * p->width;
            squares_number(&of->cells[c], false, &number);
            fill(sheet, (struct cell_rect){row + 1 + r, col, 1, p->width - 1}, style);
            grid_text_right(sheet->grid, row + 1 + r, col, p->width - 1, number.n ? buf_view(&number) : STR("-"), style);
            buf_free(&number);
        }
        if (p->words)
            grid_text(sheet->grid, row + 1 + r, p->labels + 1 + s->n_columns * p->width, p->words, of->word, (struct style){0});
    }
}

bool squares_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid, struct err *err)
{
    const struct squares *s = picture->data;
    size_t columns = options->columns < 40 ? options->columns ? 40 : 80 : options->columns;
    struct square_plan squares = plan_squares(s, columns);
    struct table_plan table = plan_table(s, columns);
    size_t top = picture->title != NULL, each = 3 + 3 * squares_rows(s), lines = (s->n_squares + squares.across - 1) / squares.across * each;
    struct scale scale = squares_scale(picture);
    struct ink ink;
    *grid = (struct cell_grid){0};
    if (!ink_init(&ink, picture->palette, &scale, options->depth, err) ||
        !grid_new(grid, columns, top + lines + (s->n_rows ? s->n_rows + 1 : 0) + 1, err))
        return false;
    struct sheet sheet = {s, &ink, grid, columns};
    if (picture->title)
        grid_text(grid, 0, 0, columns, str_of(picture->title), (struct style){.flags = CELL_BOLD});
    for (size_t q = 0; q < s->n_squares; q++)
        put_square(&sheet, &s->squares[q], top + q / squares.across * each,
                   q % squares.across * (squares.names + 2 * squares.width + 5), squares.names, squares.width);
    if (s->n_rows)
        put_table(&sheet, &table, top + lines);
    if (options->depth != DEPTH_MONO)
        cells_bar(grid, grid->rows - 1, 0, columns, &ink, picture);
    bool ok = grid_add_notes(grid, columns, picture, err);
    if (!ok)
        grid_free(grid);
    return ok;
}
