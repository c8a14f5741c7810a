/* The grid of cells and text in it. See cells.h. */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "viz/draw/cells.h"

#define COLUMNS_MAX 4096
#define CELLS_MAX ((size_t)1 << 24)

static const struct cell blank = {.width = 1};

bool grid_new(struct cell_grid *grid_out, size_t columns, size_t rows, struct err *err)
{
    *grid_out = (struct cell_grid){.columns = columns < 1 ? 1 : columns > COLUMNS_MAX ? COLUMNS_MAX : columns};
    return grid_add_rows(grid_out, rows, err);
}

void grid_free(struct cell_grid *grid)
{
    free(grid->cells);
    *grid = (struct cell_grid){0};
}

bool grid_add_rows(struct cell_grid *grid, size_t rows, struct err *err)
{
    size_t have = grid->rows * grid->columns;
    if (rows > CELLS_MAX / grid->columns - grid->rows)
        return err_set(err, ERR_LIMIT, "a picture of %zu more lines of %zu columns is too large for a terminal", rows,
                       grid->columns);
    size_t need = have + rows * grid->columns;
    void *cells = grid->cells;
    if (!mem_grow(&cells, &grid->capacity, need, sizeof *grid->cells, "a terminal picture", err))
        return false;
    grid->cells = cells;
    for (size_t i = have; i < need; i++)
        grid->cells[i] = blank;
    grid->rows += rows;
    return true;
}

struct cell *grid_at(const struct cell_grid *grid, size_t row, size_t col)
{
    return row < grid->rows && col < grid->columns ? &grid->cells[row * grid->columns + col] : NULL;
}

static void set_style(struct cell *cell, struct style style)
{
    struct colour bg = style.bg.kind == COLOUR_DEFAULT ? cell->style.bg : style.bg;
    cell->style = style;
    cell->style.bg = bg;
}

/* A cell that is overwritten takes the other half of a wide character with it. */
static void clear_halves(const struct cell_grid *grid, size_t row, size_t col)
{
    struct cell *here = grid_at(grid, row, col), *left = col ? grid_at(grid, row, col - 1) : NULL;
    struct cell *right = grid_at(grid, row, col + 1);
    if (here->width == 0 && left) {
        left->n = 0;
        left->width = 1;
    }
    if (here->width == 2 && right) {
        right->n = 0;
        right->width = 1;
    }
    here->n = 0;
    here->width = 1;
}

/* One cluster of `width` columns; what does not fit a cell's bytes is shown as U+FFFD. */
static void put_cluster(const struct cell_grid *grid, size_t row, size_t col, struct str cluster, size_t width,
                        struct style style)
{
    struct cell *cell = grid_at(grid, row, col);
    if (!cell)
        return;
    for (size_t i = 0; i < width && grid_at(grid, row, col + i); i++) {
        clear_halves(grid, row, col + i);
        set_style(grid_at(grid, row, col + i), style);
    }
    if (width > 1 && !grid_at(grid, row, col + 1))
        return;
    if (width > 2 || cluster.n > CELL_BYTES) {
        cluster = STR("\xef\xbf\xbd");
        for (size_t i = 1; i < width; i++)
            put_cluster(grid, row, col + i, STR(" "), 1, style);
        width = 1;
    }
    memcpy(cell->text, cluster.s, cluster.n);
    cell->n = (unsigned char)cluster.n;
    cell->width = (unsigned char)width;
    if (width == 2)
        *grid_at(grid, row, col + 1) = (struct cell){.width = 0, .style = cell->style};
}

/* The next cluster of an escaped text. A mark without a letter stands on a dotted circle; what has no width and no
 * ink is left out (*width_out 0). */
static struct str next_cluster(struct str *text, char circled[CELL_BYTES], size_t *width_out)
{
    size_t n = text_grapheme(*text);
    struct str cluster = {text->s, n};
    *width_out = text_width(cluster);
    text->s += n;
    text->n -= n;
    int32_t cp;
    utf8_decode(cluster.s, n, &cp);
    if (*width_out == 0 && cp >= 0 && cp_is_mark(cp) && n + 3 <= CELL_BYTES) {
        memcpy(circled, "\xe2\x97\x8c", 3);
        memcpy(circled + 3, cluster.s, n);
        *width_out = 1;
        return (struct str){circled, n + 3};
    }
    return cluster;
}

