/* Drawing heads by layer. See layers.h.
 *
 * The axis begins at 0 unless some value lies below it. Points of several measures stand side by side within a layer. In cells, lines are
 * dots of the Braille patterns, and without colours each measure has a sign of its own. */
#include "viz/chart/layers.h"

#include <math.h>
#include <stdlib.h>

#include "viz/chart/chart.h"
#include "viz/chart/series.h"
#include "viz/draw/dots.h"

/* ---- what both ways of drawing need ---- */

struct axis {
    struct scale scale;
    double ticks[TICKS_MAX];
    size_t n_ticks;
};

static struct axis axis_of(const struct layers *l, size_t want)
{
    double lo = 0, hi = -INFINITY;
    struct axis axis = {0};
    for (size_t i = 0; i < l->n_points; i++)
        if (isfinite(l->points[i].y)) {
            lo = fmin(lo, l->points[i].y);
            hi = fmax(hi, l->points[i].y);
        }
    for (size_t s = 0; s < l->n_series; s++)
        if (isfinite(l->series[s].reference))
            hi = fmax(hi, l->series[s].reference);
    hi = isfinite(hi) && hi > lo ? hi : lo + 1;
    axis.scale = (struct scale){.kind = SCALE_LINEAR, .lo = lo, .hi = hi + 0.03 * (hi - lo)};
    axis.n_ticks = scale_ticks(&axis.scale, want, axis.ticks);
    return axis;
}

/* Where in its layer, of width 1, the points of a series stand. */
static double within(const struct layers *l, size_t series)
{
    return 0.5 + 0.55 * ((double)series + 0.5 - (double)l->n_series / 2) / (double)l->n_series;
}

static bool mean_of(const struct layers *l, size_t series, size_t layer, double *out)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < l->n_points; i++)
        if (l->points[i].series == series && l->points[i].layer == layer && isfinite(l->points[i].y)) {
            sum += l->points[i].y;
            n++;
        }
    *out = n ? sum / (double)n : NAN;
    return n > 0;
}

static void tick_label(const struct axis *axis, size_t i, bool typographic, struct buf *out)
{
    scale_label(out, axis->ticks[i], axis->n_ticks > 1 ? axis->ticks[1] - axis->ticks[0] : 0, typographic);
}

static bool check(const struct layers *l, struct err *err)
{
    return (l->n_series && l->n_series <= SERIES_MAX && l->n_layers) ||
           err_set(err, ERR_ARG, "1 to %d measures are drawn together, not %zu", SERIES_MAX, l->n_series);
}

/* The picture with a panel a series, for their key. */
static struct picture keyed(const struct picture *picture, struct panel panels[SERIES_MAX])
{
    const struct layers *l = picture->data;
    struct picture out = *picture;
    for (size_t s = 0; s < l->n_series; s++)
        panels[s] = (struct panel){.title = l->series[s].name};
    out.panels = panels;
    out.n_panels = l->n_series;
    return out;
}

/* ---- cells ---- */

enum { SIDE = 8, LINES = 16 };
static const char *const signs[SERIES_MAX] = {"●", "○", "◆", "◇", "▲", "△"};

/* In dots of the plot: two across and four down a cell. */
static struct point dot_at(const struct layers *l, const struct axis *axis, const struct dots *d, size_t series, size_t layer, double y)
{
    double w = 2 * (double)d->columns, h = 4 * (double)d->rows - 1;
    return (struct point){((double)layer + within(l, series)) * w / (double)l->n_layers, h - h * scale_position(&axis->scale, y)};
}

static void put_lines(const struct layers *l, const struct axis *axis, struct cell_grid *grid, size_t top, struct dots *d, enum depth depth)
{
    for (size_t s = 0; s < l->n_series; s++) {
        struct style style = {.flags = CELL_DIM};
        if (depth != DEPTH_MONO)
            style = (struct style){.fg = ink_rgb(depth, series_colour(s))};
        double reference = l->series[s].reference, before, mean;
        for (double x = 0; isfinite(reference) && x < 2 * (double)d->columns; x += 4)
            dots_set(d, x, dot_at(l, axis, d, s, 0, reference).y);
        for (size_t i = 1; i < l->n_layers; i++)
            if (!(l->begins && l->begins[i]) && mean_of(l, s, i - 1, &before) && mean_of(l, s, i, &mean))
                dots_line(d, dot_at(l, axis, d, s, i - 1, before), dot_at(l, axis, d, s, i, mean));
        dots_put(d, grid, top, SIDE, style);
        dots_clear(d);
    }
    for (size_t i = 0; i < l->n_points; i++) {
        const struct layers_point *p = &l->points[i];
        if (!isfinite(p->y))
            continue;
        struct point at = dot_at(l, axis, d, p->series, p->layer, p->y);
        struct style style = {0};
        if (depth != DEPTH_MONO)
            style.fg = ink_rgb(depth, series_colour(p->series));
        grid_text(grid, top + (size_t)at.y / 4, SIDE + (size_t)at.x / 2, 1, str_of(signs[p->series]), style);
    }
}

