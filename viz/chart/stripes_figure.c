/* Stripes on paper, and their row in the table of charts. See stripes.h.
 *
 *   share of the commonest token      above the first row of heads: it belongs to the texts
 *   ▂▁▁▁▁▁▁▁▂  ▂▁▁▁▁▁▁▁▂  ▂▂
 *   L5.H0                             each head: its lanes side by side, shorter texts below
 *   [ lane  ]  [ lane  ]  []
 *   0    10       −10 −1  [CLS]       places under every head, names of lanes under the last ones */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "viz/chart/chart.h"
#include "viz/chart/stripes_view.h"
#include "viz/layout.h"

#define STRIP 1.7    /* the strip's height, in text sizes */
#define LANE_GAP 0.9 /* between lanes, and between the groups of texts */
#define SPECIAL 1.3  /* a special token's column */
#define SPACE 1.6    /* between heads */
#define LANE_MIN 24.0 /* points: a lane of keys is at least so wide */

static double special_width(const struct figure *f, const struct stripes_view *v)
{
    bool lane = v->lane[v->n_lanes - 1].lane == STRIPES_SPECIAL;
    return lane ? SPECIAL * f->text * (double)v->n_special : 0;
}

static double gaps_width(const struct figure *f, const struct stripes_view *v)
{
    return LANE_GAP * f->text * (double)(v->n_lanes - 1);
}

static size_t key_lanes(const struct stripes_view *v)
{
    return v->n_lanes - (v->lane[v->n_lanes - 1].lane == STRIPES_SPECIAL);
}

/* The box of a lane of a head whose maps begin at x. */
static struct box lane_box(const struct figure *f, const struct stripes_view *v, size_t lane, double x, double y)
{
    double keys = f->cell_w * (double)v->most, special = special_width(f, v);
    return (struct box){x + (double)lane * (keys + LANE_GAP * f->text), y,
                        v->lane[lane].lane == STRIPES_SPECIAL ? special : keys, f->map_h};
}

/* ---- the plan ---- */

static size_t legends_of(const struct figure *f, const struct stripes_view *v, struct figure_legend out[2])
{
    size_t n = 0;
    if (v->missing)
        out[n++] = (struct figure_legend){rgb_of(f->palette->masked), "no value"};
    if (v->not_finite)
        out[n++] = (struct figure_legend){rgb_not_finite(), "not finite"};
    return n;
}

/* Under a head: numbers of keys, names of special tokens. */
static double names_depth(const struct figure *f, const struct stripes_view *v, struct canvas *measure)
{
    struct text_style style = {.size = f->small};
    double depth = 1.2 * f->small;
    for (size_t k = 0; special_width(f, v) > 0 && k < v->n_special && k < v->data->n_specials; k++)
        depth = fmax(depth, figure_extents(measure, &style, v->data->specials[k]).width);
    return fmin(depth, 9 * f->small) + FIGURE_SPACE * f->text;
}

static bool set_widths(struct figure *f, const struct stripes_view *v, const struct render_options *options, double right,
                       struct err *err)
{
    size_t n = v->data->n_heads, keys = key_lanes(v);
    double fixed = special_width(f, v) + gaps_width(f, v), space = SPACE * f->text;
    double natural = fmin(fmax(2.5 * (double)v->most, n > 1 ? 80 : 140), n > 1 ? 150 : 280);
    natural = keys > 1 ? 0.75 * natural : natural;
    f->map_w = fixed + natural * (double)keys;
    f->across = f->picture.across ? f->picture.across : n <= 2 && options->width > 0 ? 1 : panels_across(n, f->map_w, f->map_h, 1.45);
    f->across = f->across < n ? f->across : n;
    if (options->width > 0) {
        double room = options->width - f->grid_x - right - (double)(f->across - 1) * space;
        f->map_w = room / (double)f->across;
        if (f->map_w - fixed < LANE_MIN * (double)(keys ? keys : 0))
            return figure_narrow(options->width, err, "%zu head%s", f->across, f->across == 1 ? "" : "s side by side");
    }
    f->cell_w = keys ? (f->map_w - fixed) / (double)(keys * v->most) : 0;
    if (!keys)
        f->map_w = fixed;
    f->down = (n + f->across - 1) / f->across;
    f->slot_w = f->map_w + space;
    return true;
}

static void set_height(struct figure *f, const struct stripes_view *v)
{
    double rows = (double)v->data->n_texts;
    f->map_h = v->data->n_heads > 1 ? fmin(fmax(rows, 40), 90) : fmin(fmax(1.8 * rows, 70), 230);
}

