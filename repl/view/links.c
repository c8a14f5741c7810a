/* The lines pane: attention as lines from a column of queries to a column of keys, those of the crosshair's query in front. Other
 * heads can be laid over it, a colour each. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/view/map_state.h"
#include "viz/chart/lines.h"
#include "viz/chart/series.h"

enum { TOP = 2, NUMBER = 5, VALUE = 7, TOKEN_MOST = 20, BELOW = 4, ACROSS_MOST = 60, FRONT_MOST = 12, BEHIND_MOST = 3 };

struct links_state {
    bool alone;                        /* the crosshair's query alone */
    struct site others[SERIES_MAX - 1]; /* heads that are laid over it */
    struct shown_map maps[SERIES_MAX - 1];
    size_t n;
    size_t first_query, first_key;     /* of the first line */
    struct cell_rect queries, keys;    /* of the last drawing: where tokens stand */
};

/* ---- other heads ---- */

static void drop(struct links_state *s, size_t i)
{
    shown_map_free(&s->maps[i]);
    memmove(&s->others[i], &s->others[i + 1], (s->n - i - 1) * sizeof *s->others);
    memmove(&s->maps[i], &s->maps[i + 1], (s->n - i - 1) * sizeof *s->maps);
    s->n--;
}

static bool same(struct site a, struct site b)
{
    return a.stack == b.stack && a.layer == b.layer && a.head == b.head && a.text == b.text;
}

/* Another part, other tokens: the heads laid over it are made anew; those that have no such map go. */
static void changed(struct viewer *v, struct place at, void *state)
{
    struct links_state *s = state;
    (void)at;
    for (size_t i = s->n; i-- > 0;) {
        struct shown_map map;
        struct err err = {0};
        if (!viewer_map_at(v, s->others[i], &map, &err)) {
            drop(s, i);
            viewer_complain(v, &err);
            continue;
        }
        shown_map_free(&s->maps[i]);
        s->maps[i] = map;
    }
}

static void act_lay(struct viewer *v, void *state, int amount)
{
    struct links_state *s = state;
    struct err err = {0};
    (void)amount;
    for (size_t i = 0; i < s->n; i++)
        if (same(s->others[i], v->at.site)) {
            drop(s, i);
            return;
        }
    if (s->n == SERIES_MAX - 1) {
        viewer_say(v, "%d heads are as many as colours tell apart; o on one of them takes it away", SERIES_MAX - 1);
    } else if (viewer_map_at(v, v->at.site, &s->maps[s->n], &err)) {
        s->others[s->n++] = v->at.site;
        viewer_say(v, "this head stays; [ ] and { } lay another over it, o takes it away again");
    } else {
        viewer_complain(v, &err);
    }
}

/* ---- drawing ---- */

static size_t widest(const struct str *labels, size_t n, size_t most)
{
    size_t columns = 5;
    for (size_t i = 0; i < n; i++)
        columns = text_columns(labels[i]) > columns ? text_columns(labels[i]) : columns;
    return columns < most ? columns : most;
}

static size_t scroll(size_t first, size_t at, size_t seen, size_t n)
{
    first = at < first ? at : at >= first + seen ? at + 1 - seen : first;
    return n <= seen ? 0 : first < n - seen ? first : n - seen;
}

/* A token a line, "5 mat" or, of a key, "mat 5 0.643". */
static void draw_tokens(struct viewer *v, struct links_state *s, struct cell_grid *grid, bool keys)
{
    const struct shown_map *map = &v->map->shown;
    struct cell_rect at = keys ? s->keys : s->queries;
    size_t first = keys ? s->first_key : s->first_query, here = keys ? v->map->col : v->map->row;
    for (size_t k = 0; k < at.rows; k++) {
        size_t i = first + k, row = at.row + k;
        struct str label = keys ? map->col_labels[i] : map->row_labels[i];
        struct style style = i == here ? style_bold : style_plain;
        bool marked = keys && map->marked && map->marked[i], pinned = !keys && map->row_tokens[i] == v->map->pinned;
        struct buf text = {0};
        buf_printf(&text, "%zu", keys ? map->col_tokens[i] : map->row_tokens[i]);
        if (marked || pinned)
            style = style_accent(v->depth);
        if (keys) {
            grid_text(grid, row, at.col + 2, at.cols - NUMBER - VALUE - 2, label, style);
            grid_text_right(grid, row, at.col + at.cols - NUMBER - VALUE, NUMBER - 1, buf_view(&text), style_dim);
            double value = series_value(&v->map->panel, v->map->row, i);
            text.n = 0;
            bool masked = map->masked && map->masked[v->map->row * map->cols + i];
            buf_printf(&text, masked ? "-" : "%.3f", value);
            grid_text_right(grid, row, at.col + at.cols - VALUE, VALUE, buf_view(&text), value > 0 && i == here ? style_bold : style_dim);
        } else {
            grid_text_right(grid, row, at.col, NUMBER - 1, buf_view(&text), style_dim);
            grid_text_right(grid, row, at.col + NUMBER, at.cols - NUMBER - 2, label, style);
        }
        if (i == here)
            grid_text(grid, row, keys ? at.col : at.col + at.cols - 1, 1, keys ? STR("◂") : STR("▸"), style_accent(v->depth));
        buf_free(&text);
    }
}

