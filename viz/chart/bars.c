/* Rows of attention as bars: a key a place, its value a height; several heads stand side by side in their colours.
 *
 * In cells a key is a line, its bar in eighths of a cell. On paper a dashed line is the uniform map's value. */
#include <math.h>
#include <stdlib.h>

#include "viz/chart/chart.h"
#include "viz/chart/maps.h"
#include "viz/chart/series.h"
#include "viz/layout.h"
#include "viz/scale.h"

static bool one_row(const struct picture *picture, struct err *err)
{
    if (!series_fit(picture, "bars", err))
        return false;
    if (picture->panels[0].rows != 1)
        return err_set(err, ERR_ARG, "style=bars draws one row of a map, not %zu: choose one with q=", picture->panels[0].rows);
    return true;
}

/* ---- cells ---- */

static size_t label_columns(const struct panel *panel, size_t most)
{
    size_t columns = 1;
    for (size_t j = 0; panel->col_labels && j < panel->cols; j++)
        columns = text_columns(panel->col_labels[j]) > columns ? text_columns(panel->col_labels[j]) : columns;
    return columns < most ? columns : most;
}

static bool bars_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid, struct err *err)
{
    enum { NUMBER = 8 };
    *grid = (struct cell_grid){0};
    if (!one_row(picture, err))
        return false;
    size_t columns = options->columns < 24 ? options->columns ? 24 : 80 : options->columns, n = picture->n_panels;
    const struct panel *first = picture->panels;
    size_t top = (picture->title != NULL) + 1, labels = label_columns(first, columns / 3), room = columns - labels - 2 - NUMBER;
    double largest = fmax(series_largest(picture), 1e-30);
    if (!grid_new(grid, columns, top + first->cols * n + 1, err))
        return false;
    if (picture->title)
        grid_text(grid, 0, 0, columns, str_of(picture->title), (struct style){.flags = CELL_BOLD});
    series_key_cells(picture, grid, top - 1, options->depth);
    for (size_t j = 0; j < first->cols; j++)
        for (size_t p = 0; p < n; p++) {
            size_t row = top + j * n + p;
            struct style style = {0};
            struct buf number = {0};
            double value = series_value(&picture->panels[p], 0, j);
            if (options->depth != DEPTH_MONO)
                style.fg = ink_rgb(options->depth, value < 0 ? figure_accent() : series_colour(p));
            if (p == 0 && first->col_labels)
                grid_text_right(grid, row, 0, labels, first->col_labels[j], (struct style){0});
            cells_length(grid, row, labels + 1, fabs(value) / largest * (double)room, style);
            buf_printf(&number, "%.3f", value);
            grid_text_right(grid, row, columns - NUMBER, NUMBER, buf_view(&number), (struct style){.flags = CELL_DIM});
            buf_free(&number);
        }
    grid_text(grid, top + first->cols * n, labels + 1, room, str_of(picture->value_name ? picture->value_name : ""),
              (struct style){.flags = CELL_DIM});
    bool ok = grid_add_notes(grid, columns, picture, err);
    if (!ok)
        grid_free(grid);
    return ok;
}

/* ---- figures ---- */

/* The uniform map's value: a dashed line over the bars, named in the margin that its end reaches. */
static void put_tick(const struct figure *f, struct canvas *canvas, double tick, double y)
{
    struct buf text = {0};
    struct text_style style = {.size = f->small, .colour = figure_accent(), .across = 0.5};
    for (double x = f->grid_x; x + 2 < f->grid_x + f->grid_w; x += 4)
        canvas->ops->line(canvas, (struct point){x, y}, (struct point){x + 2, y}, 0.4, figure_accent());
    tick_text(&text, tick);
    figure_text(canvas, (struct point){f->grid_x + f->grid_w + 0.3 * f->text, y}, &style, buf_view(&text));
    buf_free(&text);
}