/* The longest name of the values that ends above what stands under the bar. */
static void name_values(struct figure *f, struct canvas *measure, size_t n_legends)
{
    static const char *const names[] = {STRIPES_VALUES, "attention in units of 1/n", "n·c_j"};
    struct text_style style = {.size = f->text};
    for (size_t i = 0; n_legends && i < sizeof names / sizeof *names; i++) {
        struct buf name = {0};
        f->picture.value_name = names[i];
        value_text(&name, &f->picture);
        bool fits = figure_extents(measure, &style, buf_view(&name)).width <= f->bar_h + f->text;
        buf_free(&name);
        if (fits)
            break;
    }
}

static bool stripes_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                         struct figure *f, struct err *err)
{
    struct stripes_view v;
    struct figure_legend legends[2];
    *f = (struct figure){.picture = *picture};
    f->palette = picture->palette ? palette_find(str_of(picture->palette)) : &palette_blues;
    bool ok = f->palette || err_set(err, ERR_NOT_FOUND, "palette '%s': not known", picture->palette);
    ok = ok && figure_type(f, options, err);
    ok = stripes_view_make(picture->data, &v, ok ? err : NULL) && ok;
    if (!ok) {
        stripes_view_free(&v);
        return false;
    }
    double t = f->text;
    f->picture = stripes_bar(picture, &v, &f->bar_panel);
    f->ticks[0] = 1, f->ticks[1] = STRIPES_MARK, f->ticks[2] = f->picture.scale.hi, f->n_ticks = 3;
    f->bar_panel.tick = NAN; /* it stands among the ticks */
    f->grid_x = FIGURE_AXIS * t;
    size_t n_legends = legends_of(f, &v, legends);
    f->bar_room = figure_bar_room(f, measure, legends, n_legends) + (n_legends ? 0.5 * t : 0);
    set_height(f, &v);
    ok = set_widths(f, &v, options, 1.4 * t + f->bar_room, err);
    double strip = picture->title ? 2.4 * t : 0.5 * t;
    f->col_labels = names_depth(f, &v, measure);
    f->head = v.data->n_heads > 1 || v.data->heads[0].title.n ? FIGURE_TITLE * t : 0.3 * t;
    f->grid_y = strip + (v.data->texts[0].ids ? STRIP * t + 1.3 * f->small : 0);
    f->slot_h = f->head + f->map_h + f->col_labels + 0.5 * t;
    f->grid_w = (double)f->across * f->slot_w - SPACE * t;
    f->grid_h = (double)f->down * f->slot_h;
    f->bar_x = f->grid_x + f->grid_w + 1.4 * t;
    f->bar_y = f->grid_y + f->head;
    f->bar_h = fmax(6 * t, fmin(f->grid_h - f->head - f->col_labels - 0.5 * t, 400));
    f->grid_h = fmax(f->grid_h, f->head + f->bar_h + figure_bar_below(f, n_legends));
    if (!picture->value_name)
        name_values(f, measure, n_legends);
    f->width = options->width > 0 ? options->width : f->bar_x + f->bar_room;
    f->height = f->grid_y + f->grid_h + 1.8 * t;
    stripes_view_free(&v);
    return ok;
}

/* ---- drawing ---- */

struct pen {
    const struct figure *f;
    const struct stripes_view *v;
    struct canvas *canvas;
    struct err *err;
};

/* On whole pixels, so that cells of one size stay so. */
static struct box snapped(const struct figure *f, struct box b)
{
    double dot = 72 / f->dpi, x = floor(b.x / dot + 0.5) * dot, y = floor(b.y / dot + 0.5) * dot;
    return (struct box){x, y, floor((b.x + b.w) / dot + 0.5) * dot - x, floor((b.y + b.h) / dot + 0.5) * dot - y};
}

/* How many of n stand in each of at most `most` drawn rows or columns. */
static size_t pool_of(size_t n, double most)
{
    return most >= (double)n ? 1 : (size_t)ceil((double)n / fmax(floor(most), 1));
}

/* Set off from the cells: the first and the last key are where columns stand. */
static void put_frame(const struct pen *p, struct box b)
{
    static const struct rgb light = {0xaa, 0xaa, 0xaa};
    const double off = 1.1;
    struct point a = {b.x - off, b.y - off}, d = {b.x + b.w + off, b.y + b.h + off};
    const struct point corner[5] = {a, {d.x, a.y}, d, {a.x, d.y}, a};
    for (size_t i = 0; i < 4; i++)
        p->canvas->ops->line(p->canvas, corner[i], corner[i + 1], 0.35, light);
}