static void draw_title(const struct viewer *v, const struct links_state *s, const struct picture *picture, struct cell_grid *grid)
{
    struct buf text = {0};
    size_t col = 1;
    buf_printf(&text, "query %zu ", v->map->shown.row_tokens[v->map->row]);
    buf_str(&text, v->map->shown.row_labels[v->map->row]);
    col += grid_text(grid, 1, col, grid->columns - 2, buf_view(&text), style_accent(v->depth)) + 2;
    for (size_t p = 0; p < picture->n_panels && picture->n_panels > 1 && col + 8 < grid->columns; p++) {
        struct style style = {.flags = CELL_BOLD};
        if (v->depth != DEPTH_MONO)
            style.fg = ink_rgb(v->depth, series_colour(p));
        text.n = 0;
        site_name(p ? s->others[p - 1] : v->at.site, &text);
        col += grid_text(grid, 1, col, grid->columns - col, buf_view(&text), style) + 2;
    }
    text.n = 0;
    buf_puts(&text, s->alone ? "this query alone" : "in front of the others' strongest keys");
    if (s->queries.rows < v->map->shown.rows || s->keys.rows < v->map->shown.cols)
        buf_printf(&text, "   queries %zu-%zu, keys %zu-%zu", v->map->shown.row_tokens[s->first_query],
                   v->map->shown.row_tokens[s->first_query + s->queries.rows - 1], v->map->shown.col_tokens[s->first_key],
                   v->map->shown.col_tokens[s->first_key + s->keys.rows - 1]);
    if (col < grid->columns)
        grid_text(grid, 1, col, grid->columns - col - 1, buf_view(&text), style_dim);
    buf_free(&text);
}

/* The lines of all queries, then those of the crosshair's over them. */
static bool draw_lines(struct viewer *v, struct links_state *s, const struct picture *picture, struct cell_grid *grid, struct cell_rect at,
                       struct err *err)
{
    struct panel rows[SERIES_MAX];
    struct picture one = {.panels = rows, .n_panels = picture->n_panels};
    struct lines_field field = {.at = at, .first_query = (long)s->first_query, .first_key = (long)s->first_key,
                                .most = picture->n_panels > 1 ? 1 : BEHIND_MOST};
    for (size_t p = 0; p < picture->n_panels; p++) {
        const struct panel *panel = &picture->panels[p];
        rows[p] = *panel;
        rows[p].rows = 1;
        rows[p].values = panel->values + v->map->row * panel->cols;
        rows[p].masked = panel->masked ? panel->masked + v->map->row * panel->cols : NULL;
    }
    if (!s->alone && !lines_put(picture, &field, grid, v->depth, err))
        return false;
    field.first_query -= (long)v->map->row;
    field.most = FRONT_MOST;
    field.front = picture->n_panels == 1;
    field.accent = style_accent(v->depth).fg;
    return lines_put(&one, &field, grid, v->depth, err);
}