/* The ends of the axis of values: 0 is always in it. */
static void value_range(const struct picture *picture, double *lo, double *hi)
{
    *lo = *hi = 0;
    for (size_t p = 0; p < picture->n_panels; p++)
        for (size_t j = 0; j < picture->panels[p].cols; j++) {
            *lo = fmin(*lo, series_value(&picture->panels[p], 0, j));
            *hi = fmax(*hi, series_value(&picture->panels[p], 0, j));
        }
    if (*hi <= *lo)
        *hi = *lo + 1;
}

static double longest_label(const struct figure *f, struct canvas *measure)
{
    const struct panel *first = f->picture.panels;
    struct text_style style = {.size = f->label};
    double longest = 0;
    for (size_t j = 0; j < first->cols; j += f->col_stride) {
        struct buf text = {0};
        maps_label(first, true, j, f->col_stride, &text);
        longest = fmax(longest, measure->ops->extents(measure, &style, buf_view(&text)).width);
        buf_free(&text);
    }
    return longest;
}

/* How the keys' labels are turned, how many are left out, and how deep they reach. */
static void settle_labels(struct figure *f, const struct render_options *options, struct canvas *measure)
{
    f->label = f->cell_w >= 1.1 * f->text ? f->text : fmax(6, fmin(f->text, f->cell_w / 1.1));
    f->col_stride = 1;
    double longest = longest_label(f, measure);
    bool flat = options->turn == TURN_FLAT || (options->turn == TURN_AUTO && 1.12 * longest <= f->cell_w);
    f->col_turn = flat ? 0 : options->turn == TURN_SLANTED ? 45 : 90;
    f->col_need = flat ? 1.12 * longest : f->col_turn == 45 ? 1.5 * f->label : 1.1 * f->label;
    f->col_stride = label_stride(f->cell_w, f->col_need * (1 - 1e-9));
    if (flat && f->col_stride > 1) /* numbers make them longer */
        f->col_stride = label_stride(f->cell_w, f->col_need = 1.12 * longest_label(f, measure));
    f->col_labels = fmin(longest_label(f, measure), 12 * f->text);
    f->col_labels = flat ? f->label + 0.4 * f->text : f->col_turn == 45 ? 0.707 * f->col_labels + 0.7 * f->label : f->col_labels;
}

static void put_labels(const struct figure *f, struct canvas *canvas)
{
    const struct panel *first = f->picture.panels;
    struct text_style style = {.size = f->label, .colour = figure_ink, .turn = f->col_turn, .along = f->col_turn ? 1 : 0.5,
                               .across = f->col_turn ? 0.5 : 0.1, .width = f->col_turn ? 12 * f->text + 0.1 : 0};
    for (size_t j = 0; j < first->cols; j += f->col_stride) {
        struct buf text = {0};
        double x = f->grid_x + ((double)j + 0.5) * f->cell_w, y = f->grid_y + f->grid_h;
        maps_label(first, true, j, f->col_stride, &text);
        canvas->ops->text(canvas, (struct point){x, y + (f->col_turn ? 0.4 : 0.8) * f->text}, &style, buf_view(&text));
        if (f->col_stride > 1) /* which bar is meant */
            canvas->ops->line(canvas, (struct point){x, y}, (struct point){x, y + 0.25 * f->text}, 0.5, figure_grey);
        buf_free(&text);
    }
}

static bool bars_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                      struct figure *f, struct err *err)
{
    *f = (struct figure){.picture = *picture};
    if (!one_row(picture, err) || !figure_type(f, options, err))
        return false;
    const struct panel *first = picture->panels;
    f->width = options->width > 0 ? options->width : 300;
    f->grid_x = 4.6 * f->text;
    f->grid_w = f->width - f->grid_x - (isfinite(first->tick) ? 3.4 : 0.6) * f->text;
    f->grid_y = (picture->title ? 2.2 : 0.8) * f->text + series_key_height(f, measure);
    f->grid_h = fmax(60, fmin(120, 0.42 * f->grid_w));
    f->cell_w = f->grid_w / (double)first->cols;
    settle_labels(f, options, measure);
    f->height = f->grid_y + f->grid_h + 0.5 * f->text + f->col_labels + 2.2 * f->text;
    f->height = fmax(f->height, figure_side_height(f, measure, str_of(picture->value_name)));
    return f->grid_w > 60 || figure_narrow(f->width, err, "the bars");
}

