/* The grid view: all layers × heads as small maps on one scale; Enter goes to the head that is chosen. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/measure.h"
#include "repl/view/map_state.h"

enum { KEPT = 64 /* cells a side that a small map keeps */, LEFT = 4, GAP = 1, SMALLEST = 4 };

struct tile {
    float *values; /* [rows, cols], pooled to at most KEPT a side; NULL: not made yet, or it could not be */
    unsigned char *masked; /* [rows, cols] */
    size_t rows, cols;
};
struct grid_state {
    struct sites sites;
    struct tile *tiles;     /* [sites.n] */
    size_t done, layers, heads;
    size_t layer, head;     /* chosen */
    size_t first_layer, first_head;
    float largest, smallest; /* of what was made */
    struct buf made_of;     /* part and options of the tiles */
};

/* ---- making ---- */

static void forget(struct grid_state *s)
{
    for (size_t i = 0; s->tiles && i < s->sites.n; i++) {
        free(s->tiles[i].values);
        free(s->tiles[i].masked);
        s->tiles[i] = (struct tile){0};
    }
    s->done = 0;
    s->largest = -INFINITY;
    s->smallest = INFINITY;
}

/* What the tiles depend on: the line without the head. */
static void signature(const struct viewer *v, struct buf *out)
{
    buf_printf(out, "%zu", v->at.run);
    part_request_put(v->map->request.part, out);
    buf_printf(out, " %d %s", v->map->request.special, v->map->passed.n ? v->map->passed.data : "");
}

static bool open(struct viewer *v, struct place at, void *state, struct err *err)
{
    struct grid_state *s = state;
    struct kept_run *kept = viewer_kept(v);
    if (!kept)
        return err_set(err, ERR_NOT_FOUND, "the run has been dropped");
    if (!sites_all(kept->run, &s->sites, err))
        return false;
    s->tiles = mem_new(s->sites.n, sizeof *s->tiles, "the grid", err);
    if (!s->tiles) {
        sites_free(&s->sites);
        return false;
    }
    for (size_t i = 0; i < s->sites.n; i++) {
        s->layers = s->sites.site[i].layer + 1 > s->layers ? s->sites.site[i].layer + 1 : s->layers;
        s->heads = s->sites.site[i].head + 1 > s->heads ? s->sites.site[i].head + 1 : s->heads;
    }
    s->layer = at.site.layer;
    s->head = at.site.head;
    forget(s);
    signature(v, &s->made_of);
    struct buf part = {0};
    part_request_put(v->map->request.part, &part);
    viewer_note(v, "grid @%zu%s", at.run, buf_cstr(&part));
    buf_free(&part);
    return true;
}

static void close(struct viewer *v, void *state)
{
    struct grid_state *s = state;
    (void)v;
    forget(s);
    free(s->tiles);
    sites_free(&s->sites);
    buf_free(&s->made_of);
}

static void changed(struct viewer *v, struct place at, void *state)
{
    struct grid_state *s = state;
    struct buf now = {0};
    s->layer = at.site.layer;
    s->head = at.site.head;
    signature(v, &now);
    if (!str_eq(buf_view(&now), buf_view(&s->made_of)))
        forget(s);
    buf_free(&s->made_of);
    s->made_of = now;
}

static bool keep_tile(struct grid_state *s, const struct shown_map *map, struct tile *tile, struct err *err)
{
    struct panel panel = {.rows = map->rows, .cols = map->cols, .values = map->values, .masked = map->masked};
    size_t pool_rows = (map->rows + KEPT - 1) / KEPT, pool_cols = (map->cols + KEPT - 1) / KEPT;
    tile->rows = (map->rows + pool_rows - 1) / pool_rows;
    tile->cols = (map->cols + pool_cols - 1) / pool_cols;
    tile->values = mem_new(tile->rows * tile->cols, sizeof *tile->values, "the grid", err);
    tile->masked = mem_new(tile->rows * tile->cols, 1, "the grid", err);
    if (!tile->values || !tile->masked)
        return false;
    pool_largest(&panel, pool_rows, pool_cols, tile->values, tile->masked);
    for (size_t i = 0; i < map->rows * map->cols; i++)
        if (isfinite(map->values[i])) {
            s->largest = fmaxf(s->largest, map->values[i]);
            s->smallest = fminf(s->smallest, map->values[i]);
        }
    return true;
}

static bool work(struct viewer *v, void *state)
{
    struct grid_state *s = state;
    struct kept_run *kept = viewer_kept(v);
    struct shown_map map;
    struct err err = {0};
    if (!kept || s->done >= s->sites.n)
        return false;
    size_t i = s->done++;
    if (!shown_map_make(&v->map->request, kept, &(struct sites){.site = &s->sites.site[i], .n = 1}, &map, &err) ||
        !keep_tile(s, &map, &s->tiles[i], &err)) {
        viewer_complain(v, &err);
        s->done = s->sites.n;
        return true;
    }
    shown_map_free(&map);
    return true;
}

/* ---- drawing ---- */

/* How tiles are laid out: each `width` columns and `lines` lines. */
struct tiling {
    size_t width, lines, rows_seen, cols_seen;
};