static void draw(struct viewer *v, void *state, struct cell_grid *grid)
{
    struct links_state *s = state;
    const struct shown_map *map = &v->map->shown;
    struct panel panels[SERIES_MAX] = {v->map->panel};
    struct picture picture = {.panels = panels, .n_panels = 1};
    struct err err = {0};
    size_t room = grid->rows - TOP - BELOW, most = grid->columns / 5 < TOKEN_MOST ? grid->columns / 5 : TOKEN_MOST;
    size_t left = NUMBER + widest(map->row_labels, map->rows, most) + 2, right = 2 + widest(map->col_labels, map->cols, most) + NUMBER + VALUE;
    size_t across = grid->columns - left - right - 2;
    for (size_t i = 0; i < s->n; i++)
        if (!same(s->others[i], v->at.site) && s->maps[i].rows == map->rows && s->maps[i].cols == map->cols)
            panels[picture.n_panels++] = shown_map_panel(&s->maps[i]);
    across = across < ACROSS_MOST ? across : ACROSS_MOST;
    s->queries = (struct cell_rect){TOP, 1, room < map->rows ? room : map->rows, left};
    s->keys = (struct cell_rect){TOP, 1 + left + across, room < map->cols ? room : map->cols, right};
    s->first_query = scroll(s->first_query, v->map->row, s->queries.rows, map->rows);
    s->first_key = scroll(s->first_key, v->map->col, s->keys.rows, map->cols);
    size_t rows = s->queries.rows > s->keys.rows ? s->queries.rows : s->keys.rows;
    draw_title(v, s, &picture, grid);
    if (draw_lines(v, s, &picture, grid, (struct cell_rect){TOP, 1 + left, rows, across}, &err)) {
        draw_tokens(v, s, grid, false);
        draw_tokens(v, s, grid, true);
    } else {
        s->queries.rows = s->keys.rows = 0;
        grid_text(grid, TOP + 1, 1, grid->columns - 2, v->map->against.on ? STR("Lines draw weights; a difference holds values below 0. d goes back to the map.")
                                                                         : STR("Lines draw weights; this map holds values below 0. m goes to another part."),
                  style_plain);
    }
    below_neighbours(v, grid, grid->rows - 4);
    below_exact(v, grid, grid->rows - 3);
    below_terms(v, grid, grid->rows - 2);
}

/* ---- keys ---- */

static void act_alone(struct viewer *v, void *state, int amount)
{
    struct links_state *s = state;
    (void)v, (void)amount;
    s->alone = !s->alone;
}

static bool inside(struct cell_rect rect, struct pointer at)
{
    return at.row >= rect.row && at.row < rect.row + rect.rows && at.col >= rect.col && at.col < rect.col + rect.cols;
}

/* The query or key under the mouse is the crosshair's; a click keeps it. */
static bool point(struct viewer *v, void *state, struct pointer at)
{
    const struct links_state *s = state;
    bool query = inside(s->queries, at), key = inside(s->keys, at);
    size_t row = query ? s->first_query + at.row - TOP : v->map->row, col = key ? s->first_key + at.row - TOP : v->map->col;
    if (at.kind == POINTER_MOVE && (query || key))
        viewer_hover(v, row, col);
    else if (at.kind == POINTER_MOVE)
        viewer_hover_end(v);
    else if ((query || key) && (at.kind == POINTER_PRESS || at.kind == POINTER_DRAG))
        viewer_stand(v, row, col);
    return !pointer_is_wheel(at);
}

static void line(const struct viewer *v, const void *state, struct buf *out)
{
    const struct links_state *s = state;
    struct view_line_of what = {"plot", "lines", SIZE_MAX, SIZE_MAX};
    if (s->alone)
        what.q = v->map->shown.row_tokens[v->map->row];
    viewer_line(v, what, out);
    for (size_t i = 0; i < s->n && !v->map->against.on; i++)
        if (!same(s->others[i], v->at.site)) {
            buf_char(out, ' ');
            site_name(s->others[i], out);
        }
}

static void close(struct viewer *v, void *state)
{
    struct links_state *s = state;
    (void)v;
    while (s->n)
        drop(s, s->n - 1);
}

static const struct view_key keys[] = {
    {{KEY_ARROW_UP, 'k'}, "↑ ↓ k j", "query", "the query above, below", view_act_query, -1},
    {{KEY_ARROW_DOWN, 'j'}, NULL, NULL, NULL, view_act_query, 1},
    {{KEY_ARROW_LEFT, 'h'}, "← → h l", "key", "the key before, after", view_act_key, -1},
    {{KEY_ARROW_RIGHT, 'l'}, NULL, NULL, NULL, view_act_key, 1},
    {{'a'}, "a", "alone", "the lines of this query alone, or of all", act_alone, 1},
    {{'o'}, "o", "overlay", "keep this head's lines under those of others, in a colour of their own; again: take them away", act_lay, 1},
    KEYS_FIND,
    KEYS_PIN,
    {{0}, NULL, NULL, NULL, NULL, 0},
};

const struct view view_links = {
    .name = "lines",
    .summary = "attention as lines from queries to keys, of one head or several",
    .key = 'L',
    .state_size = sizeof(struct links_state),
    .keys = keys,
    .close = close,
    .changed = changed,
    .line = line,
    .draw = draw,
    .point = point,
};
