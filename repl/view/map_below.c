/* The lines below the map: colour bar with what is pooled or hidden, the tokens beside the crosshair's, the exact value, and the
 * terms it is made of. */
#include <math.h>
#include <stdlib.h>

#include "repl/map/shown_map.h"
#include "repl/run/token_choice.h"
#include "repl/view/map_plan.h"

static size_t put(struct cell_grid *grid, size_t row, size_t col, struct buf *text, struct style style)
{
    size_t n = col < grid->columns ? grid_text(grid, row, col, grid->columns - col, buf_view(text), style) : 0;
    text->n = 0;
    return col + n;
}

/* "masked", "not a number", "0.123456789". */
void put_exact(struct buf *out, const struct shown_map *map, size_t row, size_t col)
{
    size_t cell = row * map->cols + col;
    double value = map->values[cell];
    if (map->masked && map->masked[cell])
        buf_puts(out, "masked");
    else if (!isfinite(value))
        buf_puts(out, isnan(value) ? "not a number" : value > 0 ? "infinite" : "minus infinite");
    else
        buf_printf(out, "%.9g", value);
}

/* "query 5 mat → key 3 sat   0.123456789   1.48 × 1/12   ▼ column"; of a difference "-0.0200350881 = 0.9397 − 0.9598". */
void below_exact(struct viewer *v, struct cell_grid *grid, size_t row)
{
    const struct shown_map *map = &v->map->shown;
    double value = map->values[v->map->row * map->cols + v->map->col];
    struct buf text = {0};
    size_t col = 1;
    buf_printf(&text, "query %zu ", map->row_tokens[v->map->row]);
    col = put(grid, row, col, &text, style_dim);
    buf_str(&text, map->row_labels[v->map->row]);
    col = put(grid, row, col, &text, style_bold);
    buf_printf(&text, " → key %zu ", map->col_tokens[v->map->col]);
    col = put(grid, row, col, &text, style_dim);
    buf_str(&text, map->col_labels[v->map->col]);
    col = put(grid, row, col, &text, style_bold) + 3;
    put_exact(&text, map, v->map->row, v->map->col);
    double less = v->map->less ? (double)v->map->less[v->map->row * map->cols + v->map->col] : NAN;
    if (isfinite(value) && isfinite(less) && !(map->masked && map->masked[v->map->row * map->cols + v->map->col]))
        buf_printf(&text, " = %.4g \u2212 %.4g", value + less, less);
    col = put(grid, row, col, &text, style_accent(v->depth)) + 3;
    if (!isnan(v->map->panel.tick) && isfinite(value)) {
        buf_printf(&text, "%.2f × 1/%.0f", value / v->map->panel.tick, 1 / v->map->panel.tick);
        col = put(grid, row, col, &text, style_plain) + 3;
    }
    if (map->marked && map->marked[v->map->col]) {
        buf_puts(&text, "▼ column");
        col = put(grid, row, col, &text, style_accent(v->depth)) + 3;
    }
    if (v->map->pinned != SIZE_MAX)
        for (size_t i = 0; i < map->rows; i++)
            if (map->row_tokens[i] == v->map->pinned) {
                buf_printf(&text, "◆ %zu ", v->map->pinned);
                buf_str(&text, map->row_labels[i]);
                size_t cell = i * map->cols + v->map->col;
                if (map->masked && map->masked[cell])
                    buf_puts(&text, " masked here");
                else
                    buf_printf(&text, " %.4g here", (double)map->values[cell]);
                put(grid, row, col, &text, style_plain);
            }
    buf_free(&text);
}

/* ---- the tokens beside the crosshair's ---- */

/* The columns of a token as it stands in the line, with the blank behind it. */
static size_t token_at(struct spelled axis, size_t token, struct buf *out)
{
    struct buf label = {0};
    out->n = 0;
    token_label(axis, token, &label);
    label_of(out, buf_view(&label));
    buf_free(&label);
    return out->n ? text_columns(buf_view(out)) + 1 : 1;
}

/* "… on the [mat] because it …" in so many columns: the token in its middle, with as many neighbours as fit. */
static void draw_neighbours(struct viewer *v, struct cell_grid *grid, struct cell_rect line, struct spelled axis, size_t token)
{
    struct buf text = {0};
    size_t first = token, last = token, used = token_at(axis, token, &text) + 1, room = line.cols;
    for (bool more = true; more && used < room;) { /* one to the left, one to the right */
        size_t before = first ? token_at(axis, first - 1, &text) : room;
        more = used + before <= room;
        first -= more;
        used += more ? before : 0;
        size_t after = last + 1 < axis.text->n ? token_at(axis, last + 1, &text) : room;
        bool right = used + after <= room;
        last += right;
        used += right ? after : 0;
        more |= right;
    }
    size_t col = line.col;
    for (size_t t = first; t <= last; t++) {
        size_t left = line.col + line.cols > col ? line.col + line.cols - col : 0;
        token_at(axis, t, &text);
        if (t == token) {
            col += grid_text(grid, line.row, col, left, STR("["), style_accent(v->depth));
            col += grid_text(grid, line.row, col, left > 2 ? left - 2 : 0, buf_view(&text), style_bold);
            col += grid_text(grid, line.row, col, 1, STR("]"), style_accent(v->depth)) + 1;
        } else {
            col += grid_text(grid, line.row, col, left, buf_view(&text), style_dim) + 1;
        }
    }
    buf_free(&text);
}

