/* The text view: the tokens as a text, shaded by what the crosshair's query looks at, and by who looks at its key. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "repl/view/map_state.h"

enum { LEFT = 2, MOST_TOKENS = 4096 };

/* Where each token of a paragraph was drawn, so that a click finds it. */
struct placed {
    size_t row, col, columns;
};
struct text_state {
    struct placed keys[MOST_TOKENS], queries[MOST_TOKENS];
    size_t n_keys, n_queries;
};

static void draw_token(const struct viewer *v, struct cell_grid *grid, const struct placed *at, struct str label, double value,
                       bool here)
{
    struct style style = {.bg = ink_colour(&v->map->ink, value)};
    style.fg = ink_over(&v->map->ink, style.bg);
    style.flags = here ? CELL_BOLD | CELL_UNDERLINE : 0;
    if (v->depth == DEPTH_MONO)
        style = (struct style){.flags = here ? CELL_REVERSE : 0};
    grid_text(grid, at->row, at->col, at->columns, label, style);
    if (v->depth == DEPTH_MONO) /* a shade behind the token, where colours have their place */
        grid_text(grid, at->row, at->col + at->columns, 1, str_of(ink_shade(&v->map->ink, value)), style_plain);
}

/* One paragraph from a token on: the keys of the crosshair's query (of_query), or the queries of its key. Returns the row
 * behind it. */
static size_t draw_from(const struct viewer *v, struct cell_grid *grid, size_t first, size_t row, size_t end, bool of_query,
                        struct placed *places, size_t *n_out)
{
    const struct shown_map *map = &v->map->shown;
    size_t n = of_query ? map->cols : map->rows, here = of_query ? v->map->col : v->map->row, col = LEFT;
    memset(places, 0, MOST_TOKENS * sizeof *places);
    for (*n_out = first; *n_out < n && *n_out < MOST_TOKENS; ++*n_out) {
        size_t i = *n_out;
        struct str label = of_query ? map->col_labels[i] : map->row_labels[i];
        size_t columns = text_columns(label), room = grid->columns - 2 * LEFT;
        columns = columns < room ? columns : room;
        if (col > LEFT && col + columns + 1 > grid->columns - LEFT) {
            col = LEFT;
            row++;
        }
        if (row >= end)
            break;
        places[i] = (struct placed){row, col, columns};
        draw_token(v, grid, &places[i], label,
                   pool_value(&v->map->panel, of_query ? v->map->row : i, (of_query ? v->map->row : i) + 1,
                              of_query ? i : v->map->col, (of_query ? i : v->map->col) + 1),
                   i == here);
        col += columns + 1;
    }
    if (*n_out < n && row >= end) {
        char more[60];
        size_t length = (size_t)snprintf(more, sizeof more, "… %zu-%zu of %zu tokens", first, *n_out - 1, n);
        grid_text(grid, end, LEFT, grid->columns - LEFT, (struct str){more, length}, style_dim);
    }
    return row + 1;
}

/* The paragraph; of one that is too long, the part around the crosshair. */
static size_t draw_tokens(const struct viewer *v, struct cell_grid *grid, size_t row, size_t end, bool of_query,
                          struct placed *places, size_t *n_out)
{
    size_t here = of_query ? v->map->col : v->map->row, behind = draw_from(v, grid, 0, row, end, of_query, places, n_out);
    if (here < *n_out || *n_out == 0)
        return behind;
    for (size_t r = row; r <= end; r++)
        for (size_t c = 0; c < grid->columns; c++)
            grid_fill(grid, (struct cell_rect){r, c, 1, 1}, " ", style_plain);
    return draw_from(v, grid, here - *n_out / 2, row, end, of_query, places, n_out);
}

static void draw_title(const struct viewer *v, struct cell_grid *grid, size_t row, bool of_query)
{
    const struct shown_map *map = &v->map->shown;
    struct buf text = {0};
    buf_printf(&text, of_query ? "query %zu " : "key %zu ",
               of_query ? map->row_tokens[v->map->row] : map->col_tokens[v->map->col]);
    buf_str(&text, of_query ? map->row_labels[v->map->row] : map->col_labels[v->map->col]);
    buf_puts(&text, of_query ? " looks at" : " is seen by");
    grid_text(grid, row, 1, grid->columns - 2, buf_view(&text), style_bold);
    buf_free(&text);
}

static void draw(struct viewer *v, void *state, struct cell_grid *grid)
{
    struct text_state *s = state;
    size_t last = grid->rows - 4, half = 1 + (last - 1) / 2;
    draw_title(v, grid, 1, true);
    size_t row = draw_tokens(v, grid, 2, half, true, s->keys, &s->n_keys) + 1;
    draw_title(v, grid, row, false);
    draw_tokens(v, grid, row + 1, last, false, s->queries, &s->n_queries);
    cells_bar(grid, grid->rows - 3, 1, grid->columns - 2, &v->map->ink, &v->map->picture);
    below_exact(v, grid, grid->rows - 2);
}

/* ---- keys ---- */

static bool find(const struct placed *places, size_t n, struct pointer at, size_t *out)
{
    for (size_t i = 0; i < n; i++)
        if (places[i].row == at.row && at.col >= places[i].col && at.col < places[i].col + places[i].columns) {
            *out = i;
            return true;
        }
    return false;
}

/* A token under the mouse is the key above, the query below; a click keeps it. */
static bool point(struct viewer *v, void *state, struct pointer at)
{
    const struct text_state *s = state;
    size_t row = v->map->row, col = v->map->col;
    bool found = find(s->keys, s->n_keys, at, &col) || find(s->queries, s->n_queries, at, &row);
    if (found && at.kind == POINTER_MOVE)
        viewer_hover(v, row, col);
    else if (at.kind == POINTER_MOVE)
        viewer_hover_end(v);
    else if (found && (at.kind == POINTER_PRESS || at.kind == POINTER_DRAG))
        viewer_stand(v, row, col);
    return !pointer_is_wheel(at);
}

static void line(const struct viewer *v, const void *state, struct buf *out)
{
    (void)state;
    viewer_line(v, (struct view_line_of){"plot", "text", v->map->shown.row_tokens[v->map->row], SIZE_MAX}, out);
}

static const struct view_key keys[] = {
    {{KEY_ARROW_LEFT, 'h'}, "← → h l", "key", "the key before, after", view_act_key, -1},
    {{KEY_ARROW_RIGHT, 'l'}, NULL, NULL, NULL, view_act_key, 1},
    {{KEY_ARROW_UP, 'k'}, "↑ ↓ k j", "query", "the query before, after", view_act_query, -1},
    {{KEY_ARROW_DOWN, 'j'}, NULL, NULL, NULL, view_act_query, 1},
    KEYS_FIND,
    KEYS_PIN,
    {{0}, NULL, NULL, NULL, NULL, 0},
};

const struct view view_text = {
    .name = "text",
    .summary = "the text, shaded by what a query looks at and by who looks at a key",
    .key = 'v',
    .state_size = sizeof(struct text_state),
    .keys = keys,
    .line = line,
    .draw = draw,
    .point = point,
};
