/* Attention as lines from a column of queries to a column of keys: the thicker and darker, the more. Several heads share one
 * drawing, a colour each. On paper what is less than a twentieth of the largest is left out; in cells, where lines are dots of
 * the Braille patterns, a query has lines to its strongest keys alone. Both is said. */
#include <math.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "viz/chart/chart.h"
#include "viz/chart/lines.h"
#include "viz/chart/maps.h"
#include "viz/chart/series.h"
#include "viz/layout.h"
#include "viz/scale.h"

#define LEAST_PAPER 0.05
#define LEAST_CELLS 0.1

struct link {
    double strength; /* of the largest */
    size_t row, col, panel;
};

static int by_strength(const void *a, const void *b)
{
    const struct link *x = a, *y = b;
    return x->strength != y->strength ? x->strength < y->strength ? -1 : 1 : x->row != y->row ? x->row < y->row ? -1 : 1
           : x->col != y->col ? x->col < y->col ? -1 : 1 : (x->panel > y->panel) - (x->panel < y->panel);
}

/* The value of the most-th strongest key of a query. */
static double strongest(const struct panel *panel, size_t row, size_t most)
{
    double bound = INFINITY;
    for (size_t k = 0; k < most; k++) {
        double next = 0;
        for (size_t j = 0; j < panel->cols; j++) {
            double value = series_value(panel, row, j);
            if (value < bound)
                next = fmax(next, value);
        }
        bound = next;
    }
    return bound;
}

/* The links of at least `least` of the largest, of each query the `most` strongest (0: all), the weakest first. ERR_ARG for
 * maps with values below 0. */
static bool links_make(const struct picture *picture, double least, size_t most, struct link **out, size_t *n_out, struct err *err)
{
    const struct panel *first = picture->panels;
    double largest = series_largest(picture);
    size_t n = 0;
    *out = NULL;
    if (!series_fit(picture, "lines", err))
        return false;
    struct link *links = mem_new(first->rows * first->cols * picture->n_panels + 1, sizeof *links, "a picture", err);
    if (!links)
        return false;
    for (size_t p = 0; p < picture->n_panels; p++)
        for (size_t i = 0; i < first->rows; i++) {
            double bound = fmax(least * largest, most ? strongest(&picture->panels[p], i, most) : 0);
            for (size_t j = 0; j < first->cols; j++) {
                double value = series_value(&picture->panels[p], i, j);
                if (value < 0) {
                    free(links);
                    return err_set(err, ERR_ARG, "style=lines draws weights, and these maps hold values below 0");
                }
                if (value > 0 && value >= bound)
                    links[n++] = (struct link){value / largest, i, j, p};
            }
        }
    qsort(links, n, sizeof *links, by_strength);
    *out = links;
    *n_out = n;
    return true;
}

static struct str label_of(const struct str *labels, size_t i)
{
    return labels ? labels[i] : (struct str){0};
}

/* ---- cells ---- */

static size_t widest(const struct str *labels, size_t n, size_t most)
{
    size_t columns = 1;
    for (size_t i = 0; labels && i < n; i++)
        columns = text_columns(labels[i]) > columns ? text_columns(labels[i]) : columns;
    return columns < most ? columns : most;
}

/* The dots of a cell and the link that was drawn there last, which is the strongest. */
struct dots {
    unsigned char *bits; /* [rows, columns] */
    size_t *link;
    const struct lines_field *field;
};

static void draw_dots(struct dots *dots, const struct link *link, size_t number)
{
    static const unsigned char bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    const struct cell_rect at = dots->field->at;
    double x1 = 2 * (double)at.cols - 1;
    double y0 = 4 * (double)((long)link->row - dots->field->first_query) + 1.5, y1 = 4 * (double)((long)link->col - dots->field->first_key) + 1.5;
    size_t steps = (size_t)fmax(x1, fabs(y1 - y0)) * 2 + 1;
    for (size_t s = 0; s <= steps; s++) {
        double t = (double)s / (double)steps;
        long x = lround(t * x1), y = lround(y0 + t * (y1 - y0));
        if (y < 0 || y >= 4 * (long)at.rows)
            continue;
        size_t cell = (size_t)(y / 4) * at.cols + (size_t)(x / 2);
        dots->bits[cell] |= bit[y % 4][x % 2];
        dots->link[cell] = number;
    }
}