/* Walk the clusters of `text`, escaped; returns their columns, at most `columns`; grid NULL only counts. */
static size_t walk(struct cell_grid *grid, size_t row, size_t col, size_t columns, struct str text, bool cut,
                   struct style style)
{
    size_t used = 0;
    char circled[CELL_BYTES];
    while (text.n) {
        size_t width;
        struct str cluster = next_cluster(&text, circled, &width);
        if (width == 0)
            continue;
        if (used + width > columns - (cut ? 1 : 0))
            break;
        if (grid)
            put_cluster(grid, row, col + used, cluster, width, style);
        used += width;
    }
    if (cut) {
        if (grid)
            put_cluster(grid, row, col + used, STR("…"), 1, style);
        used++;
    }
    return used;
}

size_t text_columns(struct str text)
{
    struct buf escaped = {0};
    text_escape(&escaped, text);
    size_t n = walk(NULL, 0, 0, SIZE_MAX, buf_view(&escaped), false, (struct style){0});
    buf_free(&escaped);
    return n;
}

size_t grid_text(struct cell_grid *grid, size_t row, size_t col, size_t columns, struct str text, struct style style)
{
    struct buf escaped = {0};
    text_escape(&escaped, text);
    struct str plain = buf_view(&escaped);
    size_t whole = walk(NULL, 0, 0, SIZE_MAX, plain, false, style), used = 0;
    if (columns && whole)
        used = walk(grid, row, col, columns, plain, whole > columns, style);
    buf_free(&escaped);
    return used;
}

size_t grid_text_right(struct cell_grid *grid, size_t row, size_t col, size_t columns, struct str text,
                       struct style style)
{
    size_t whole = text_columns(text);
    size_t pad = whole < columns ? columns - whole : 0;
    return grid_text(grid, row, col + pad, columns - pad, text, style);
}

size_t text_clusters(struct str text)
{
    struct buf escaped = {0};
    text_escape(&escaped, text);
    struct str plain = buf_view(&escaped);
    char circled[CELL_BYTES];
    size_t n = 0, width;
    while (plain.n) {
        next_cluster(&plain, circled, &width);
        n += width > 0;
    }
    buf_free(&escaped);
    return n;
}

void grid_text_down(struct cell_grid *grid, size_t row, size_t col, size_t columns, size_t rows, struct str text,
                    struct style style)
{
    size_t all = text_clusters(text);
    struct buf escaped = {0};
    text_escape(&escaped, text);
    struct str plain = buf_view(&escaped);
    char circled[CELL_BYTES];
    for (size_t line = 0; plain.n && line < rows;) {
        size_t width;
        struct str cluster = next_cluster(&plain, circled, &width);
        if (width == 0)
            continue;
        if ((line + 1 == rows && all > rows) || width > columns)
            put_cluster(grid, row + line, col, STR("…"), 1, style);
        else
            put_cluster(grid, row + line, col, cluster, width, style);
        line++;
    }
    buf_free(&escaped);
}

void grid_fill(struct cell_grid *grid, struct cell_rect rect, const char *character, struct style style)
{
    for (size_t r = rect.row; r < rect.row + rect.rows && r < grid->rows; r++)
        for (size_t c = rect.col; c < rect.col + rect.cols && c < grid->columns; c++)
            put_cluster(grid, r, c, str_of(character), 1, style);
}

bool grid_add_wrapped(struct cell_grid *grid, size_t columns, struct str text, struct style style, struct err *err)
{
    size_t at = 0, row = grid->rows;
    if (!grid_add_rows(grid, 1, err))
        return false;
    while (text.n) {
        size_t n = 0;
        while (n < text.n && text.s[n] != ' ')
            n++;
        struct str word = {text.s, n};
        size_t width = text_columns(word);
        if (at > 2 && at + width > columns) {
            row = grid->rows;
            at = 2;
            if (!grid_add_rows(grid, 1, err))
                return false;
        }
        if (at < columns)
            at += grid_text(grid, row, at, columns - at, word, style) + 1;
        n += n < text.n;
        text.s += n;
        text.n -= n;
    }
    return true;
}

bool grid_add_notes(struct cell_grid *grid, size_t columns, const struct picture *picture, struct err *err)
{
    for (size_t i = 0; i < picture->n_notes; i++)
        if (!grid_add_wrapped(grid, columns, picture->notes[i], (struct style){.flags = CELL_DIM}, err))
            return false;
    return true;
}
