/* The row pane: one query's keys as bars with exact values, or one key's queries; in the order of the text or the largest
 * first. A pinned query stands beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "repl/view/map_state.h"

enum { NUMBER = 5, VALUE = 15, PINNED = 12, TOKEN_LEAST = 6, TOKEN_MOST = 24, BAR_LEAST = 8 };

struct row_state {
    bool by_value, of_key; /* of_key: the queries that look at the crosshair's key */
    size_t first;          /* place at the top of the list */
    size_t seen;           /* places of the last drawing, from row TOP on */
    size_t *order;         /* [n] which row or column of the map stands at a place */
    size_t n;
};
enum { TOP = 2 };

/* ---- what stands where ---- */

static size_t length_of(const struct viewer *v, const struct row_state *s)
{
    return s->of_key ? v->map->shown.rows : v->map->shown.cols;
}

static size_t here_of(const struct viewer *v, const struct row_state *s)
{
    return s->of_key ? v->map->row : v->map->col;
}

/* The cell of the map that entry i stands for; `fixed`: the row, or of a key the column, that is drawn. */
static size_t cell_of(const struct viewer *v, const struct row_state *s, size_t fixed, size_t i)
{
    return s->of_key ? i * v->map->shown.cols + fixed : fixed * v->map->shown.cols + i;
}

/* NaN where it is masked or not finite. */
static double value_of(const struct viewer *v, const struct row_state *s, size_t fixed, size_t i)
{
    const struct shown_map *map = &v->map->shown;
    size_t cell = cell_of(v, s, fixed, i);
    double value = (double)map->values[cell];
    return (map->masked && map->masked[cell]) || !isfinite(value) ? NAN : value;
}

struct entry {
    double value;
    size_t at;
};

/* The largest first; those without a number last, in their order. */
static int by_value(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    double s = isnan(x->value) ? -INFINITY : x->value, t = isnan(y->value) ? -INFINITY : y->value;
    return s != t ? (s > t ? -1 : 1) : x->at < y->at ? -1 : x->at > y->at;
}

static bool make_order(const struct viewer *v, struct row_state *s, size_t fixed)
{
    struct err err = {0};
    size_t n = length_of(v, s);
    struct entry *entries = mem_new(n, sizeof *entries, "the row", &err);
    size_t *order = mem_new(n, sizeof *order, "the row", &err);
    free(s->order);
    s->order = order;
    s->n = entries && order ? n : 0;
    for (size_t i = 0; i < s->n; i++)
        entries[i] = (struct entry){value_of(v, s, fixed, i), i};
    if (s->by_value && s->n)
        qsort(entries, s->n, sizeof *entries, by_value);
    for (size_t i = 0; i < s->n; i++)
        order[i] = entries[i].at;
    free(entries);
    return s->n > 0;
}

static size_t place_here(const struct viewer *v, const struct row_state *s)
{
    size_t place = 0;
    while (place + 1 < s->n && s->order[place] != here_of(v, s))
        place++;
    return place;
}

/* ---- drawing ---- */

/* How a line is divided. */
struct row_layout {
    size_t token, pinned, bar, columns; /* columns of the token, of the pinned query's value, where the bar begins, its columns */
    double lo, hi;                      /* values at the ends of the bar */
};

static struct row_layout plan(const struct viewer *v, const struct row_state *s, const struct cell_grid *grid, size_t fixed, bool pinned)
{
    const struct shown_map *map = &v->map->shown;
    struct row_layout l = {.token = TOKEN_LEAST, .pinned = pinned ? PINNED : 0};
    for (size_t i = 0; i < s->n; i++) {
        double value = value_of(v, s, fixed, i);
        size_t columns = text_columns(s->of_key ? map->row_labels[i] : map->col_labels[i]);
        l.token = columns > l.token ? columns : l.token;
        l.lo = value < l.lo ? value : l.lo;
        l.hi = value > l.hi ? value : l.hi;
    }
    l.hi = l.hi > l.lo ? l.hi : l.lo + 1;
    size_t most = grid->columns / 4 < TOKEN_MOST ? grid->columns / 4 : TOKEN_MOST;
    l.token = l.token < most ? l.token : most;
    l.bar = 1 + NUMBER + l.token + 1 + VALUE + l.pinned + 1;
    l.columns = grid->columns > l.bar + BAR_LEAST + 1 ? grid->columns - l.bar - 1 : 0;
    return l;
}

/* A bar from 0 on: to the right in eighths of a cell, to the left in halves. */
static void draw_bar(const struct viewer *v, struct cell_grid *grid, size_t row, const struct row_layout *l, double value)
{
    double unit = (double)l->columns / (l->hi - l->lo), zero = -l->lo * unit, cells = fabs(value) * unit;
    size_t origin = l->bar + (size_t)zero;
    struct style style = {.fg = ink_colour(&v->map->ink, value)};
    if (value >= 0) {
        cells_length(grid, row, origin, fmin(cells, (double)(l->bar + l->columns - origin)), style);
        return;
    }
    size_t halves = (size_t)lround(2 * cells), whole = halves / 2 < origin - l->bar ? halves / 2 : origin - l->bar;
    for (size_t c = 1; c <= whole; c++)
        grid_text(grid, row, origin - c, 1, v->depth == DEPTH_MONO ? STR("-") : STR("█"), style);
    if (halves % 2 && whole < origin - l->bar)
        grid_text(grid, row, origin - whole - 1, 1, STR("▐"), style);
}

