/* The map view: one head's map with its tokens, a crosshair, the exact value and what it is made of. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "repl/view/map_plan.h"

/* ---- the map ---- */

void value_draw(const struct viewer *v, const struct ink *ink, struct cell_grid *grid, struct cell_rect at, double value, bool number)
{
    struct style style = {.bg = ink_colour(ink, value)};
    style.fg = ink_over(ink, style.bg);
    grid_fill(grid, at, v->depth == DEPTH_MONO ? ink_shade(ink, value) : " ", style);
    if (!number)
        return;
    struct buf text = {0};
    heat_number(&text, &ink->scale, value);
    size_t width = text.n + 1 < at.cols ? text.n : at.cols - 1, left = (at.cols - width) / 2;
    size_t row = at.row + (at.rows - 1) / 2;
    if (v->depth == DEPTH_MONO)
        grid_fill(grid, (struct cell_rect){row, at.col, 1, at.cols}, isfinite(value) ? " " : ink_shade(ink, value), style_plain);
    style.flags |= heat_nought(buf_view(&text)) ? CELL_DIM : 0;
    if (text.n)
        grid_text(grid, row, at.col + left, width, buf_view(&text), style);
    buf_free(&text);
}

static void draw_value(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid, size_t i, size_t j)
{
    struct cell_rect at;
    bool lower;
    if (map_plan_place(plan, i, j, &at, &lower))
        value_draw(v, &v->map->ink, grid, at, pool_value(&v->map->panel, i, i + 1, j, j + 1), plan->numbers);
}

/* The crosshair's own cell: the accent in its middle, its colour around. */
static void draw_cursor(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid)
{
    struct cell_rect at;
    bool lower;
    if (!map_plan_place(plan, v->map->row, v->map->col, &at, &lower))
        return;
    struct colour accent = style_accent(v->depth).fg, black = ink_rgb(v->depth, (struct rgb){0, 0, 0});
    struct cell *cell = grid_at(grid, at.row + (at.rows - 1) / 2, at.col);
    if (!cell)
        return;
    if (v->depth == DEPTH_MONO && at.cols == 1) {
        grid_text(grid, at.row, at.col, 1, STR("+"), (struct style){.flags = CELL_REVERSE | CELL_BOLD});
    } else if (plan->zoom < ZOOM_CELL) {
        struct style style = lower ? (struct style){.fg = cell->style.fg, .bg = accent} : (struct style){.fg = accent, .bg = cell->style.bg};
        grid_text(grid, at.row, at.col, 1, STR("▀"), style);
    } else if (plan->zoom == ZOOM_CELL && v->depth != DEPTH_MONO) {
        grid_text(grid, at.row, at.col, 2, STR("▐▌"), (struct style){.fg = accent, .bg = cell->style.bg});
    } else if (v->depth == DEPTH_MONO) {
        for (size_t c = 0; c < at.cols; c++)
            grid_at(grid, at.row + (at.rows - 1) / 2, at.col + c)->style.flags |= CELL_REVERSE | CELL_BOLD;
    } else {
        for (size_t c = 0; c < at.cols; c++) {
            struct cell *each = grid_at(grid, at.row + (at.rows - 1) / 2, at.col + c);
            each->style = (struct style){.fg = black, .bg = accent, .flags = CELL_BOLD};
        }
    }
}

static void draw_cells(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid)
{
    if (plan->zoom < ZOOM_CELL) {
        cells_heat(grid, plan->map, &v->map->panel, &plan->heat, &v->map->ink);
    } else {
        for (size_t i = 0; i < plan->seen_rows; i++)
            for (size_t j = 0; j < plan->seen_cols; j++)
                draw_value(v, plan, grid, plan->heat.row + i, plan->heat.col + j);
    }
    draw_cursor(v, plan, grid);
}

/* ---- labels ---- */

static bool is_pinned(const struct viewer *v, size_t row)
{
    return v->map->pinned != SIZE_MAX && v->map->shown.row_tokens[row] == v->map->pinned;
}

static void draw_query(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid, size_t row, size_t line)
{
    bool here = row == v->map->row, pinned = is_pinned(v, row);
    char number[24];
    int n = snprintf(number, sizeof number, "%zu", v->map->shown.row_tokens[row]);
    struct style style = here ? style_bold : pinned ? style_accent(v->depth) : style_plain;
    size_t token = 1 + plan->number_cols + 1;
    grid_text_right(grid, line, 1, plan->number_cols, (struct str){number, (size_t)n}, here ? style_bold : style_dim);
    grid_text_right(grid, line, token, plan->token_cols, v->map->shown.row_labels[row], style);
    if (pinned)
        grid_text(grid, line, 0, 1, v->depth == DEPTH_MONO ? STR("*") : STR("◆"), style_accent(v->depth));
    if (!here)
        return;
    grid_text(grid, line, plan->gutter - 1, 1, STR("▸"), style_accent(v->depth));
    if (plan->map.col + plan->map.cols < grid->columns)
        grid_text(grid, line, plan->map.col + plan->map.cols, 1, STR("◂"), style_accent(v->depth));
}