static struct tiling plan(const struct viewer *v, const struct grid_state *s, size_t columns, size_t rows)
{
    struct tiling t;
    size_t by_width = (columns + GAP) / s->heads > GAP ? (columns + GAP) / s->heads - GAP : 0;
    size_t by_height = rows / s->layers > 1 ? (rows / s->layers - 1) * 2 : 0, most = 2 * v->map->shown.cols;
    t.width = by_width < by_height ? by_width : by_height;
    if (t.width < SMALLEST * 2)
        t.width = by_width < SMALLEST * 2 ? by_width : SMALLEST * 2;
    t.width = t.width < SMALLEST ? SMALLEST : t.width > most && most >= SMALLEST ? most : t.width;
    if (t.width > v->map->shown.cols)
        t.width -= t.width % v->map->shown.cols; /* whole cells */
    t.lines = (t.width + 1) / 2;
    t.cols_seen = (columns + GAP) / (t.width + GAP);
    t.rows_seen = rows / (t.lines + 1);
    t.cols_seen = t.cols_seen < 1 ? 1 : t.cols_seen > s->heads ? s->heads : t.cols_seen;
    t.rows_seen = t.rows_seen < 1 ? 1 : t.rows_seen > s->layers ? s->layers : t.rows_seen;
    return t;
}

/* The value of largest magnitude of the part of a tile that stands in cell (y, x) of height × width. */
static float part_of(const struct tile *tile, size_t y, size_t height, size_t x, size_t width)
{
    struct panel panel = {.rows = tile->rows, .cols = tile->cols, .values = tile->values, .masked = tile->masked};
    size_t r0 = y * tile->rows / height, r1 = (y + 1) * tile->rows / height;
    size_t c0 = x * tile->cols / width, c1 = (x + 1) * tile->cols / width;
    return pool_value(&panel, r0, r1 > r0 ? r1 : r0 + 1, c0, c1 > c0 ? c1 : c0 + 1);
}

static void draw_tile(const struct viewer *v, struct cell_grid *grid, const struct ink *ink, const struct tile *tile,
                      const struct tiling *t, size_t row, size_t col)
{
    bool half = v->depth != DEPTH_MONO;
    size_t height = half ? 2 * t->lines : t->lines;
    for (size_t y = 0; y < t->lines; y++)
        for (size_t x = 0; x < t->width; x++) {
            struct cell_rect at = {row + y, col + x, 1, 1};
            if (!tile->values) {
                grid_fill(grid, at, "·", style_dim);
            } else if (!half) {
                grid_fill(grid, at, ink_shade(ink, part_of(tile, y, height, x, t->width)), style_plain);
            } else {
                struct style style = {.fg = ink_colour(ink, part_of(tile, 2 * y, height, x, t->width)),
                                      .bg = ink_colour(ink, part_of(tile, 2 * y + 1, height, x, t->width))};
                grid_fill(grid, at, "▀", style);
            }
        }
}

static size_t scroll(size_t first, size_t at, size_t seen, size_t n)
{
    first = at < first ? at : at >= first + seen ? at + 1 - seen : first;
    return n <= seen ? 0 : first < n - seen ? first : n - seen;
}

static struct ink make_ink(const struct viewer *v, const struct grid_state *s, struct picture *picture)
{
    struct ink ink = v->map->ink;
    *picture = v->map->picture;
    double top = isfinite(s->largest) ? fmax(fabs((double)s->largest), fabs((double)s->smallest)) : 1;
    picture->scale.hi = picture->scale.diverging ? top : (double)(isfinite(s->largest) ? s->largest : 1.0f);
    if (picture->scale.diverging)
        picture->scale.lo = -top;
    if (!(picture->scale.hi > picture->scale.lo))
        picture->scale.hi = picture->scale.lo + 1;
    ink.scale = picture->scale;
    return ink;
}

static void draw_frame(const struct viewer *v, struct cell_grid *grid, const struct tiling *t, size_t row, size_t col)
{
    struct style accent = style_accent(v->depth);
    for (size_t y = 0; y < t->lines; y++) {
        grid_text(grid, row + y, col - 1, 1, v->depth == DEPTH_MONO ? STR("[") : STR("▐"), accent);
        grid_text(grid, row + y, col + t->width, 1, v->depth == DEPTH_MONO ? STR("]") : STR("▌"), accent);
    }
}