/* Texts [begin,end) of the order as an image. */
static bool put_group(const struct pen *p, size_t head, size_t lane, size_t begin, size_t end, struct box box)
{
    const struct figure *f = p->f;
    double dots = f->dpi / 72;
    size_t pool_t = pool_of(end - begin, box.h * dots), pool_x = pool_of(p->v->lane[lane].width, box.w * dots);
    size_t rows = (end - begin + pool_t - 1) / pool_t, cols = (p->v->lane[lane].width + pool_x - 1) / pool_x;
    struct rgb *cells = mem_new(rows * cols, sizeof *cells, "stripes", p->err);
    float *scratch = mem_new(pool_t, sizeof *scratch, "stripes", p->err);
    bool ok = cells && scratch;
    for (size_t r = 0; ok && r < rows; r++) {
        size_t t0 = begin + r * pool_t, t1 = t0 + pool_t < end ? t0 + pool_t : end;
        for (size_t c = 0; c < cols; c++) {
            float value = stripes_value(p->v, head, lane, t0, t1, c * pool_x, (c + 1) * pool_x, scratch);
            cells[r * cols + c] =
                isinf(value) ? rgb_not_finite() : palette_at(f->palette, scale_position(&f->picture.scale, value));
        }
        ok = !cancel_requested() || err_set(p->err, ERR_CANCELLED, "cancelled");
    }
    if (ok) {
        p->canvas->ops->image(p->canvas, box, cells, rows, cols);
        put_frame(p, box);
    }
    free(cells);
    free(scratch);
    return ok;
}

/* The box of a lane, or of all, divided among the main group and the shorter texts. */
static void divide(const struct pen *p, struct box box, struct box *upper, struct box *lower)
{
    size_t n = p->v->data->n_texts, main = p->v->n_main;
    double gap = main && main < n ? LANE_GAP * p->f->text : 0, h = (box.h - gap) * (double)main / (double)n;
    *upper = snapped(p->f, (struct box){box.x, box.y, box.w, h});
    *lower = snapped(p->f, (struct box){box.x, box.y + h + gap, box.w, box.h - h - gap});
}

static bool put_lane(const struct pen *p, size_t head, size_t lane, struct box box)
{
    size_t n = p->v->data->n_texts, main = p->v->n_main, shorter = n - main;
    struct box upper, lower;
    divide(p, box, &upper, &lower);
    return (!main || put_group(p, head, lane, 0, main, upper)) && (!shorter || put_group(p, head, lane, main, n, lower));
}

static void put_number(const struct pen *p, double x, double y, bool end, size_t number)
{
    char text[24];
    struct text_style style = {.size = p->f->small, .colour = figure_ink, .along = 0.5};
    struct point from = {x, y - 0.3 * p->f->text}, to = {x, y - 0.05 * p->f->text};
    int n = snprintf(text, sizeof text, end ? "−%zu" : "%zu", number);
    p->canvas->ops->line(p->canvas, from, to, 0.5, figure_grey);
    figure_text(p->canvas, (struct point){x, y}, &style, (struct str){text, (size_t)n});
}

static void put_places(const struct pen *p, size_t lane, struct box box)
{
    const struct stripes_place *place = &p->v->lane[lane];
    const struct figure *f = p->f;
    double y = box.y + box.h + 0.35 * f->text;
    if (place->lane != STRIPES_SPECIAL) {
        size_t stride = label_stride(f->cell_w, 3.2 * f->small);
        for (size_t i = 0; i < place->width; i += stride) {
            bool end = place->lane == STRIPES_END; /* −1, −10, −20 */
            size_t number = end && i == 0 ? 1 : i, x = end ? place->width - number : i;
            put_number(p, box.x + ((double)x + 0.5) * f->cell_w, y, end, number);
        }
        return;
    }
    for (size_t k = 0; k < place->width && k < p->v->data->n_specials; k++) {
        struct text_style style = {.size = f->small, .colour = figure_ink, .turn = 90, .along = 1, .across = 0.5};
        double room = f->col_labels - FIGURE_SPACE * f->text;
        if (figure_extents(p->canvas, &style, p->v->data->specials[k]).width > room + 0.1)
            style.width = room;
        figure_text(p->canvas, (struct point){box.x + ((double)k + 0.5) * SPECIAL * f->text, y}, &style, p->v->data->specials[k]);
    }
}

/* Bars from 0 to 1 over each place of the lane. */
static bool put_strip(const struct pen *p, size_t lane, struct box box, bool caption)
{
    const struct figure *f = p->f;
    size_t width = p->v->lane[lane].width;
    float *shares = mem_new(width, sizeof *shares, "stripes", p->err);
    bool known = false;
    if (!shares || !stripes_shares(p->v, lane, shares, &known, p->err)) {
        free(shares);
        return false;
    }
    double step = box.w / (double)width, high = STRIP * f->text;
    for (size_t x = 0; known && x < width; x++)
        if (!isnan(shares[x])) {
            double h = high * (double)shares[x];
            struct box bar = {box.x + (double)x * step, f->grid_y - h, step, h};
            p->canvas->ops->rectangle(p->canvas, bar, (struct rgb){0x99, 0x99, 0x99});
        }
    if (known)
        p->canvas->ops->line(p->canvas, (struct point){box.x, f->grid_y}, (struct point){box.x + box.w, f->grid_y}, 0.5, figure_grey);
    if (known && caption) {
        struct text_style style = {.size = f->small, .colour = figure_pale, .width = f->grid_w};
        figure_text(p->canvas, (struct point){box.x, f->grid_y - high - 1.3 * f->small}, &style,
                    STR("share of the commonest token (0 to 1)"));
    }
    free(shares);
    return true;
}