/* A line where the uniform map's value is, behind the bars that do not reach it. */
static void draw_tick(const struct viewer *v, struct cell_grid *grid, size_t row, const struct row_layout *l)
{
    double tick = v->map->panel.tick;
    if (isnan(tick) || tick < l->lo || tick > l->hi || !l->columns)
        return;
    size_t col = l->bar + (size_t)((tick - l->lo) / (l->hi - l->lo) * (double)l->columns);
    const struct cell *cell = grid_at(grid, row, col);
    if (cell && !cell->n)
        grid_text(grid, row, col, 1, STR("│"), style_dim);
}

static void draw_entry(const struct viewer *v, const struct row_state *s, struct cell_grid *grid, size_t row, const struct row_layout *l,
                       size_t i, size_t fixed, size_t pinned)
{
    const struct shown_map *map = &v->map->shown;
    bool here = i == here_of(v, s), marked = !s->of_key && map->marked && map->marked[i];
    struct style style = here ? style_bold : style_plain;
    struct buf text = {0};
    buf_printf(&text, "%zu", s->of_key ? map->row_tokens[i] : map->col_tokens[i]);
    grid_text_right(grid, row, 1, NUMBER - 1, buf_view(&text), style_dim);
    if (here)
        grid_text(grid, row, 0, 1, STR("▸"), style_accent(v->depth));
    grid_text(grid, row, 1 + NUMBER, l->token, s->of_key ? map->row_labels[i] : map->col_labels[i], style);
    if (marked)
        grid_text(grid, row, NUMBER, 1, v->depth == DEPTH_MONO ? STR("v") : STR("▼"), style_accent(v->depth));
    text.n = 0;
    size_t cell = cell_of(v, s, fixed, i);
    put_exact(&text, map, cell / map->cols, cell % map->cols);
    grid_text_right(grid, row, 1 + NUMBER + l->token, VALUE, buf_view(&text), here ? style_accent(v->depth) : style_plain);
    text.n = 0;
    if (pinned != SIZE_MAX) {
        double value = value_of(v, s, pinned, i);
        if (isnan(value))
            buf_puts(&text, "-");
        else
            buf_printf(&text, "%.4g", value);
        grid_text_right(grid, row, 1 + NUMBER + l->token + VALUE, PINNED, buf_view(&text), style_dim);
    }
    double value = value_of(v, s, fixed, i);
    if (l->columns && !isnan(value))
        draw_bar(v, grid, row, l, value);
    draw_tick(v, grid, row, l);
    buf_free(&text);
}

/* "query 2 cat looks at   largest first   ◆ 4 on": what the list is of. */
static void draw_title(const struct viewer *v, const struct row_state *s, struct cell_grid *grid, const struct row_layout *l, size_t pinned)
{
    const struct shown_map *map = &v->map->shown;
    struct buf text = {0};
    buf_printf(&text, s->of_key ? "key %zu " : "query %zu ", s->of_key ? map->col_tokens[v->map->col] : map->row_tokens[v->map->row]);
    buf_str(&text, s->of_key ? map->col_labels[v->map->col] : map->row_labels[v->map->row]);
    buf_puts(&text, s->of_key ? " is seen by" : " looks at");
    size_t at = 1 + grid_text(grid, 1, 1, grid->columns - 2, buf_view(&text), style_bold) + 3;
    text.n = 0;
    buf_printf(&text, "%s%s", s->by_value ? "largest first" : "in the order of the text", l->lo < 0 ? ", 0 inside" : "");
    if (pinned != SIZE_MAX) {
        buf_printf(&text, "   ◆ %zu ", map->row_tokens[pinned]);
        buf_str(&text, map->row_labels[pinned]);
        buf_puts(&text, " beside it");
    }
    if (s->seen < s->n)
        buf_printf(&text, "   %zu-%zu of %zu", s->first + 1, s->first + s->seen, s->n);
    if (at < grid->columns)
        grid_text(grid, 1, at, grid->columns - at - 1, buf_view(&text), style_dim);
    buf_free(&text);
}

static size_t pinned_row(const struct viewer *v, const struct row_state *s)
{
    for (size_t i = 0; !s->of_key && v->map->pinned != SIZE_MAX && i < v->map->shown.rows; i++)
        if (v->map->shown.row_tokens[i] == v->map->pinned && i != v->map->row)
            return i;
    return SIZE_MAX;
}