static void put_axes(const struct layers *l, const struct axis *axis, struct cell_grid *grid, size_t top, const struct dots *d)
{
    for (size_t r = 0; r < d->rows; r++)
        grid_text(grid, top + r, SIDE - 1, 1, STR("│"), (struct style){.flags = CELL_DIM});
    for (size_t i = 0; i < axis->n_ticks; i++) {
        struct buf label = {0};
        tick_label(axis, i, true, &label);
        grid_text_right(grid, top + (size_t)dot_at(l, axis, d, 0, 0, axis->ticks[i]).y / 4, 0, SIDE - 2, buf_view(&label), (struct style){0});
        buf_free(&label);
    }
    size_t widest = 1;
    for (size_t i = 0; i < l->n_layers; i++)
        widest = text_columns(l->names[i]) > widest ? text_columns(l->names[i]) : widest;
    size_t every = 1 + (widest + 1) * l->n_layers / (d->columns + 1);
    for (size_t i = 0; i < l->n_layers; i += every) {
        size_t n = text_columns(l->names[i]), at = (2 * i + 1) * d->columns / (2 * l->n_layers);
        grid_text(grid, top + d->rows, SIDE + (at > n / 2 ? at - n / 2 : 0), n, l->names[i], (struct style){0});
    }
}

/* The signs and names of the measures; the axis' name where there is one measure. */
static void put_key(const struct picture *picture, struct cell_grid *grid, size_t row, enum depth depth)
{
    const struct layers *l = picture->data;
    size_t col = SIDE;
    if (l->n_series == 1 && picture->row_axis)
        grid_text(grid, row, col, grid->columns - col, str_of(picture->row_axis), (struct style){.flags = CELL_BOLD});
    for (size_t s = 0; l->n_series > 1 && s < l->n_series && col + 3 < grid->columns; s++) {
        struct style style = {.flags = CELL_BOLD};
        if (depth != DEPTH_MONO)
            style.fg = ink_rgb(depth, series_colour(s));
        grid_text(grid, row, col, 1, str_of(signs[s]), style);
        col += 4 + grid_text(grid, row, col + 2, grid->columns - col - 2, l->series[s].name, style);
    }
}

static bool layers_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid, struct err *err)
{
    const struct layers *l = picture->data;
    size_t columns = options->columns ? options->columns : 80, top = 1 + (picture->title != NULL), below = 1 + picture->n_notes;
    columns = columns < SIDE + 12 ? SIDE + 12 : columns;
    struct dots d = {.columns = columns - SIDE, .rows = options->rows > top + below + 3 ? options->rows - top - below : LINES};
    *grid = (struct cell_grid){0};
    bool ok = check(l, err) && dots_new(&d, err) && grid_new(grid, columns, top + d.rows + 1, err);
    if (ok) {
        struct axis axis = axis_of(l, d.rows / 3);
        if (picture->title)
            grid_text(grid, 0, 0, columns, str_of(picture->title), (struct style){.flags = CELL_BOLD});
        put_key(picture, grid, top - 1, options->depth);
        put_lines(l, &axis, grid, top, &d, options->depth);
        put_axes(l, &axis, grid, top, &d);
    }
    ok = ok && grid_add_notes(grid, columns, picture, err);
    dots_free(&d);
    if (!ok)
        grid_free(grid);
    return ok;
}

/* ---- figures ---- */

static bool layers_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure, struct figure *f,
                        struct err *err)
{
    struct panel panels[SERIES_MAX];
    *f = (struct figure){.picture = *picture};
    if (!check(picture->data, err) || !figure_type(f, options, err))
        return false;
    struct axis axis = axis_of(picture->data, 5);
    struct text_style style = {.size = f->text};
    double widest = 0;
    for (size_t i = 0; i < axis.n_ticks; i++) {
        struct buf label = {0};
        tick_label(&axis, i, true, &label);
        widest = fmax(widest, figure_extents(measure, &style, buf_view(&label)).width);
        buf_free(&label);
    }
    f->width = options->width > 0 ? options->width : 300;
    struct figure key = *f;
    key.picture = keyed(picture, panels);
    f->grid_x = 2.2 * f->text + widest + 0.6 * f->text;
    f->grid_y = (picture->title ? 2.2 : 0.6) * f->text + series_key_height(&key, measure);
    f->grid_w = f->width - f->grid_x - 0.6 * f->text;
    f->grid_h = 0.62 * f->grid_w;
    f->height = f->grid_y + f->grid_h + 3.4 * f->text;
    return f->grid_w > 60 || err_set(err, ERR_ARG, "a width of %g points leaves the axis' numbers no room", f->width);
}