static void draw_below(struct viewer *v, const struct grid_state *s, const struct tiling *t, struct cell_grid *grid,
                       const struct ink *ink, const struct picture *picture)
{
    char text[200];
    size_t row = grid->rows - 3, at = 1 + cells_bar(grid, row, 1, grid->columns - 2, ink, picture) + 3;
    if (at + 24 < grid->columns)
        grid_text(grid, row, at, grid->columns - at, STR("one scale for all heads"), style_dim);
    int n = snprintf(text, sizeof text, "%c%zu.H%zu", stack_letters[v->at.site.stack], s->layer, s->head);
    const struct head_values *h = &v->map->heads;
    for (size_t i = 0; i < h->sites.n && i < h->done; i++)
        if (h->sites.site[i].layer == s->layer && h->sites.site[i].head == s->head)
            n += snprintf(text + n, sizeof text - (size_t)n, isnan(h->values[i]) ? "   %s -" : "   %s %.4g", measures[h->measure]->label, h->values[i]);
    size_t left = 1 + grid_text(grid, row + 1, 1, grid->columns - 1, (struct str){text, (size_t)n}, style_bold) + 3;
    n = s->done < s->sites.n ? snprintf(text, sizeof text, "%zu of %zu heads", s->done, s->sites.n) : 0;
    if (t->rows_seen < s->layers || t->cols_seen < s->heads)
        n += snprintf(text + n, sizeof text - (size_t)n, "%sseen: L%zu-%zu of %zu, H%zu-%zu of %zu", n ? "   " : "",
                      s->first_layer, s->first_layer + t->rows_seen - 1, s->layers, s->first_head,
                      s->first_head + t->cols_seen - 1, s->heads);
    if (left + (size_t)n < grid->columns)
        grid_text_right(grid, row + 1, left, grid->columns - left - 1, (struct str){text, (size_t)n}, style_dim);
}

static void draw(struct viewer *v, void *state, struct cell_grid *grid)
{
    struct grid_state *s = state;
    struct picture picture;
    struct ink ink = make_ink(v, s, &picture);
    struct tiling t = plan(v, s, grid->columns - LEFT - 2, grid->rows - 5);
    s->first_layer = scroll(s->first_layer, s->layer, t.rows_seen, s->layers);
    s->first_head = scroll(s->first_head, s->head, t.cols_seen, s->heads);
    for (size_t i = 0; i < s->sites.n; i++) {
        const struct site *site = &s->sites.site[i];
        bool here = site->layer == s->layer && site->head == s->head;
        if (site->layer < s->first_layer || site->layer - s->first_layer >= t.rows_seen || site->head < s->first_head ||
            site->head - s->first_head >= t.cols_seen)
            continue;
        size_t row = 2 + (site->layer - s->first_layer) * (t.lines + 1), col = LEFT + (site->head - s->first_head) * (t.width + GAP);
        char text[24];
        size_t n = (size_t)snprintf(text, sizeof text, "H%zu", site->head);
        if (site->layer == s->first_layer)
            grid_text(grid, 1, col, t.width, (struct str){text, n}, site->head == s->head ? style_accent(v->depth) : style_dim);
        n = (size_t)snprintf(text, sizeof text, "%c%zu", stack_letters[site->stack], site->layer);
        if (site->head == s->first_head)
            grid_text(grid, row, 0, LEFT - 1, (struct str){text, n}, site->layer == s->layer ? style_accent(v->depth) : style_dim);
        draw_tile(v, grid, &ink, &s->tiles[i], &t, row, col);
        if (here)
            draw_frame(v, grid, &t, row, col);
    }
    draw_below(v, s, &t, grid, &ink, &picture);
}

/* ---- keys ---- */

static void act_head(struct viewer *v, void *state, int amount)
{
    struct grid_state *s = state;
    (void)v;
    s->head = (s->head + s->heads + (size_t)amount) % s->heads;
}

static void act_layer(struct viewer *v, void *state, int amount)
{
    struct grid_state *s = state;
    (void)v;
    s->layer = (s->layer + s->layers + (size_t)amount) % s->layers;
}

static void act_edge(struct viewer *v, void *state, int amount)
{
    struct grid_state *s = state;
    (void)v;
    s->head = amount < 0 ? 0 : s->heads - 1;
}

static void act_go(struct viewer *v, void *state, int amount)
{
    const struct grid_state *s = state;
    (void)amount;
    for (size_t i = 0; i < s->sites.n; i++)
        if (s->sites.site[i].layer == s->layer && s->sites.site[i].head == s->head) {
            viewer_go(v, s->sites.site[i]);
            break;
        }
    viewer_back(v);
}

static void act_back(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    viewer_back(v);
}

static const struct view_key keys[] = {
    {{KEY_ARROW_LEFT, 'h', '['}, "arrows", "choose", "choose a head (also hjkl, [ ] { })", act_head, -1},
    {{KEY_ARROW_RIGHT, 'l', ']'}, NULL, NULL, NULL, act_head, 1},
    {{KEY_ARROW_UP, 'k', '{'}, NULL, NULL, NULL, act_layer, -1},
    {{KEY_ARROW_DOWN, 'j', '}'}, NULL, NULL, NULL, act_layer, 1},
    {{KEY_FIRST}, "Home End", NULL, "first, last head", act_edge, -1},
    {{KEY_LAST}, NULL, NULL, NULL, act_edge, 1},
    {{KEY_RETURN}, "Enter", "go there", "go to that head", act_go, 1},
    {{'g', KEY_TABULATOR}, "g Tab", "map", "back to the map", act_back, 1},
    {{0}, NULL, NULL, NULL, NULL, 0},
};

const struct view view_grid = {
    .name = "grid",
    .summary = "all layers × heads on one scale",
    .state_size = sizeof(struct grid_state),
    .keys = keys,
    .open = open,
    .close = close,
    .changed = changed,
    .draw = draw,
    .work = work,
};