static void draw(struct viewer *v, void *state, struct cell_grid *grid)
{
    struct row_state *s = state;
    size_t fixed = s->of_key ? v->map->col : v->map->row, pinned = pinned_row(v, s);
    if (!make_order(v, s, fixed))
        return;
    size_t room = grid->rows - TOP - 5, place = place_here(v, s);
    s->seen = room < s->n ? room : s->n;
    s->first = place < s->first ? place : place >= s->first + s->seen ? place + 1 - s->seen : s->first;
    s->first = s->first + s->seen > s->n ? s->n - s->seen : s->first;
    struct row_layout l = plan(v, s, grid, fixed, pinned != SIZE_MAX);
    draw_title(v, s, grid, &l, pinned);
    for (size_t k = 0; k < s->seen; k++)
        draw_entry(v, s, grid, TOP + k, &l, s->order[s->first + k], fixed, pinned);
    cells_bar(grid, grid->rows - 5, 1, grid->columns - 2, &v->map->ink, &v->map->picture);
    below_neighbours(v, grid, grid->rows - 4);
    below_exact(v, grid, grid->rows - 3);
    below_terms(v, grid, grid->rows - 2);
}

/* ---- keys ---- */

static void stand_at(struct viewer *v, const struct row_state *s, size_t place)
{
    size_t i = s->n ? s->order[place < s->n ? place : s->n - 1] : 0;
    if (s->n && s->of_key)
        viewer_stand(v, i, v->map->col);
    else if (s->n)
        viewer_stand(v, v->map->row, i);
}

/* Down and up the list. */
static void act_step(struct viewer *v, void *state, int amount)
{
    const struct row_state *s = state;
    size_t place = place_here(v, s);
    stand_at(v, s, amount < 0 && place < (size_t)-amount ? 0 : place + (size_t)amount);
}

static void act_page(struct viewer *v, void *state, int amount)
{
    const struct row_state *s = state;
    act_step(v, state, amount * (int)(s->seen > 1 ? s->seen - 1 : 1));
}

static void act_end(struct viewer *v, void *state, int amount)
{
    stand_at(v, state, amount < 0 ? 0 : SIZE_MAX);
}

/* Another row, or of a key another column. */
static void act_other(struct viewer *v, void *state, int amount)
{
    const struct row_state *s = state;
    (s->of_key ? view_act_key : view_act_query)(v, state, amount);
}

static void act_order(struct viewer *v, void *state, int amount)
{
    struct row_state *s = state;
    (void)v, (void)amount;
    s->by_value = !s->by_value;
    s->first = 0;
}

static void act_side(struct viewer *v, void *state, int amount)
{
    struct row_state *s = state;
    (void)v, (void)amount;
    s->of_key = !s->of_key;
    s->first = 0;
    viewer_note_line(v);
}

static bool point(struct viewer *v, void *state, struct pointer at)
{
    const struct row_state *s = state;
    bool listed = at.row >= TOP && at.row - TOP < s->seen;
    size_t i = listed ? s->order[s->first + at.row - TOP] : 0;
    if (listed && at.kind == POINTER_MOVE)
        viewer_hover(v, s->of_key ? i : v->map->row, s->of_key ? v->map->col : i);
    else if (at.kind == POINTER_MOVE)
        viewer_hover_end(v);
    else if (listed && (at.kind == POINTER_PRESS || at.kind == POINTER_DRAG))
        stand_at(v, s, s->first + at.row - TOP);
    return !pointer_is_wheel(at);
}

static void line(const struct viewer *v, const void *state, struct buf *out)
{
    const struct row_state *s = state;
    struct view_line_of what = {"plot", s->of_key ? "text" : "bars", v->map->shown.row_tokens[v->map->row], SIZE_MAX};
    if (s->of_key) {
        what.q = SIZE_MAX;
        what.k = v->map->shown.col_tokens[v->map->col];
    }
    viewer_line(v, what, out);
}

static void close(struct viewer *v, void *state)
{
    struct row_state *s = state;
    (void)v;
    free(s->order);
}

static const struct view_key keys[] = {
    {{KEY_ARROW_UP, 'k'}, "↑ ↓ k j", "move", "up, down the list", act_step, -1},
    {{KEY_ARROW_DOWN, 'j'}, NULL, NULL, NULL, act_step, 1},
    {{KEY_ARROW_LEFT, 'h'}, "← → h l", "query", "the query before, after (of a key: the key)", act_other, -1},
    {{KEY_ARROW_RIGHT, 'l'}, NULL, NULL, NULL, act_other, 1},
    {{KEY_PAGE_UP, 'B' & 31}, "PgUp PgDn", NULL, "a page of the list", act_page, -1},
    {{KEY_PAGE_DOWN, 'F' & 31}, NULL, NULL, NULL, act_page, 1},
    {{KEY_FIRST, '^'}, "Home End", NULL, "its first, its last line", act_end, -1},
    {{KEY_LAST, '$'}, NULL, NULL, NULL, act_end, 1},
    {{'o'}, "o", "order", "the largest first, or the order of the text", act_order, 1},
    {{'a'}, "a", "by key", "a key's queries, or a query's keys", act_side, 1},
    KEYS_FIND,
    KEYS_PIN,
    {{0}, NULL, NULL, NULL, NULL, 0},
};

const struct view view_row = {
    .name = "row",
    .summary = "one query's keys as bars with exact values, or one key's queries",
    .key = 'r',
    .state_size = sizeof(struct row_state),
    .keys = keys,
    .close = close,
    .line = line,
    .draw = draw,
    .point = point,
};
