/* The grid view: all layers × heads as small maps on one scale; Enter goes to the head that is chosen. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/measure.h"
#include "repl/view/large.h"

enum { KEPT = 64 /* cells a side that a small map keeps */, LEFT = 4, GAP = 1, SMALLEST = 4, FLAT_MOST = 8, BETWEEN = 3 };

/* How tiles are laid out: each `width` columns and `lines` lines, with `gap` lines between them. */
struct tiling {
    size_t width, lines, gap, rows_seen, cols_seen;
    bool whole; /* all heads are seen */
};

struct tile {
    float *values; /* [rows, cols], pooled to at most KEPT a side; NULL: not made yet, or it could not be */
    unsigned char *masked; /* [rows, cols] */
    size_t rows, cols;
};
struct grid_state {
    struct sites sites;
    struct tile *tiles;     /* [sites.n] */
    size_t done, layers, heads; /* made; of the chosen head's stack, which is the one that is seen */
    struct site chosen;
    size_t first_layer, first_head;
    float largest, smallest; /* of what was made */
    struct buf made_of;     /* part and options of the tiles */
    struct large large;     /* the chosen head */
    struct tiling tiling;   /* of the last drawing */
};

/* ---- making ---- */

static void forget(struct grid_state *s)
{
    for (size_t i = 0; s->tiles && i < s->sites.n; i++) {
        free(s->tiles[i].values);
        free(s->tiles[i].masked);
        s->tiles[i] = (struct tile){0};
    }
    large_forget(&s->large);
    s->done = 0;
    s->largest = -INFINITY;
    s->smallest = INFINITY;
}

/* What the tiles depend on: the line without the head. */
static void signature(const struct viewer *v, struct buf *out)
{
    buf_printf(out, "%zu", v->at.run);
    part_request_put(v->map->request.part, out);
    if (v->map->against.on)
        buf_printf(out, " less @%zu %d %zu.%zu", v->map->against.run, v->map->against.pinned, v->map->against.site.layer,
                   v->map->against.site.head);
    buf_printf(out, " %d %s", v->map->request.special, v->map->passed.n ? v->map->passed.data : "");
}

static bool is_seen(const struct grid_state *s, const struct site *site)
{
    return site_same_stack(*site, s->chosen);
}

static void choose(struct grid_state *s, struct site site)
{
    s->chosen = site;
    s->layers = s->heads = 0;
    for (size_t i = 0; i < s->sites.n; i++) {
        const struct site *other = &s->sites.site[i];
        s->layers = is_seen(s, other) && other->layer + 1 > s->layers ? other->layer + 1 : s->layers;
        s->heads = is_seen(s, other) && other->head + 1 > s->heads ? other->head + 1 : s->heads;
    }
}

static const struct site *site_at(const struct grid_state *s, size_t layer, size_t head)
{
    for (size_t i = 0; i < s->sites.n; i++)
        if (is_seen(s, &s->sites.site[i]) && s->sites.site[i].layer == layer && s->sites.site[i].head == head)
            return &s->sites.site[i];
    return NULL;
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
    choose(s, at.site);
    forget(s);
    signature(v, &s->made_of);
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
    choose(s, at.site);
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
    if (!viewer_map_at(v, s->sites.site[i], &map, &err) ||
        !keep_tile(s, &map, &s->tiles[i], &err)) {
        viewer_complain(v, &err);
        s->done = s->sites.n;
        return true;
    }
    shown_map_free(&map);
    return true;
}

/* ---- drawing ---- */

/* The largest tiles at which all heads are seen in that room; else small ones, and as many as there is room for. */
static struct tiling plan(const struct viewer *v, const struct grid_state *s, size_t columns, size_t rows)
{
    size_t cols = v->map->shown.cols, most = 2 * cols < columns ? 2 * cols : columns;
    for (size_t width = most; width >= SMALLEST - 1; width--) {
        size_t shown = width > cols ? width - width % cols : width, lines = (shown + 1) / 2; /* whole cells */
        for (size_t gap = GAP + 1; gap-- > 0;) {
            bool fits = s->heads * (shown + GAP) - GAP <= columns && s->layers * (lines + gap) - gap <= rows;
            if (fits)
                return (struct tiling){shown, lines, gap, s->layers, s->heads, true};
        }
    }
    size_t flat = (columns + GAP) / s->heads > GAP ? (columns + GAP) / s->heads - GAP : 0; /* a line high */
    if (flat >= SMALLEST / 2 && s->layers <= rows)
        return (struct tiling){flat < FLAT_MOST ? flat : FLAT_MOST, 1, 0, s->layers, s->heads, true};
    struct tiling t = {.width = SMALLEST, .lines = SMALLEST / 2, .gap = GAP};
    t.cols_seen = (columns + GAP) / (t.width + GAP);
    t.rows_seen = (rows + t.gap) / (t.lines + t.gap);
    t.cols_seen = t.cols_seen < 1 ? 1 : t.cols_seen > s->heads ? s->heads : t.cols_seen;
    t.rows_seen = t.rows_seen < 1 ? 1 : t.rows_seen > s->layers ? s->layers : t.rows_seen;
    return t;
}