static void put_dots(const struct dots *dots, const struct link *links, struct cell_grid *grid, enum depth depth)
{
    const struct cell_rect at = dots->field->at;
    for (size_t cell = 0; cell < at.rows * at.cols; cell++) {
        char text[4];
        struct style style = {0};
        const struct link *link = &links[dots->link[cell]];
        if (!dots->bits[cell])
            continue;
        if (dots->field->front)
            style.fg = dots->field->accent;
        else if (depth != DEPTH_MONO)
            style.fg = ink_rgb(depth, series_colour(link->panel));
        style.flags = link->strength < 0.4 ? CELL_DIM : link->strength > 0.8 ? CELL_BOLD : 0;
        grid_text(grid, at.row + cell / at.cols, at.col + cell % at.cols, 1,
                  (struct str){text, utf8_encode(0x2800 + dots->bits[cell], text)}, style);
    }
}

bool lines_put(const struct picture *picture, const struct lines_field *field, struct cell_grid *grid, enum depth depth, struct err *err)
{
    struct link *links = NULL;
    size_t n = 0, cells = field->at.rows * field->at.cols;
    struct dots dots = {.bits = mem_new(cells, 1, "a picture", err), .link = mem_new(cells, sizeof *dots.link, "a picture", err), .field = field};
    bool ok = dots.bits && dots.link && links_make(picture, LEAST_CELLS, field->most, &links, &n, err);
    for (size_t i = 0; ok && i < n; i++)
        draw_dots(&dots, &links[i], i);
    if (ok)
        put_dots(&dots, links, grid, depth);
    free(links);
    free(dots.bits);
    free(dots.link);
    return ok;
}

/* Lines a query: one head has room for more. */
static size_t most_of(const struct picture *picture)
{
    return picture->n_panels == 1 ? 3 : picture->n_panels <= 3 ? 2 : 1;
}

static bool lines_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid, struct err *err)
{
    *grid = (struct cell_grid){0};
    if (!series_fit(picture, "lines", err))
        return false;
    const struct panel *first = picture->panels;
    size_t columns = options->columns < 24 ? options->columns ? 24 : 80 : options->columns, most = columns / 3;
    size_t left = widest(first->row_labels, first->rows, most), right = widest(first->col_labels, first->cols, most);
    size_t room = columns - left - right - 2, top = (picture->title != NULL) + 1;
    size_t across = room < 40 ? room : 40, rows = first->rows > first->cols ? first->rows : first->cols;
    bool ok = grid_new(grid, columns, top + rows, err);
    if (ok && picture->title)
        grid_text(grid, 0, 0, columns, str_of(picture->title), (struct style){.flags = CELL_BOLD});
    if (ok)
        series_key_cells(picture, grid, top - 1, options->depth);
    for (size_t i = 0; ok && i < first->rows; i++)
        grid_text_right(grid, top + i, 0, left, label_of(first->row_labels, i), (struct style){0});
    for (size_t j = 0; ok && j < first->cols; j++)
        grid_text(grid, top + j, left + across + 2, right, label_of(first->col_labels, j), (struct style){0});
    const struct lines_field field = {.at = {top, left + 1, rows, across}, .most = most_of(picture)};
    ok = ok && lines_put(picture, &field, grid, options->depth, err);
    if (ok) {
        struct buf text = {0};
        buf_printf(&text, "queries left, keys right, a query's %zu strongest%s; largest %.3f, no line below a tenth of it",
                   most_of(picture), picture->n_panels > 1 ? " in each head" : "", series_largest(picture));
        ok = grid_add_wrapped(grid, columns, buf_view(&text), (struct style){.flags = CELL_DIM}, err);
        buf_free(&text);
    }
    ok = ok && grid_add_notes(grid, columns, picture, err);
    if (!ok)
        grid_free(grid);
    return ok;
}

/* ---- figures ---- */

/* Of the labels that are shown. */
static double widest_label(struct canvas *measure, const struct figure *f, bool right)
{
    const struct panel *first = f->picture.panels;
    struct text_style style = {.size = f->label};
    double width = 0;
    for (size_t i = 0; i < (right ? first->cols : first->rows); i += f->row_stride) {
        struct buf text = {0};
        maps_label(first, right, i, f->row_stride, &text);
        width = fmax(width, measure->ops->extents(measure, &style, buf_view(&text)).width);
        buf_free(&text);
    }
    return width;
}

/* The name above a column of labels. */
static double axis_width(struct canvas *measure, const struct figure *f, const char *name)
{
    return figure_extents(measure, &(struct text_style){.size = f->text, .bold = true}, str_of(name)).width;
}

