/* The profile: what the crosshair's query looks at and who looks at its key, largest magnitude first, as bars. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "repl/view/map_state.h"

struct entry {
    size_t at;   /* row or column of the map */
    float value;
};

static int by_magnitude(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    float s = fabsf(x->value), t = fabsf(y->value);
    return s != t ? (s > t ? -1 : 1) : x->at < y->at ? -1 : x->at > y->at;
}

/* "  0 [CLS]      0.472 ██████": one line, the bar in the value's colour. */
static void draw_entry(struct viewer *v, struct cell_grid *grid, struct cell_rect line, size_t tokens, struct str label,
                       size_t token, double value, double largest, bool here)
{
    char text[64];
    size_t number = 4, digits = 7, rest = line.cols > number + digits + 1 ? line.cols - number - digits - 1 : 0;
    size_t bar = rest > tokens ? rest - tokens : 0;
    struct style style = here ? style_bold : style_plain;
    size_t n = (size_t)snprintf(text, sizeof text, "%zu", token);
    grid_text_right(grid, line.row, line.col, number - 1, (struct str){text, n}, style_dim);
    grid_text(grid, line.row, line.col + number, tokens > 1 ? tokens - 1 : 0, label, style);
    n = (size_t)snprintf(text, sizeof text, fabs(value) >= 100 ? "%.1f" : fabs(value) >= 10 ? "%.2f" : "%.3f", value);
    grid_text_right(grid, line.row, line.col + number + tokens, digits - 1, (struct str){text, n}, style);
    size_t length = largest > 0 ? (size_t)floor(fabs(value) / largest * (double)bar + 0.5) : 0;
    struct cell_rect at = {line.row, line.col + number + tokens + digits, 1, length};
    if (v->depth == DEPTH_MONO)
        grid_fill(grid, at, value < 0 ? "-" : "█", style_plain);
    else
        grid_fill(grid, at, " ", (struct style){.bg = ink_colour(&v->map->ink, value)});
}

/* The largest of a row (of_query) or column of the map, with its title. */
static void draw_list(struct viewer *v, struct cell_grid *grid, struct cell_rect rect, bool of_query)
{
    const struct shown_map *map = &v->map->shown;
    size_t n = 0, all = of_query ? map->cols : map->rows;
    struct entry *entries = calloc(all, sizeof *entries);
    struct buf title = {0};
    for (size_t i = 0; entries && i < all; i++) {
        float value = of_query ? map->values[v->map->row * map->cols + i] : map->values[i * map->cols + v->map->col];
        if (isfinite(value))
            entries[n++] = (struct entry){i, value};
    }
    if (!entries || rect.rows < 2) {
        free(entries);
        return;
    }
    qsort(entries, n, sizeof *entries, by_magnitude);
    buf_puts(&title, of_query ? "query " : "key ");
    buf_printf(&title, "%zu ", of_query ? map->row_tokens[v->map->row] : map->col_tokens[v->map->col]);
    buf_str(&title, of_query ? map->row_labels[v->map->row] : map->col_labels[v->map->col]);
    buf_puts(&title, of_query ? " looks at" : " is seen by");
    grid_text(grid, rect.row, rect.col, rect.cols, buf_view(&title), style_bold);
    size_t tokens = 6, most = rect.cols > 24 ? (rect.cols - 11) * 2 / 3 : 8; /* columns of the longest token shown */
    for (size_t k = 0; k < n && k + 1 < rect.rows; k++) {
        size_t width = 1 + text_columns(of_query ? map->col_labels[entries[k].at] : map->row_labels[entries[k].at]);
        tokens = width > tokens ? width : tokens;
    }
    tokens = tokens < most ? tokens : most;
    for (size_t k = 0; k < n && k + 1 < rect.rows; k++) {
        size_t i = entries[k].at;
        struct cell_rect line = {rect.row + 1 + k, rect.col, 1, rect.cols};
        draw_entry(v, grid, line, tokens, of_query ? map->col_labels[i] : map->row_labels[i],
                   of_query ? map->col_tokens[i] : map->row_tokens[i], (double)entries[k].value,
                   fabs((double)entries[0].value), i == (of_query ? v->map->col : v->map->row));
    }
    buf_free(&title);
    free(entries);
}

void profile_draw(struct viewer *v, struct cell_grid *grid, struct cell_rect rect)
{
    size_t upper = rect.rows < 12 ? rect.rows : (rect.rows - 1) / 2, most = v->map->shown.cols + 1;
    upper = upper < most ? upper : most;
    draw_list(v, grid, (struct cell_rect){rect.row, rect.col, upper, rect.cols}, true);
    if (rect.rows > upper + 3)
        draw_list(v, grid, (struct cell_rect){rect.row + upper + 1, rect.col, rect.rows - upper - 1, rect.cols}, false);
}