/* The tiles, and the place beside them for the chosen head: where all tiles keep a size at which something is seen. */
static struct tiling plan_both(const struct viewer *v, const struct grid_state *s, const struct cell_grid *grid, struct cell_rect *large_out)
{
    size_t columns = grid->columns - LEFT - 2, rows = grid->rows - 5, wanted = large_columns(v) + BETWEEN;
    struct tiling alone = plan(v, s, columns, rows), beside = alone;
    *large_out = (struct cell_rect){0};
    if (wanted < columns)
        beside = plan(v, s, columns - wanted, rows);
    if (wanted >= columns || !beside.whole || (beside.lines < alone.lines && beside.lines < SMALLEST / 2))
        return alone;
    size_t col = LEFT + s->heads * (beside.width + GAP) - GAP + BETWEEN;
    *large_out = (struct cell_rect){1, col, rows + 1, grid->columns - 1 - col};
    return beside;
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
    char text[200], value[40];
    size_t row = grid->rows - 3, at = 1 + cells_bar(grid, row, 1, grid->columns - 2, ink, picture) + 3;
    if (at + 24 < grid->columns)
        grid_text(grid, row, at, grid->columns - at, STR("one scale for all heads"), style_dim);
    int n = snprintf(text, sizeof text, "%c%zu.H%zu", stack_letters[s->chosen.stack], s->chosen.layer, s->chosen.head);
    const struct head_values *h = &v->map->heads;
    for (size_t i = 0; i < h->sites.n && i < h->done; i++)
        if (is_seen(s, &h->sites.site[i]) && h->sites.site[i].layer == s->chosen.layer && h->sites.site[i].head == s->chosen.head)
            n += snprintf(text + n, sizeof text - (size_t)n, "   %s %s", measures[h->measure]->label,
                          heads_number(h->values[i], value));
    size_t left = 1 + grid_text(grid, row + 1, 1, grid->columns - 1, (struct str){text, (size_t)n}, style_bold) + 3;
    n = s->done < s->sites.n ? snprintf(text, sizeof text, "%zu of %zu heads", s->done, s->sites.n) : 0;
    if (t->rows_seen < s->layers || t->cols_seen < s->heads)
        n += snprintf(text + n, sizeof text - (size_t)n, "%sseen: %c%zu-%zu of %zu, H%zu-%zu of %zu", n ? "   " : "",
                      stack_letters[s->chosen.stack], s->first_layer, s->first_layer + t->rows_seen - 1, s->layers, s->first_head,
                      s->first_head + t->cols_seen - 1, s->heads);
    if (left + (size_t)n < grid->columns)
        grid_text_right(grid, row + 1, left, grid->columns - left - 1, (struct str){text, (size_t)n}, style_dim);
}

static void draw(struct viewer *v, void *state, struct cell_grid *grid)
{
    struct grid_state *s = state;
    struct picture picture;
    struct ink ink = make_ink(v, s, &picture);
    struct cell_rect large;
    struct tiling t = s->tiling = plan_both(v, s, grid, &large);
    s->first_layer = scroll(s->first_layer, s->chosen.layer, t.rows_seen, s->layers);
    s->first_head = scroll(s->first_head, s->chosen.head, t.cols_seen, s->heads);
    for (size_t i = 0; i < s->sites.n; i++) {
        const struct site *site = &s->sites.site[i];
        bool here = site->layer == s->chosen.layer && site->head == s->chosen.head;
        if (!is_seen(s, site) || site->layer < s->first_layer || site->layer - s->first_layer >= t.rows_seen || site->head < s->first_head ||
            site->head - s->first_head >= t.cols_seen)
            continue;
        size_t row = 2 + (site->layer - s->first_layer) * (t.lines + t.gap), col = LEFT + (site->head - s->first_head) * (t.width + GAP);
        char text[24];
        size_t n = (size_t)snprintf(text, sizeof text, t.width < SMALLEST && site->head > 9 ? "%zu" : "H%zu", site->head);
        if (site->layer == s->first_layer)
            grid_text(grid, 1, col, t.width, (struct str){text, n}, site->head == s->chosen.head ? style_accent(v->depth) : style_dim);
        n = (size_t)snprintf(text, sizeof text, "%c%zu", stack_letters[site->stack], site->layer);
        if (site->head == s->first_head)
            grid_text(grid, row, 0, LEFT - 1, (struct str){text, n}, site->layer == s->chosen.layer ? style_accent(v->depth) : style_dim);
        draw_tile(v, grid, &ink, &s->tiles[i], &t, row, col);
        if (here)
            draw_frame(v, grid, &t, row, col);
    }
    struct err err = {0};
    const struct site *chosen = site_at(s, s->chosen.layer, s->chosen.head);
    if (large.cols && chosen && !large_draw(v, &s->large, *chosen, &ink, grid, large, &err))
        viewer_complain(v, &err);
    draw_below(v, s, &t, grid, &ink, &picture);
}

