/* The mini-map: one measure of every head, layers downward, heads across; made head by head while no key is pressed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/measure/measure.h"
#include "repl/view/map_state.h"

static size_t measure_count(void)
{
    size_t n = 0;
    while (measures[n])
        n++;
    return n;
}

/* Forget what was made: another run, or another measure. */
void heads_restart(struct viewer *viewer)
{
    struct head_values *h = &viewer->map->heads;
    struct kept_run *kept = viewer_kept(viewer);
    struct err err = {0};
    sites_free(&h->sites);
    free(h->values);
    *h = (struct head_values){.measure = h->measure};
    if (!kept || !sites_all(kept->run, &h->sites, &err))
        return;
    h->values = mem_new(h->sites.n, sizeof *h->values, "the heads", &err);
    if (!h->values) {
        sites_free(&h->sites);
        return;
    }
    for (size_t i = 0; i < h->sites.n; i++) {
        h->layers = h->sites.site[i].layer + 1 > h->layers ? h->sites.site[i].layer + 1 : h->layers;
        h->heads = h->sites.site[i].head + 1 > h->heads ? h->sites.site[i].head + 1 : h->heads;
    }
}

void heads_next_measure(struct viewer *viewer, int amount)
{
    size_t n = measure_count();
    do
        viewer->map->heads.measure = (viewer->map->heads.measure + n + (size_t)amount) % n;
    while (measures[viewer->map->heads.measure]->walks); /* of many texts: a run is one */
    heads_restart(viewer);
    viewer_note_crosshair(viewer);
    viewer_note(viewer, "grid @%zu by=%s", viewer->at.run, measures[viewer->map->heads.measure]->name);
    viewer_say(viewer, "heads by %s: %s", measures[viewer->map->heads.measure]->label, measures[viewer->map->heads.measure]->formula);
}

const char *heads_number(double value, char out[40])
{
    snprintf(out, 40, isnan(value) ? "-" : isinf(value) ? "not finite" : "%.4g", value);
    return out;
}

void heads_tell(struct viewer *viewer, struct site site)
{
    const struct head_values *h = &viewer->map->heads;
    char value[40];
    for (size_t i = 0; i < h->sites.n; i++)
        if (h->sites.site[i].layer == site.layer && h->sites.site[i].head == site.head && h->sites.site[i].stack == site.stack)
            viewer_say(viewer, "%c%zu.H%zu   %s %s", stack_letters[site.stack], site.layer, site.head, measures[h->measure]->label,
                       i < h->done ? heads_number(h->values[i], value) : "…");
    viewer->passing = true;
}

bool heads_work(struct viewer *viewer)
{
    struct head_values *h = &viewer->map->heads;
    struct kept_run *kept = viewer_kept(viewer);
    struct err err = {0};
    if (!kept || !h->values || h->done >= h->sites.n)
        return false;
    unsigned char broken = 0;
    double *value = &h->values[h->done];
    if (!measure_many(kept->run, &measures[h->measure], 1, &h->sites.site[h->done], 1, NULL, value, &broken, &err))
        *value = NAN;
    if (broken)
        *value = INFINITY; /* drawn and told as not finite; no measure gives it */
    h->done++;
    return true;
}

static size_t cell_columns(const struct head_values *h)
{
    return h->heads <= 16 ? 2 : 1;
}

size_t heads_columns(const struct viewer *viewer)
{
    const struct head_values *h = &viewer->map->heads;
    size_t map = 4 + h->heads * cell_columns(h);
    return h->sites.n ? (map > 24 ? map : 24) : 0;
}

/* Which layers are seen: `lines` from `first` on. */
struct window {
    size_t lines, first;
};

static struct window window_of(const struct viewer *viewer, struct cell_rect rect)
{
    size_t layers = viewer->map->heads.layers, at = viewer->at.site.layer;
    struct window w = {rect.rows > 4 ? (rect.rows - 4 > 12 ? 12 + (rect.rows - 16) / 2 : rect.rows - 4) : 0, 0};
    if (layers > w.lines && at >= w.lines / 2)
        w.first = at - w.lines / 2;
    if (layers > w.lines && w.first > layers - w.lines)
        w.first = layers - w.lines;
    return w;
}

