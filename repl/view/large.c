/* One head large, beside the grid. See large.h. */
#include "repl/view/large.h"

#include <stdio.h>

#include "repl/map/shown_map.h"

enum { LABEL_MOST = 14, DOWN_MOST = 8, NUMBER = 4 /* columns of a token's number and a blank, at least */ };

/* Columns of the largest of the query's numbers and a blank. */
static size_t number_columns(const struct shown_map *map)
{
    size_t columns = NUMBER;
    for (size_t n = map->rows ? map->row_tokens[map->rows - 1] : 0; n >= 1000; n /= 10)
        columns++;
    return columns;
}

void large_forget(struct large *large)
{
    shown_map_free(&large->map);
    *large = (struct large){0};
}

static bool spell(struct shown_map *map, struct str *labels, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct buf text = {0};
        label_of(&text, labels[i]);
        bool ok = buf_ok(&text, err) && arena_str(map->arena, buf_view(&text), &labels[i], err);
        buf_free(&text);
        if (!ok)
            return false;
    }
    return true;
}

static bool make(struct viewer *v, struct large *large, struct site site, struct err *err)
{
    struct kept_run *kept = viewer_kept(v);
    if (large->map.arena && large->site.stack == site.stack && large->site.layer == site.layer && large->site.head == site.head)
        return true;
    large_forget(large);
    if (!kept)
        return err_set(err, ERR_NOT_FOUND, "the run has been dropped");
    if (!viewer_map_at(v, site, &large->map, err))
        return false;
    large->site = site;
    if (spell(&large->map, large->map.row_labels, large->map.rows, err) &&
        spell(&large->map, large->map.col_labels, large->map.cols, err))
        return true;
    large_forget(large);
    return false;
}

static size_t longest(const struct str *labels, size_t n, size_t (*measure)(struct str), size_t most)
{
    size_t longest = 1;
    for (size_t i = 0; i < n; i++) {
        size_t width = measure(labels[i]);
        longest = width > longest ? width : longest;
    }
    return longest < most ? longest : most;
}

size_t large_columns(const struct viewer *viewer)
{
    const struct shown_map *map = &viewer->map->shown;
    size_t cells = 2 * map->cols < 64 ? 2 * map->cols : 64;
    return number_columns(map) + longest(map->row_labels, map->rows, text_columns, LABEL_MOST) + 1 + cells;
}

