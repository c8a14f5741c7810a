/* The crosshair: its moves, the search for a key, the pinned query. Acts that the panes of one map share. */
#include <string.h>

#include "repl/view/map_state.h"

static size_t moved(size_t at, int by, size_t n)
{
    long to = (long)at + by;
    return to < 0 ? 0 : to >= (long)n ? n - 1 : (size_t)to;
}

/* ---- the mouse over it ---- */

void viewer_hover(struct viewer *v, size_t row, size_t col)
{
    struct map_state *map = v->map;
    if (!map->hover.on) {
        map->hover.on = true;
        map->hover.query = map->shown.row_tokens[map->row];
        map->hover.key = map->shown.col_tokens[map->col];
    }
    map->row = row;
    map->col = col;
}

void viewer_hover_end(struct viewer *v)
{
    struct map_state *map = v->map;
    if (!map->hover.on)
        return;
    map->row = map_place(map->shown.row_tokens, map->shown.rows, map->hover.query);
    map->col = map_place(map->shown.col_tokens, map->shown.cols, map->hover.key);
    map->hover.on = false;
}

void viewer_hover_keep(struct viewer *v)
{
    v->map->moved |= v->map->hover.on;
    v->map->hover.on = false;
}

/* ---- moves ---- */

void viewer_stand(struct viewer *v, size_t row, size_t col)
{
    viewer_hover_keep(v);
    v->map->moved |= row != v->map->row || col != v->map->col;
    v->map->row = row;
    v->map->col = col;
}

void view_act_key(struct viewer *v, void *state, int amount)
{
    (void)state;
    viewer_stand(v, v->map->row, moved(v->map->col, amount, v->map->shown.cols));
}

void view_act_query(struct viewer *v, void *state, int amount)
{
    (void)state;
    viewer_stand(v, moved(v->map->row, amount, v->map->shown.rows), v->map->col);
}

void view_act_edge(struct viewer *v, void *state, int amount)
{
    (void)state;
    viewer_stand(v, v->map->row, amount < 0 ? 0 : v->map->shown.cols - 1);
}

void view_act_pin(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    viewer_pin(v);
}

/* The next key whose token holds the text, from the crosshair on, around the end. */
static void find(struct viewer *v, int amount)
{
    size_t n = v->map->shown.cols, length = strlen(v->map->find);
    for (size_t k = 1; length && k <= n; k++) {
        size_t j = (v->map->col + n + (amount > 0 ? k : n - k)) % n;
        struct str label = v->map->down_labels[j]; /* in the order of writing, as it is typed */
        if (label.n >= length && memmem(label.s, label.n, v->map->find, length)) {
            viewer_stand(v, v->map->row, j);
            return;
        }
    }
    viewer_say(v, length ? "no token holds '%s'" : "nothing was searched for yet: / and a text%s", v->map->find);
}

static void found(struct viewer *v, struct str text)
{
    size_t n = text.n < sizeof v->map->find - 1 ? text.n : sizeof v->map->find - 1;
    memcpy(v->map->find, text.s, n);
    v->map->find[n] = 0;
    find(v, 1);
}

void view_act_search(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    prompt_open(v, "/", "", found);
}

void view_act_find(struct viewer *v, void *state, int amount)
{
    (void)state;
    find(v, amount);
}