/* Left of the lanes: how many texts; the longer of the two words that the group has room for. */
static void put_side(const struct pen *p, struct box group, const char *text, const char *brief)
{
    struct text_style style = {.size = p->f->small, .colour = figure_ink, .turn = 90, .along = 0.5, .across = 1};
    struct point at = {group.x - 0.5 * p->f->text, group.y + group.h / 2};
    if (figure_extents(p->canvas, &style, str_of(text)).width > 1.1 * group.h)
        text = brief;
    if (figure_extents(p->canvas, &style, str_of(text)).width <= 1.1 * group.h)
        figure_text(p->canvas, at, &style, str_of(text));
}

static void put_sides(const struct pen *p, struct box box)
{
    const struct stripes *s = p->v->data;
    struct box upper, lower;
    char main[60], brief[40], shorter[40];
    divide(p, box, &upper, &lower);
    snprintf(brief, sizeof brief, "%zu texts", p->v->n_main);
    snprintf(main, sizeof main, s->length ? "%zu texts of %zu tokens" : "%zu texts", p->v->n_main, s->length);
    snprintf(shorter, sizeof shorter, "%zu shorter", s->n_texts - p->v->n_main);
    if (p->v->n_main)
        put_side(p, upper, main, brief);
    if (p->v->n_main < s->n_texts)
        put_side(p, lower, shorter, shorter);
}

static bool put_head(const struct pen *p, size_t k)
{
    const struct figure *f = p->f;
    size_t row = k / f->across, col = k % f->across;
    double x = f->grid_x + (double)col * f->slot_w, y = f->grid_y + (double)row * f->slot_h + f->head;
    bool last = k + f->across >= p->v->data->n_heads, ok = true;
    struct text_style title = {.size = f->text, .bold = true, .colour = figure_ink, .width = f->map_w};
    struct text_style name = {.size = f->text, .colour = figure_ink, .along = 0.5};
    figure_text(p->canvas, (struct point){x, y - f->head + 0.1 * f->text}, &title, p->v->data->heads[k].title);
    if (col == 0)
        put_sides(p, (struct box){x, y, f->map_w, f->map_h});
    for (size_t l = 0; ok && l < p->v->n_lanes; l++) {
        struct box box = lane_box(f, p->v, l, x, y);
        ok = put_lane(p, k, l, box) && (row > 0 || put_strip(p, l, box, k == 0 && l == 0));
        put_places(p, l, box);
        if (!last || p->v->lane[l].lane == STRIPES_SPECIAL)
            continue;
        struct str text = str_of(p->v->lane[l].name);
        if (figure_extents(p->canvas, &name, text).width > box.w)
            text = str_of(p->v->lane[l].brief);
        figure_text(p->canvas, (struct point){box.x + box.w / 2, y + box.h + f->col_labels}, &name, text);
    }
    return ok;
}

static bool draw(const struct pen *p)
{
    const struct figure *f = p->f;
    struct figure_legend legends[2];
    for (size_t k = 0; k < p->v->data->n_heads; k++)
        if (!put_head(p, k))
            return false;
    figure_bar(f, p->canvas, legends, legends_of(f, p->v, legends));
    if (f->picture.title) {
        struct text_style title = {.size = 1.15 * f->text, .bold = true, .colour = figure_ink, .along = 0.5, .width = 0};
        if (figure_extents(p->canvas, &title, str_of(f->picture.title)).width > f->width - f->text)
            title.width = f->width - f->text;
        figure_text(p->canvas, (struct point){f->width / 2, 0.5 * f->text}, &title, str_of(f->picture.title));
    }
    return !p->canvas->failed || err_memory(p->err, 0, "a figure");
}

static bool stripes_draw(const struct figure *f, struct canvas *canvas, struct err *err)
{
    struct stripes_view view;
    bool ok = stripes_view_make(f->picture.data, &view, err) && draw(&(struct pen){f, &view, canvas, err});
    stripes_view_free(&view);
    return ok;
}

const struct chart_kind chart_stripes = {
    .name = "stripes",
    .summary = "one row a text: the attention that each key draws, in units of the uniform map's",
    .cells = stripes_cells,
    .plan = stripes_plan,
    .draw = stripes_draw,
};