/* ---- keys ---- */

static void act_head(struct viewer *v, void *state, int amount)
{
    struct grid_state *s = state;
    (void)v;
    s->chosen.head = (s->chosen.head + s->heads + (size_t)amount) % s->heads;
}

static void act_layer(struct viewer *v, void *state, int amount)
{
    struct grid_state *s = state;
    (void)v;
    choose(s, layer_beside(&s->sites, s->chosen, amount));
}

static void act_edge(struct viewer *v, void *state, int amount)
{
    struct grid_state *s = state;
    (void)v;
    s->chosen.head = amount < 0 ? 0 : s->heads - 1;
}

static void act_go(struct viewer *v, void *state, int amount)
{
    const struct grid_state *s = state;
    const struct site *chosen = site_at(s, s->chosen.layer, s->chosen.head);
    (void)amount;
    if (chosen)
        viewer_go(v, *chosen);
    viewer_back(v);
}

/* A click chooses a head, a click on the chosen one goes there; the wheel goes through heads or layers; what the mouse is over
 * is told. */
static bool point(struct viewer *v, void *state, struct pointer at)
{
    struct grid_state *s = state;
    const struct tiling *t = &s->tiling;
    bool back = at.kind == POINTER_WHEEL_UP || at.kind == POINTER_WHEEL_LEFT;
    if (pointer_is_wheel(at)) {
        if (at.modified || at.kind == POINTER_WHEEL_LEFT || at.kind == POINTER_WHEEL_RIGHT)
            act_layer(v, state, back ? -1 : 1);
        else
            act_head(v, state, back ? -1 : 1);
        return true;
    }
    if (at.row < 2 || at.col < LEFT)
        return true;
    size_t layer = (at.row - 2) / (t->lines + t->gap), head = (at.col - LEFT) / (t->width + GAP);
    if (layer >= t->rows_seen || head >= t->cols_seen)
        return true;
    layer += s->first_layer;
    head += s->first_head;
    for (size_t i = 0; at.kind == POINTER_MOVE && i < s->sites.n; i++)
        if (is_seen(s, &s->sites.site[i]) && s->sites.site[i].layer == layer && s->sites.site[i].head == head)
            heads_tell(v, s->sites.site[i]);
    if (at.kind != POINTER_PRESS && at.kind != POINTER_DRAG)
        return true;
    bool again = s->chosen.layer == layer && s->chosen.head == head;
    s->chosen.layer = layer;
    s->chosen.head = head;
    if (again && at.kind == POINTER_PRESS)
        act_go(v, state, 1);
    return true;
}

static void line(const struct viewer *v, const void *state, struct buf *out)
{
    (void)state;
    viewer_line(v, (struct view_line_of){"grid", NULL, SIZE_MAX, SIZE_MAX}, out);
}

static const struct view_key keys[] = {
    {{KEY_ARROW_LEFT, 'h', '['}, "arrows", "choose", "choose a head (also hjkl, [ ] { })", act_head, -1},
    {{KEY_ARROW_RIGHT, 'l', ']'}, NULL, NULL, NULL, act_head, 1},
    {{KEY_ARROW_UP, 'k', '{'}, NULL, NULL, NULL, act_layer, -1},
    {{KEY_ARROW_DOWN, 'j', '}'}, NULL, NULL, NULL, act_layer, 1},
    {{KEY_FIRST}, "Home End", NULL, "first, last head", act_edge, -1},
    {{KEY_LAST}, NULL, NULL, NULL, act_edge, 1},
    {{KEY_RETURN}, "Enter", "go there", "go to that head", act_go, 1},
    {{0}, NULL, NULL, NULL, NULL, 0},
};

const struct view view_grid = {
    .name = "grid",
    .summary = "all layers × heads on one scale",
    .key = 'g',
    .state_size = sizeof(struct grid_state),
    .keys = keys,
    .open = open,
    .close = close,
    .changed = changed,
    .line = line,
    .draw = draw,
    .work = work,
    .point = point,
};