const struct site *heads_at(const struct viewer *viewer, struct cell_rect rect, size_t row, size_t col)
{
    const struct head_values *h = &viewer->map->heads;
    struct window w = window_of(viewer, rect);
    if (row < rect.row + 2 || row - rect.row - 2 >= w.lines || col < rect.col + 4 || col >= rect.col + rect.cols)
        return NULL;
    size_t layer = w.first + row - rect.row - 2, head = (col - rect.col - 4) / cell_columns(h);
    for (size_t i = 0; i < h->sites.n; i++)
        if (site_same_stack(h->sites.site[i], viewer->at.site) && h->sites.site[i].layer == layer && h->sites.site[i].head == head)
            return &h->sites.site[i];
    return NULL;
}

static const struct ink *ink_of_heads(struct viewer *viewer)
{
    const struct head_values *h = &viewer->map->heads;
    struct scale scale = {.kind = SCALE_LINEAR, .lo = 0, .hi = 0, .clip_hi = 100};
    for (size_t i = 0; i < h->done; i++)
        if (isfinite(h->values[i]) && h->values[i] > scale.hi)
            scale.hi = h->values[i];
    scale.hi = scale.hi > 0 ? scale.hi : 1;
    return ink_refit(&viewer->map->heads_ink, NULL, &scale, viewer->depth, NULL) ? &viewer->map->heads_ink : &viewer->map->ink;
}

static void draw_head(struct viewer *viewer, struct cell_grid *grid, const struct ink *ink, size_t i, size_t row, size_t col)
{
    const struct head_values *h = &viewer->map->heads;
    const struct site *site = &h->sites.site[i];
    bool here = site->layer == viewer->at.site.layer && site->head == viewer->at.site.head && site->stack == viewer->at.site.stack;
    size_t width = cell_columns(h);
    double value = i < h->done ? h->values[i] : NAN;
    struct style style = {.bg = ink_colour(ink, value)};
    const char *text = i >= h->done ? "." : viewer->depth == DEPTH_MONO ? ink_shade(ink, value) : " ";
    if (i >= h->done)
        style = style_dim;
    grid_fill(grid, (struct cell_rect){row, col, 1, width}, text, style);
    if (!here)
        return;
    style = viewer->depth == DEPTH_MONO ? (struct style){.flags = CELL_REVERSE | CELL_BOLD}
                                        : (struct style){.fg = style_accent(viewer->depth).fg, .bg = style.bg};
    grid_text(grid, row, col, width, viewer->depth == DEPTH_MONO ? (width == 2 ? STR("[]") : STR("#"))
                                                                 : (width == 2 ? STR("▐▌") : STR("█")), style);
}

size_t heads_draw(struct viewer *viewer, struct cell_grid *grid, struct cell_rect rect)
{
    const struct head_values *h = &viewer->map->heads;
    const struct measure *measure = measures[h->measure];
    const struct ink *ink = ink_of_heads(viewer);
    char text[80];
    struct window w = window_of(viewer, rect);
    size_t width = cell_columns(h), lines = w.lines, first = w.first, here = SIZE_MAX;
    grid_text(grid, rect.row, rect.col, rect.cols, STR("layers × heads"), style_bold);
    bool narrow = text_columns(str_of(measure->label)) > rect.cols;
    grid_text(grid, rect.row + 1, rect.col, rect.cols, str_of(narrow ? measure->name : measure->label), style_dim);
    for (size_t i = 0; i < h->sites.n; i++) {
        const struct site *site = &h->sites.site[i];
        if (site->layer == viewer->at.site.layer && site->head == viewer->at.site.head && site->stack == viewer->at.site.stack)
            here = i;
        if (!site_same_stack(*site, viewer->at.site) || site->layer < first || site->layer - first >= lines)
            continue;
        size_t row = rect.row + 2 + site->layer - first;
        if (site->head == 0) {
            int n = snprintf(text, sizeof text, "%c%zu", stack_letters[site->stack], site->layer);
            grid_text(grid, row, rect.col, 3, (struct str){text, (size_t)n},
                      site->layer == viewer->at.site.layer ? style_bold : style_dim);
        }
        if (4 + (site->head + 1) * width <= rect.cols)
            draw_head(viewer, grid, ink, i, row, rect.col + 4 + site->head * width);
    }
    if (here == SIZE_MAX || !lines)
        return 2;
    size_t row = rect.row + 2 + (h->layers < lines ? h->layers : lines);
    char value[40];
    int n = here < h->done ? snprintf(text, sizeof text, "%c%zu.H%zu  %s", stack_letters[viewer->at.site.stack], viewer->at.site.layer,
                                      viewer->at.site.head, heads_number(h->values[here], value))
                           : snprintf(text, sizeof text, "…");
    grid_text(grid, row, rect.col, rect.cols, (struct str){text, (size_t)n}, style_plain);
    return row + 1 - rect.row;
}