/* One query a line; where a line holds several, the crosshair's, a pinned one or the first. */
static void draw_queries(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid)
{
    size_t drawn = SIZE_MAX;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = plan->heat.row; i < v->map->shown.rows; i++) {
            struct cell_rect at;
            bool lower;
            if (!map_plan_place(plan, i, plan->heat.col, &at, &lower))
                break;
            at.row += (at.rows - 1) / 2;
            bool wanted = i == v->map->row || is_pinned(v, i);
            if (pass == 0 ? at.row != drawn : wanted) {
                for (size_t c = 0; c < plan->gutter; c++)
                    grid_fill(grid, (struct cell_rect){at.row, c, 1, 1}, " ", style_plain);
                draw_query(v, plan, grid, i, at.row);
            }
            drawn = at.row;
        }
}

static void draw_ruler(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid)
{
    size_t end = plan->map.col + plan->map.cols, free = plan->map.col;
    for (size_t j = plan->heat.col; j < v->map->shown.cols; j++) {
        struct cell_rect at;
        bool lower;
        char number[24];
        size_t n = (size_t)snprintf(number, sizeof number, "%zu", v->map->shown.col_tokens[j]);
        if (!map_plan_place(plan, plan->heat.row, j, &at, &lower))
            break;
        size_t col = at.col + (at.cols > n ? (at.cols - n) / 2 : 0);
        if (v->map->shown.col_tokens[j] % (at.cols > 2 ? 1 : 5) == 0 && col >= free && col + n <= end) {
            grid_text(grid, plan->ruler_row, col, n, (struct str){number, n}, style_dim);
            free = col + n + 1;
        }
    }
}

/* The first clusters of a text. */
static struct str first_clusters(struct str text, size_t n)
{
    size_t bytes = 0;
    for (; n > 0 && bytes < text.n; n--)
        bytes += text_grapheme((struct str){text.s + bytes, text.n - bytes});
    return (struct str){text.s, bytes};
}

static void draw_keys(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid)
{
    struct style accent = style_accent(v->depth);
    for (size_t j = plan->heat.col; j < v->map->shown.cols; j++) {
        struct cell_rect at;
        bool lower, marked = v->map->shown.marked && v->map->shown.marked[j];
        if (!map_plan_place(plan, plan->heat.row, j, &at, &lower))
            break;
        size_t middle = at.col + (at.cols - 1) / 2;
        struct style style = marked ? accent : j == v->map->col ? style_bold : style_plain;
        struct str label = v->map->shown.col_labels[j];
        if (plan->down_rows && plan->across) {
            size_t width = text_columns(label), room = at.cols - 1, left = width < room ? (room - width + 1) / 2 : 0;
            grid_text(grid, plan->label_row, at.col + left, room, label, style);
        } else if (plan->down_rows) {
            label = v->map->down_labels[j];
            if (plan->down_rows <= 3) /* letters tell more than dots */
                label = first_clusters(label, plan->down_rows);
            size_t n = text_clusters(label), over = n < plan->down_rows ? plan->down_rows - n : 0;
            grid_text_down(grid, plan->label_row + over, middle, 2, plan->down_rows - over, label, style);
        }
        if (marked)
            grid_text(grid, plan->mark_row, middle, 1, v->depth == DEPTH_MONO ? STR("v") : STR("▼"), accent);
    }
}

/* "│ 3 sat" over the crosshair's column; it ends there where there is no room to the right. */
static void draw_cross(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid)
{
    struct cell_rect at;
    bool lower;
    struct buf text = {0};
    if (!map_plan_place(plan, plan->heat.row, v->map->col, &at, &lower))
        return;
    size_t middle = at.col + (at.cols - 1) / 2, right = plan->side.cols ? plan->side.col - 1 : grid->columns;
    buf_printf(&text, "%zu ", v->map->shown.col_tokens[v->map->col]);
    buf_str(&text, v->map->shown.col_labels[v->map->col]);
    size_t width = text_columns(buf_view(&text));
    grid_text(grid, plan->cross_row, middle, 1, STR("▾"), style_accent(v->depth));
    if (middle + 2 + width <= right || middle < width + 2)
        grid_text(grid, plan->cross_row, middle + 2, right > middle + 2 ? right - middle - 2 : 0, buf_view(&text), style_bold);
    else
        grid_text(grid, plan->cross_row, middle - 1 - width, width, buf_view(&text), style_bold);
    buf_free(&text);
    size_t below = plan->map.row + plan->map.rows;
    if (below < plan->bar_row)
        grid_text(grid, below, middle, 1, STR("▴"), style_accent(v->depth));
}