void below_neighbours(struct viewer *v, struct cell_grid *grid, size_t row)
{
    const struct shown_map *map = &v->map->shown;
    struct kept_run *kept = viewer_kept(v);
    if (!kept || !map->attention)
        return;
    const struct tokenizer *tokenizer = kept->run->model ? kept->run->model->tokenizer : NULL;
    struct spelled queries = {tokenizer, shown_map_queries(map)}, keys = {tokenizer, shown_map_keys(map)};
    size_t half = (grid->columns - 5) / 2, token = map->row_tokens[v->map->row];
    if (token < queries.text->n)
        draw_neighbours(v, grid, (struct cell_rect){row, 1, 1, half}, queries, token);
    grid_text(grid, row, 1 + half + 1, 1, STR("→"), style_dim);
    token = map->col_tokens[v->map->col];
    if (token < keys.text->n) /* a sink is none */
        draw_neighbours(v, grid, (struct cell_rect){row, 1 + half + 3, 1, half}, keys, token);
}

/* ---- what it is made of ---- */

/* One value of a part, of single tokens. */
static bool part_value(struct viewer *v, const struct run *run, struct part part, float *row, double *out)
{
    struct err err = {0};
    if (v->map->shown.sink && v->map->col + 1 == v->map->shown.cols)
        return false; /* no key, no terms */
    if (!run_map(run, v->at.site, part, v->map->shown.row_tokens[v->map->row], 1, row, &err))
        return false;
    *out = (double)row[v->map->shown.col_tokens[v->map->col]];
    return true;
}

/* "scores 1.234 = c2c 0.9 + c2p 0.2 + p2c 0.1": what the value is made of. */
void below_terms(struct viewer *v, struct cell_grid *grid, size_t row_of_screen)
{
    struct kept_run *kept = viewer_kept(v);
    const struct attention *a = kept ? run_attention(kept->run, v->at.site, NULL) : NULL;
    size_t terms = a ? attention_terms(a) : 0;
    float *row = a && !v->map->shown.words ? calloc(a->Tk, sizeof *row) : NULL;
    struct buf text = {0};
    double value;
    if (row && part_value(v, kept->run, (struct part){PART_PROBS, 0}, row, &value))
        buf_printf(&text, "prob %.4g   ", value);
    if (row && part_value(v, kept->run, (struct part){PART_SCORES, 0}, row, &value))
        buf_printf(&text, "score %.4f", value);
    bool sums = a && !a->mix_scores && a->cap == 0;
    for (size_t t = 0; row && terms > 1 && t < terms; t++)
        if (part_value(v, kept->run, (struct part){PART_LOGITS, 1u << t}, row, &value))
            buf_printf(&text, " %s %s %.4f", t ? "+" : sums ? "=" : " of", a->terms[t]->name, value);
    put(grid, row_of_screen, 1, &text, style_dim);
    free(row);
    buf_free(&text);
}

size_t broken_legend(const struct shown_map *map, const struct ink *ink, struct cell_grid *grid, size_t row, size_t col)
{
    struct panel panel = shown_map_panel(map);
    const struct picture picture = {.panels = &panel, .n_panels = 1};
    const char *name = picture_not_finite(&picture);
    if (!name || col + CELLS_NOT_FINITE + 2 > grid->columns)
        return 0;
    cells_not_finite(grid, row, col, ink, name);
    return CELLS_NOT_FINITE + 2;
}

static void draw_bar(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid)
{
    struct buf text = {0};
    if (plan->heat.pool_rows > 1 || plan->heat.pool_cols > 1)
        buf_printf(&text, "pooled %zu × %zu, largest |value|", plan->heat.pool_rows, plan->heat.pool_cols);
    if (plan->seen_rows < v->map->shown.rows || plan->seen_cols < v->map->shown.cols)
        buf_printf(&text, "seen: queries %zu-%zu, keys %zu-%zu of %zu", v->map->shown.row_tokens[plan->heat.row],
                   v->map->shown.row_tokens[plan->heat.row + plan->seen_rows - 1], v->map->shown.col_tokens[plan->heat.col],
                   v->map->shown.col_tokens[plan->heat.col + plan->seen_cols - 1], v->map->shown.cols);
    if (v->map->shown.not_finite)
        buf_printf(&text, "%s%zu of %zu cells not finite", text.n ? "; " : "", v->map->shown.not_finite,
                   v->map->shown.rows * v->map->shown.cols);
    if (v->map->request.special)
        buf_puts(&text, text.n ? "; special hidden" : "special hidden");
    if (v->map->request.special && !isnan(v->map->shown.hidden_mass))
        buf_printf(&text, ": %.3f of the mass", v->map->shown.hidden_mass);
    size_t note = text.n ? text_columns(buf_view(&text)) + 3 + (v->map->shown.not_finite ? CELLS_NOT_FINITE + 2 : 0) : 0, room = grid->columns - 2;
    size_t col = 1 + cells_bar(grid, plan->bar_row, 1, room > note + 30 ? room - note : room, &v->map->ink, &v->map->picture) + 3;
    col += broken_legend(&v->map->shown, &v->map->ink, grid, plan->bar_row, col);
    if (text.n)
        put(grid, plan->bar_row, col, &text, style_dim);
    buf_free(&text);
}

void map_below_draw(struct viewer *v, const struct map_plan_view *plan, struct cell_grid *grid)
{
    draw_bar(v, plan, grid);
    if (plan->neighbours_row)
        below_neighbours(v, grid, plan->neighbours_row);
    below_exact(v, grid, plan->value_row);
    below_terms(v, grid, plan->terms_row);
}