static void put_axis(const struct figure *f, struct canvas *canvas, const struct scale *axis)
{
    double ticks[TICKS_MAX];
    size_t n = scale_ticks(axis, (size_t)fmax(2, fmin(6, f->grid_h / (1.6 * f->text))), ticks);
    struct text_style style = {.size = f->small, .colour = figure_ink, .along = 1, .across = 0.5};
    for (size_t i = 0; i < n; i++) {
        double y = f->grid_y + (1 - scale_position(axis, ticks[i])) * f->grid_h;
        struct buf text = {0};
        scale_label(&text, ticks[i], n > 1 ? fabs(ticks[1] - ticks[0]) : 0, true);
        canvas->ops->line(canvas, (struct point){f->grid_x - 2.5, y}, (struct point){f->grid_x, y}, 0.5, figure_grey);
        figure_text(canvas, (struct point){f->grid_x - 4, y}, &style, buf_view(&text));
        buf_free(&text);
    }
    canvas->ops->line(canvas, (struct point){f->grid_x, f->grid_y}, (struct point){f->grid_x, f->grid_y + f->grid_h}, 0.5, figure_grey);
    struct text_style name = {.size = f->text, .colour = figure_ink, .along = 0.5, .turn = 90};
    if (f->picture.value_name)
        figure_side_name(f, canvas, (struct point){0.4 * f->text, f->grid_y + f->grid_h / 2}, &name, str_of(f->picture.value_name));
}

static bool bars_draw(const struct figure *f, struct canvas *canvas, struct err *err)
{
    const struct picture *picture = &f->picture;
    const struct panel *first = picture->panels;
    struct scale axis = {.kind = SCALE_LINEAR};
    value_range(picture, &axis.lo, &axis.hi);
    double zero = f->grid_y + (1 - scale_position(&axis, 0)) * f->grid_h, bar = 0.8 * f->cell_w / (double)picture->n_panels;
    for (size_t j = 0; j < first->cols; j++)
        for (size_t p = 0; p < picture->n_panels; p++) {
            double value = series_value(&picture->panels[p], 0, j), y = f->grid_y + (1 - scale_position(&axis, value)) * f->grid_h;
            struct box box = {f->grid_x + ((double)j + 0.1) * f->cell_w + (double)p * bar, fmin(y, zero), bar, fabs(zero - y)};
            if (box.h > 0)
                canvas->ops->rectangle(canvas, box, series_colour(p));
        }
    canvas->ops->line(canvas, (struct point){f->grid_x, zero}, (struct point){f->grid_x + f->grid_w, zero}, 0.5, figure_grey);
    if (isfinite(first->tick) && first->tick < axis.hi) {
        double y = f->grid_y + (1 - scale_position(&axis, first->tick)) * f->grid_h;
        put_tick(f, canvas, first->tick, y);
    }
    put_labels(f, canvas);
    put_axis(f, canvas, &axis);
    struct text_style name = {.size = f->text, .colour = figure_ink, .along = 0.5};
    if (picture->col_axis)
        figure_text(canvas, (struct point){f->grid_x + f->grid_w / 2, f->height - 1.6 * f->text}, &name, str_of(picture->col_axis));
    struct text_style title = {.size = 1.15 * f->text, .bold = true, .colour = figure_ink, .along = 0.5};
    if (picture->title)
        figure_text(canvas, (struct point){f->width / 2, 0.4 * f->text}, &title, str_of(picture->title));
    series_key(f, canvas, (picture->title ? 2.2 : 0.4) * f->text);
    return !canvas->failed || err_set(err, ERR_MEMORY, "the figure could not be drawn");
}

const struct chart_kind chart_bars = {
    .name = "bars",
    .summary = "one row of a map as bars, several heads side by side",
    .cells = bars_cells,
    .plan = bars_plan,
    .draw = bars_draw,
};