/* How the map is drawn in its room: as cells of `rows` × `cols` for each value, or where those are one line by cells_heat. */
struct form {
    struct heat_view heat;
    size_t rows, cols;     /* of a value's cell */
    size_t columns, lines; /* of all */
    size_t down;           /* lines of key labels */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static struct form plan(const struct viewer *v, const struct shown_map *map, const struct ink *ink, size_t columns, size_t lines)
{
    size_t down = longest(map->col_labels, map->cols, text_clusters, DOWN_MOST), number = heat_number_columns(&ink->scale);
    struct map_room room = {.columns = columns,
                            .lines = lines,
                            .half_blocks = v->depth != DEPTH_MONO,
                            .tall = true,
                            .cell_columns = map->cols * number <= columns ? number : 2};
    struct map_plan plan = plan_map(map->rows, map->cols, &room);
    struct form form = {
        .heat = heat_view_of(&plan), .rows = 1, .cols = plan.cell_columns, .columns = plan.columns, .lines = plan.lines};
    bool single = plan.pool_rows == 1 && plan.pool_cols == 1;
    form.heat.numbers = single && form.cols >= number;
    for (size_t k = 2; k <= 3 && single && form.cols >= 2; k++) {
        size_t wide = number > 2 * k ? number : 2 * k;
        if (map->rows * k + down > lines || map->cols * wide > columns)
            break;
        form = (struct form){form.heat, k, wide, map->cols * wide, map->rows * k, 0};
        form.heat.numbers = true;
    }
    form.down = form.cols < 2 || plan.pool_cols > 1 || form.lines >= lines ? 0 : least(lines - form.lines, down);
    return form;
}

static void draw_cells(struct viewer *v, const struct shown_map *map, const struct ink *ink, struct cell_grid *grid,
                       struct cell_rect cells, const struct form *form)
{
    struct panel panel = shown_map_panel(map);
    if (form->rows == 1) {
        cells_heat(grid, cells, &panel, &form->heat, ink);
        return;
    }
    for (size_t i = 0; i < map->rows; i++)
        for (size_t j = 0; j < map->cols; j++) {
            struct cell_rect at = {cells.row + i * form->rows, cells.col + j * form->cols, form->rows, form->cols};
            value_draw(v, ink, grid, at, pool_value(&panel, i, i + 1, j, j + 1), true);
        }
}

/* Query numbers and tokens, a line each; where a line holds several, its first. */
static void draw_queries(const struct shown_map *map, struct cell_grid *grid, struct cell_rect cells, const struct form *form,
                         size_t left, size_t labels)
{
    size_t step = form->heat.pool_rows * (form->heat.half ? 2 : 1), wide = number_columns(map);
    for (size_t i = 0; i < map->rows; i += step) {
        char number[24];
        size_t n = (size_t)snprintf(number, sizeof number, "%zu", map->row_tokens[i]);
        size_t line = cells.row + i / step * form->rows + (form->rows - 1) / 2;
        grid_text_right(grid, line, left, wide - 1, (struct str){number, n}, style_dim);
        grid_text_right(grid, line, left + wide, labels, map->row_labels[i], style_plain);
    }
}

/* Key tokens, downward; ▼ over marked ones. */
static void draw_keys(const struct viewer *v, const struct shown_map *map, struct cell_grid *grid, struct cell_rect cells,
                      const struct form *form)
{
    for (size_t j = 0; j < map->cols; j++) {
        size_t col = cells.col + j / form->heat.pool_cols * form->cols + (form->cols - 1) / 2;
        bool marked = map->marked && map->marked[j];
        size_t n = text_clusters(map->col_labels[j]), over = n < form->down ? form->down - n : 0;
        if (form->down)
            grid_text_down(grid, cells.row - 1 - form->down + over, col, 2, form->down - over, map->col_labels[j],
                           marked ? style_accent(v->depth) : style_plain);
        if (marked)
            grid_text(grid, cells.row - 1, col, 1, v->depth == DEPTH_MONO ? STR("v") : STR("▼"), style_accent(v->depth));
    }
}

bool large_draw(struct viewer *v, struct large *large, struct site site, const struct ink *ink, struct cell_grid *grid,
                struct cell_rect rect, struct err *err)
{
    if (!make(v, large, site, err))
        return false;
    const struct shown_map *map = &large->map;
    struct buf title = {0};
    size_t labels = longest(map->row_labels, map->rows, text_columns, LABEL_MOST);
    size_t wide = number_columns(map), gutter = wide + labels + 1;
    struct form form = plan(v, map, ink, rect.cols > gutter ? rect.cols - gutter : 1, rect.rows > 3 ? rect.rows - 2 : 1);
    struct cell_rect cells = {rect.row + 2 + form.down, rect.col + gutter, form.lines, form.columns};
    site_name(site, &title);
    if (form.heat.pool_rows > 1 || form.heat.pool_cols > 1)
        buf_printf(&title, "   pooled %zu × %zu", form.heat.pool_rows, form.heat.pool_cols);
    size_t at =
        rect.col + wide + grid_text(grid, rect.row, rect.col + wide, rect.cols - wide, buf_view(&title), style_bold) + 3;
    buf_free(&title);
    broken_legend(map, ink, grid, rect.row, at);
    draw_cells(v, map, ink, grid, cells, &form);
    draw_queries(map, grid, cells, &form, rect.col, labels);
    draw_keys(v, map, grid, cells, &form);
    return true;
}