static bool lines_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                       struct figure *f, struct err *err)
{
    *f = (struct figure){.picture = *picture};
    if (!series_fit(picture, "lines", err) || !figure_type(f, options, err))
        return false;
    const struct panel *first = picture->panels;
    size_t n = first->rows > first->cols ? first->rows : first->cols;
    f->width = options->width > 0 ? options->width : 240;
    double highest = fmin(600, fmax(300, 1.5 * f->width)); /* no more than a page, no tower in a column */
    f->cell_h = fmin(1.45 * f->text, highest / (double)n);
    f->label = f->cell_h >= 1.2 * f->text ? f->text : fmax(6, fmin(f->text, f->cell_h / 1.2));
    f->row_stride = label_stride(f->cell_h, 1.2 * f->label * (1 - 1e-9));
    double most = 0.34 * f->width;
    double widest = fmax(widest_label(measure, f, false), widest_label(measure, f, true));
    if (widest > most) /* smaller is better than cut */
        f->label = fmax(fmin(5, f->label), f->label * most / widest);
    f->row_labels = fmax(fmin(most, widest_label(measure, f, false)), axis_width(measure, f, picture->row_axis));
    f->col_labels = fmax(fmin(most, widest_label(measure, f, true)), axis_width(measure, f, picture->col_axis));
    f->grid_x = f->row_labels + 0.8 * f->text;
    f->grid_w = f->width - f->grid_x - f->col_labels - 0.8 * f->text;
    f->grid_y = (picture->title ? 2.2 : 0.4) * f->text + series_key_height(f, measure) + 1.5 * f->text;
    f->head = 1.5 * f->text + fmax(0, 0.55 * (f->label - f->cell_h)); /* the first label may reach above its line */
    f->grid_y += f->head - 1.5 * f->text;
    f->grid_h = f->cell_h * (double)n;
    f->height = f->grid_y + f->grid_h + 2 * f->text;
    return f->grid_w > 30 || figure_narrow(f->width, err, "the lines");
}

static void put_column(const struct figure *f, struct canvas *canvas, bool right)
{
    const struct panel *first = f->picture.panels;
    struct text_style style = {.size = f->label, .colour = figure_ink, .along = right ? 0 : 1, .across = 0.5,
                               .width = (right ? f->col_labels : f->row_labels) + 0.1};
    double x = right ? f->grid_x + f->grid_w + 0.4 * f->text : f->grid_x - 0.4 * f->text;
    for (size_t i = 0; i < (right ? first->cols : first->rows); i += f->row_stride) {
        struct buf text = {0};
        maps_label(first, right, i, f->row_stride, &text);
        canvas->ops->text(canvas, (struct point){x, f->grid_y + ((double)i + 0.5) * f->cell_h}, &style, buf_view(&text));
        buf_free(&text);
    }
    struct text_style name = {.size = f->text, .bold = true, .colour = figure_ink, .along = right ? 0 : 1};
    const char *axis = right ? f->picture.col_axis : f->picture.row_axis;
    if (axis)
        figure_text(canvas, (struct point){x, f->grid_y - f->head}, &name, str_of(axis));
}

static bool lines_draw(const struct figure *f, struct canvas *canvas, struct err *err)
{
    const struct picture *picture = &f->picture;
    struct link *links;
    size_t n;
    if (!links_make(picture, LEAST_PAPER, 0, &links, &n, err))
        return false;
    double thickest = fmin(1.75, fmax(0.4, 0.9 * f->cell_h)); /* points: no more than there is from one query to the next */
    for (size_t i = 0; i < n; i++) {
        struct point from = {f->grid_x, f->grid_y + ((double)links[i].row + 0.5) * f->cell_h};
        struct point to = {f->grid_x + f->grid_w, f->grid_y + ((double)links[i].col + 0.5) * f->cell_h};
        double t = links[i].strength;
        canvas->ops->line(canvas, from, to, thickest * (0.15 + 0.85 * t), series_pale(series_colour(links[i].panel), 0.12 + 0.88 * t));
    }
    free(links);
    put_column(f, canvas, false);
    put_column(f, canvas, true);
    struct buf text = {0};
    struct text_style small = {.size = f->small, .colour = figure_pale, .along = 0.5};
    buf_printf(&text, "darkest: %s ", picture->value_name ? picture->value_name : "");
    scale_label(&text, series_largest(picture), 0.01, true);
    figure_text(canvas, (struct point){f->width / 2, f->grid_y + f->grid_h + 0.4 * f->text}, &small, buf_view(&text));
    buf_free(&text);
    struct text_style title = {.size = 1.15 * f->text, .bold = true, .colour = figure_ink, .along = 0.5};
    if (picture->title)
        figure_text(canvas, (struct point){f->width / 2, 0.4 * f->text}, &title, str_of(picture->title));
    series_key(f, canvas, (picture->title ? 2.2 : 0.4) * f->text);
    if (f->remarks)
        buf_puts(f->remarks, "lines below a twentieth of the darkest are left out\n");
    return !canvas->failed || err_set(err, ERR_MEMORY, "the figure could not be drawn");
}

const struct chart_kind chart_lines = {
    .name = "lines",
    .summary = "attention as lines between queries and keys, heads by colour",
    .cells = lines_cells,
    .plan = lines_plan,
    .draw = lines_draw,
};
