/* The help view: made from the rows of keys, so that it cannot drift from what keys do. */
#include <stdio.h>

#include "repl/view/view.h"

enum { LABEL = 14, WIDE = 150 };

struct help_state {
    size_t first; /* line at the top */
    size_t lines, seen;
};

/* Draws line after line, on a wide screen in two columns; lines outside the window are only counted. */
struct writer {
    struct cell_grid *grid;
    size_t first, line, seen, rows, columns; /* seen: lines in all columns, each of so many rows */
    struct style accent;
};

/* Where a line stands; false where it is not seen. */
static bool place(const struct writer *w, size_t line, size_t *row, size_t *col)
{
    if (line < w->first || line - w->first >= w->seen)
        return false;
    *row = 2 + (line - w->first) % w->rows;
    *col = (line - w->first) / w->rows * w->columns;
    return true;
}

static void put_line(struct writer *w, const char *label, const char *summary, struct style style)
{
    size_t row, col;
    if (!place(w, w->line++, &row, &col))
        return;
    if (label)
        grid_text(w->grid, row, col + 2, summary ? LABEL : w->columns - 3, str_of(label), summary ? w->accent : style);
    if (summary)
        grid_text(w->grid, row, col + 2 + LABEL, w->columns - LABEL - 3, str_of(summary), style);
}

static void put_keys(struct writer *w, const char *title, const struct view_key *rows)
{
    if (w->line)
        put_line(w, NULL, NULL, style_plain);
    size_t row, col;
    if (place(w, w->line++, &row, &col))
        grid_text(w->grid, row, col + 1, w->columns - 2, str_of(title), style_bold);
    for (; rows && rows->act; rows++)
        if (rows->label)
            put_line(w, rows->label, rows->summary, style_plain);
}

static void draw(struct viewer *v, void *state, struct cell_grid *grid)
{
    struct help_state *s = state;
    size_t across = grid->columns >= WIDE ? 2 : 1, rows = grid->rows - 4;
    struct writer w = {grid, s->first, 0, across * rows, rows, grid->columns / across, style_accent(v->depth)};
    char title[200];
    for (size_t i = 0; views[i]; i++) {
        int n = snprintf(title, sizeof title, "%s", views[i]->name);
        if (views[i]->key)
            n += snprintf(title + n, sizeof title - (size_t)n, ", key %c", views[i]->key);
        snprintf(title + n, sizeof title - (size_t)n, ": %s", views[i]->summary);
        if (views[i] != &view_help)
            put_keys(&w, title, views[i]->keys);
    }
    put_keys(&w, "everywhere", viewer_keys);
    put_keys(&w, "after :", NULL);
    for (const struct view_line *line = view_lines; line->name; line++) {
        snprintf(title, sizeof title, "%s %s", line->name, line->argument);
        if (snprintf(title, sizeof title, "%s %s", line->name, line->argument) > LABEL - 1) {
            put_line(&w, title, NULL, w.accent);
            put_line(&w, "", line->summary, style_plain);
        } else {
            put_line(&w, title, line->summary, style_plain);
        }
    }
    put_line(&w, "L2.H1", "go to that head", style_plain);
    put_line(&w, "show, plot, …", "any command of gaze; Enter comes back", style_plain);
    put_keys(&w, "the mouse", NULL);
    put_line(&w, "over a cell", "the crosshair is there until the mouse leaves; a click or a key keeps it", style_plain);
    put_line(&w, "click", "the crosshair there; on layers × heads or the grid: that head; again: go to it", style_plain);
    put_line(&w, "drag", "zoom into the range of queries and keys; u goes back", style_plain);
    put_line(&w, "right drag", "move a map that is larger than its place", style_plain);
    put_line(&w, "wheel", "previous, next head; with Shift, Alt or Ctrl, or over layers × heads: layer", style_plain);
    put_line(&w, "Shift-drag", "most terminals select text so while a program reads the mouse", style_plain);
    put_keys(&w, "What is seen", NULL);
    put_line(&w, "▼", "a column: a key that draws attention from all queries (ratio ≥ 3, cover ≥ 2/3)", style_plain);
    put_line(&w, "▸ ▾", "the crosshair; its exact value, and its terms, stand below the map", style_plain);
    put_line(&w, "◆", "the pinned query", style_plain);
    s->lines = w.line;
    s->seen = w.seen;
    if (s->lines > s->seen) {
        int n = snprintf(title, sizeof title, "lines %zu-%zu of %zu   ↑ ↓ PgUp PgDn scroll   q back", s->first + 1,
                         s->first + s->seen < s->lines ? s->first + s->seen : s->lines, s->lines);
        grid_text(grid, grid->rows - 2, 2, grid->columns - 2, (struct str){title, (size_t)n}, style_dim);
    }
}

static void act_scroll(struct viewer *v, void *state, int amount)
{
    struct help_state *s = state;
    (void)v;
    size_t last = s->lines > s->seen ? s->lines - s->seen : 0;
    long to = (long)s->first + amount;
    s->first = to < 0 ? 0 : (size_t)to < last ? (size_t)to : last;
}

static void act_page(struct viewer *v, void *state, int amount)
{
    const struct help_state *s = state;
    act_scroll(v, state, amount * (int)(s->seen > 1 ? s->seen - 1 : 1));
}

static void act_end(struct viewer *v, void *state, int amount)
{
    act_scroll(v, state, amount * 100000);
}

static bool point(struct viewer *v, void *state, struct pointer at)
{
    if (at.kind == POINTER_WHEEL_UP || at.kind == POINTER_WHEEL_DOWN)
        act_scroll(v, state, at.kind == POINTER_WHEEL_UP ? -3 : 3);
    return true;
}

static const struct view_key keys[] = {
    {{KEY_ARROW_UP, 'k'}, "↑ ↓ k j", "scroll", "scroll", act_scroll, -1},
    {{KEY_ARROW_DOWN, 'j'}, NULL, NULL, NULL, act_scroll, 1},
    {{KEY_PAGE_UP, 'B' & 31}, "PgUp PgDn", "a page", "a page", act_page, -1},
    {{KEY_PAGE_DOWN, 'F' & 31, ' '}, NULL, NULL, NULL, act_page, 1},
    {{KEY_FIRST}, "Home End", NULL, "first, last line", act_end, -1},
    {{KEY_LAST}, NULL, NULL, NULL, act_end, 1},
    {{0}, NULL, NULL, NULL, NULL, 0},
};

const struct view view_help = {
    .name = "help",
    .summary = "keys and what they do",
    .state_size = sizeof(struct help_state),
    .keys = keys,
    .draw = draw,
    .point = point,
};