static struct point figure_at(const struct figure *f, const struct axis *axis, size_t series, size_t layer, double y)
{
    const struct layers *l = f->picture.data;
    return (struct point){f->grid_x + ((double)layer + within(l, series)) * f->grid_w / (double)l->n_layers,
                          f->grid_y + f->grid_h * (1 - scale_position(&axis->scale, y))};
}

static void draw_axes(const struct figure *f, const struct axis *axis, struct canvas *canvas)
{
    const struct layers *l = f->picture.data;
    struct text_style style = {.size = f->text, .colour = figure_ink, .along = 1, .across = 0.5};
    double t = f->text, bottom = f->grid_y + f->grid_h, widest = 0;
    for (size_t i = 0; i < axis->n_ticks; i++) {
        struct buf label = {0};
        double y = figure_at(f, axis, 0, 0, axis->ticks[i]).y;
        tick_label(axis, i, true, &label);
        canvas->ops->line(canvas, (struct point){f->grid_x - 0.3 * t, y}, (struct point){f->grid_x, y}, 0.4, figure_grey);
        figure_text(canvas, (struct point){f->grid_x - 0.5 * t, y}, &style, buf_view(&label));
        buf_free(&label);
    }
    figure_frame(canvas, (struct box){f->grid_x, f->grid_y, f->grid_w, f->grid_h});
    style.along = 0.5, style.across = 0;
    for (size_t i = 0; i < l->n_layers; i++)
        widest = fmax(widest, figure_extents(canvas, &style, l->names[i]).width + 0.5 * t);
    size_t every = (size_t)ceil(fmax(1, widest * (double)l->n_layers / f->grid_w));
    for (size_t i = 0; i < l->n_layers; i += every)
        figure_text(canvas, (struct point){f->grid_x + ((double)i + 0.5) * f->grid_w / (double)l->n_layers, bottom + 0.3 * t}, &style, l->names[i]);
    if (f->picture.col_axis)
        figure_text(canvas, (struct point){f->grid_x + f->grid_w / 2, bottom + 1.7 * t}, &style, str_of(f->picture.col_axis));
    style = (struct text_style){.size = t, .colour = figure_ink, .along = 0.5, .turn = 90};
    if (f->picture.row_axis)
        figure_side_name(f, canvas, (struct point){0.5 * t, f->grid_y + f->grid_h / 2}, &style, str_of(f->picture.row_axis));
}

static void draw_series(const struct figure *f, const struct axis *axis, struct canvas *canvas, size_t s)
{
    const struct layers *l = f->picture.data;
    struct rgb colour = series_colour(s);
    double reference = l->series[s].reference, before, mean, dash = 0.5 * f->text;
    for (double x = f->grid_x; isfinite(reference) && x < f->grid_x + f->grid_w; x += 2 * dash) {
        double y = figure_at(f, axis, s, 0, reference).y;
        canvas->ops->line(canvas, (struct point){x, y}, (struct point){fmin(x + dash, f->grid_x + f->grid_w), y}, 0.6, series_pale(colour, 0.6));
    }
    for (size_t i = 1; i < l->n_layers; i++)
        if (!(l->begins && l->begins[i]) && mean_of(l, s, i - 1, &before) && mean_of(l, s, i, &mean))
            canvas->ops->line(canvas, figure_at(f, axis, s, i - 1, before), figure_at(f, axis, s, i, mean), 1, colour);
    for (size_t i = 0; i < l->n_points; i++)
        if (l->points[i].series == s && isfinite(l->points[i].y))
            canvas_disc(canvas, figure_at(f, axis, s, l->points[i].layer, l->points[i].y), 0.2 * f->text, series_pale(colour, 0.75));
}

static bool layers_draw(const struct figure *f, struct canvas *canvas, struct err *err)
{
    const struct layers *l = f->picture.data;
    struct axis axis = axis_of(l, 5);
    struct panel panels[SERIES_MAX];
    struct figure key = *f;
    key.picture = keyed(&f->picture, panels);
    if (f->picture.title) {
        struct text_style title = {.size = 1.15 * f->text, .bold = true, .colour = figure_ink, .along = 0.5};
        figure_text(canvas, (struct point){f->width / 2, 0.3 * f->text}, &title, str_of(f->picture.title));
    }
    series_key(&key, canvas, (f->picture.title ? 2.0 : 0.3) * f->text);
    draw_axes(f, &axis, canvas);
    for (size_t s = 0; s < l->n_series; s++)
        draw_series(f, &axis, canvas, s);
    return !canvas->failed || err_set(err, ERR_MEMORY, "the figure could not be drawn");
}

const struct chart_kind chart_layers = {
    .name = "layers",
    .summary = "heads by layer: a point a head, a line through each layer's mean",
    .cells = layers_cells,
    .plan = layers_plan,
    .draw = layers_draw,
};