static void draw_axes(const struct map_plan_view *plan, struct cell_grid *grid)
{
    size_t room = plan->gutter - 2;
    struct str text = room >= 12 ? STR("Query↓ Key→") : STR("Query↓");
    grid_text_right(grid, plan->cross_row, 1, room, text, style_dim);
}

static void draw(struct viewer *v, void *state, struct cell_grid *grid)
{
    struct map_pane *s = state;
    map_plan_make(v, grid, (enum zoom)s->zoom, &s->first_row, &s->first_col, &s->plan);
    if (s->centre) {
        s->first_row = v->map->row > s->plan.seen_rows / 2 ? v->map->row - s->plan.seen_rows / 2 : 0;
        s->first_col = v->map->col > s->plan.seen_cols / 2 ? v->map->col - s->plan.seen_cols / 2 : 0;
        map_plan_make(v, grid, (enum zoom)s->zoom, &s->first_row, &s->first_col, &s->plan);
        s->centre = false;
    }
    const struct map_plan_view *plan = &s->plan;
    draw_cells(v, plan, grid);
    draw_queries(v, plan, grid);
    draw_ruler(v, plan, grid);
    draw_keys(v, plan, grid);
    draw_axes(plan, grid);
    draw_cross(v, plan, grid);
    map_range_draw(v, s, grid);
    if (plan->side.cols) {
        struct cell_rect side = plan->side;
        size_t rows = heads_draw(v, grid, side) + 1;
        if (side.rows > rows + 2)
            profile_draw(v, grid, (struct cell_rect){side.row + rows, side.col, side.rows - rows, side.cols});
    }
    map_below_draw(v, plan, grid);
}

/* ---- keys ---- */

static void act_page(struct viewer *v, void *state, int amount)
{
    const struct map_pane *s = state;
    long page = s->plan.seen_rows < v->map->shown.rows ? (long)s->plan.seen_rows : (long)(v->map->shown.rows + 1) / 2;
    view_act_query(v, state, (int)(amount * page));
}

static void act_zoom(struct viewer *v, void *state, int amount)
{
    struct map_pane *s = state;
    static const char *const names[] = {"the whole map", "half blocks", "cells", "numbers", "large cells", "huge cells"};
    int zoom = amount ? (int)s->plan.zoom + amount : ZOOM_AUTO;
    s->centre = true;
    s->zoom = zoom >= ZOOMS ? ZOOMS - 1 : amount && zoom < 0 ? 0 : zoom;
    viewer_say(v, "zoom: %s", s->zoom == ZOOM_AUTO ? "as large as the whole map fits" : names[s->zoom]);
}

static const struct view_key keys[] = {
    {{KEY_ARROW_LEFT, 'h'}, "← → h l", "move", "key to the left, to the right", view_act_key, -1},
    {{KEY_ARROW_RIGHT, 'l'}, NULL, NULL, NULL, view_act_key, 1},
    {{KEY_ARROW_UP, 'k'}, "↑ ↓ k j", NULL, "query above, below", view_act_query, -1},
    {{KEY_ARROW_DOWN, 'j'}, NULL, NULL, NULL, view_act_query, 1},
    {{KEY_FIRST, '^'}, "Home End", NULL, "first, last key", view_act_edge, -1},
    {{KEY_LAST, '$'}, NULL, NULL, NULL, view_act_edge, 1},
    {{KEY_PAGE_UP, 'B' & 31}, "PgUp PgDn", NULL, "a page of queries up, down", act_page, -1},
    {{KEY_PAGE_DOWN, 'F' & 31}, NULL, NULL, NULL, act_page, 1},
    {{'+', '='}, "+ - 0", "zoom", "larger cells, smaller, as fits", act_zoom, 1},
    {{'-'}, NULL, NULL, NULL, act_zoom, -1},
    {{'0'}, NULL, NULL, NULL, act_zoom, 0},
    {{'z'}, "z", "range", "begin a range at the crosshair; again: zoom into it", map_act_range, 1},
    {{KEY_ESCAPE}, NULL, NULL, NULL, map_act_no_range, 1},
    KEYS_FIND,
    KEYS_PIN,
    {{0}, NULL, NULL, NULL, NULL, 0},
};

/* Another map: a range of the old one means nothing. */
static void changed(struct viewer *v, struct place at, void *state)
{
    (void)v, (void)at;
    ((struct map_pane *)state)->ranging = false;
}

static bool open(struct viewer *v, struct place at, void *state, struct err *err)
{
    (void)v, (void)at, (void)err;
    *(struct map_pane *)state = (struct map_pane){.zoom = ZOOM_AUTO};
    return true;
}

const struct view view_map = {
    .name = "map",
    .summary = "one head's map with a crosshair",
    .state_size = sizeof(struct map_pane),
    .keys = keys,
    .open = open,
    .changed = changed,
    .draw = draw,
    .point = map_point,
};
