/* Drawing a planned figure of maps: labels, marks, colour bar. See maps.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "viz/chart/maps.h"
#include "viz/layout.h"
#include "viz/scale.h"

struct pen {
    const struct figure *f;
    struct canvas *canvas;
    struct err *err;
};

static void put_text(const struct pen *p, double x, double y, struct text_style style, struct str text)
{
    p->canvas->ops->text(p->canvas, (struct point){x, y}, &style, text);
}

/* Text from outside: escaped first. */
static void put_escaped(const struct pen *p, double x, double y, struct text_style style, struct str text)
{
    figure_text(p->canvas, (struct point){x, y}, &style, text);
}

static void put_line(const struct pen *p, double x0, double y0, double x1, double y1, struct rgb colour)
{
    p->canvas->ops->line(p->canvas, (struct point){x0, y0}, (struct point){x1, y1}, 0.5, colour);
}

/* ---- one map ---- */

static bool is_marked(const struct panel *panel, size_t col)
{
    return panel->marked_cols && panel->marked_cols[col];
}

/* The colours of a map's cells, a row a task. */
struct colouring {
    const struct figure *f;
    const struct panel *panel;
    size_t pool_r, pool_c, rows, cols;
    struct rgb *cells; /* [rows,cols]; NULL: none, or no memory */
};

static void colour_row(void *context, size_t r, size_t thread)
{
    const struct colouring *c = context;
    (void)thread;
    for (size_t i = 0; i < c->cols; i++) {
        float v = pool_value(c->panel, r * c->pool_r, (r + 1) * c->pool_r, i * c->pool_c, (i + 1) * c->pool_c);
        figure_put_colour(c->f, v, &c->cells[r * c->cols + i]);
    }
}

/* Free the cells. */
static bool colour_map(const struct pen *p, const struct panel *panel, struct colouring *out)
{
    const struct figure *f = p->f;
    size_t pool_r = maps_pool(f, f->cell_h), pool_c = maps_pool(f, f->cell_w);
    *out = (struct colouring){f, panel, pool_r, pool_c, (panel->rows + pool_r - 1) / pool_r, (panel->cols + pool_c - 1) / pool_c, NULL};
    if (out->rows == 0 || out->cols == 0)
        return true;
    out->cells = mem_new(out->rows * out->cols, sizeof *out->cells, "a map's colours", p->err);
    if (out->cells)
        pool_run(out->rows, colour_row, out);
    return out->cells != NULL;
}

static bool put_map(const struct pen *p, const struct panel *panel, struct box box)
{
    struct colouring c;
    if (!colour_map(p, panel, &c))
        return false;
    /* The last pooled cell may reach beyond the map: it is cut, so that every cell stands at its tokens. */
    size_t rows = c.rows * c.pool_r, cols = c.cols * c.pool_c; /* of values */
    bool cut = c.cells && (cols > panel->cols || rows > panel->rows);
    if (cut)
        p->canvas->ops->clip(p->canvas, &box);
    if (c.cells)
        p->canvas->ops->image(p->canvas, (struct box){box.x, box.y, box.w * (double)cols / (double)panel->cols,
                                                      box.h * (double)rows / (double)panel->rows}, c.cells, c.rows, c.cols);
    if (cut)
        p->canvas->ops->clip(p->canvas, NULL);
    free(c.cells);
    return true;
}

/* Are the rectangles of all maps more than a page is to hold? Then all maps are images, not some of them. */
static bool count_cells(const struct pen *p, bool *too_many_out)
{
    size_t n = 0;
    for (size_t k = 0; k < p->f->picture.n_panels && n <= CANVAS_VECTOR_ALL && !cancel_requested(); k++) {
        struct colouring c;
        if (!colour_map(p, &p->f->picture.panels[k], &c))
            return false;
        n += cells_runs(c.cells, c.rows, c.cols);
        free(c.cells);
    }
    *too_many_out = n > CANVAS_VECTOR_ALL;
    return true;
}

/* A marked column that is narrower than the eye can tell from its neighbours is drawn again, wide enough, over them. */
static bool widen_marked(const struct pen *p, const struct panel *panel, struct box box)
{
    const struct figure *f = p->f;
    if (f->cell_w >= MAPS_MARKED_WIDTH)
        return true;
    size_t pool = maps_pool(f, f->cell_h), rows = (panel->rows + pool - 1) / pool;
    struct rgb *cells = mem_new(rows ? rows : 1, sizeof *cells, "a column's colours", p->err);
    if (!cells)
        return false;
    for (size_t j = 0; j < panel->cols; j++) {
        if (!is_marked(panel, j))
            continue;
        for (size_t r = 0; r < rows; r++)
            cells[r] = figure_colour(f, pool_value(panel, r * pool, (r + 1) * pool, j, j + 1));
        double x = box.x + ((double)j + 0.5) * f->cell_w - MAPS_MARKED_WIDTH / 2;
        x = fmin(fmax(x, box.x), box.x + box.w - MAPS_MARKED_WIDTH);
        p->canvas->ops->image(p->canvas, (struct box){x, box.y, MAPS_MARKED_WIDTH, box.h * (double)(rows * pool) / (double)panel->rows},
                              cells, rows, 1);
    }
    free(cells);
    return true;
}

static void put_numbers(const struct pen *p, const struct panel *panel, struct box box)
{
    const struct figure *f = p->f;
    const struct scale *scale = &f->picture.scale;
    for (size_t i = 0; i < panel->rows; i++) {
        for (size_t j = 0; j < panel->cols; j++) {
            double v = panel->values[i * panel->cols + j];
            if (!isfinite(v) || (panel->masked && panel->masked[i * panel->cols + j]))
                continue;
            struct buf text = {0};
            maps_number(scale, v, &text);
            struct text_style style = {.size = fmax(5, 0.8 * f->text), .along = 0.5, .across = 0.5};
            style.colour = rgb_ink(palette_at(f->palette, scale_position(scale, v)));
            put_text(p, box.x + ((double)j + 0.5) * f->cell_w, box.y + ((double)i + 0.5) * f->cell_h, style, buf_view(&text));
            buf_free(&text);
        }
    }
}

static void put_marks(const struct pen *p, const struct panel *panel, struct box box)
{
    double t = p->f->text, half = fmin(fmax(0.45 * p->f->cell_w, 0.22 * t), 0.4 * t);
    for (size_t j = 0; j < panel->cols; j++) {
        if (!is_marked(panel, j))
            continue;
        double x = box.x + ((double)j + 0.5) * p->f->cell_w, y = box.y - 0.14 * t;
        struct point corners[3] = {{x, y}, {x - half, y - 1.6 * half}, {x + half, y - 1.6 * half}};
        p->canvas->ops->polygon(p->canvas, corners, 3, figure_accent());
    }
}

static void put_row_labels(const struct pen *p, const struct panel *panel, struct box box)
{
    const struct figure *f = p->f;
    for (size_t i = 0; i < panel->rows; i += f->row_stride) {
        struct buf text = {0};
        maps_label(panel, false, i, f->row_stride, &text);
        double y = box.y + ((double)i + 0.5) * f->cell_h;
        struct text_style style = {.size = f->label, .colour = figure_ink, .along = 1, .across = 0.5};
        style.width = f->row_labels - FIGURE_SPACE * f->text + 0.1;
        if (p->canvas->ops->extents(p->canvas, &(struct text_style){.size = f->label}, buf_view(&text)).width <= style.width)
            style.width = 0;
        put_text(p, box.x - FIGURE_SPACE * f->text, y, style, buf_view(&text));
        if (f->row_stride > 1)
            put_line(p, box.x - 0.25 * f->text, y, box.x, y, figure_grey);
        buf_free(&text);
    }
}

static void put_col_label(const struct pen *p, const struct panel *panel, struct box box, size_t j)
{
    const struct figure *f = p->f;
    struct buf text = {0};
    maps_label(panel, true, j, f->col_stride, &text);
    double x = box.x + ((double)j + 0.5) * f->cell_w, y = box.y + box.h + FIGURE_SPACE * f->text;
    bool marked = is_marked(panel, j);
    struct text_style style = {.size = f->label, .bold = marked, .colour = marked ? figure_accent() : figure_ink};
    style.turn = f->col_turn;
    style.along = f->flat_cols ? 0.5 : 1;
    style.across = f->flat_cols ? 0.1 : 0.5;
    double room = f->col_labels - FIGURE_SPACE * f->text + 0.1;
    room = f->col_turn == 45 ? (room - 0.7 * f->label) / 0.707 : room;
    if (!f->flat_cols && p->canvas->ops->extents(p->canvas, &style, buf_view(&text)).width > room)
        style.width = room;
    put_text(p, x, y, style, buf_view(&text));
    if (f->col_stride > 1)
        put_line(p, x, box.y + box.h, x, box.y + box.h + 0.25 * f->text, marked ? figure_accent() : figure_grey);
    buf_free(&text);
}

/* Thinned: marked columns first, then every so-many-th that keeps its distance from them. */
static void put_col_labels(const struct pen *p, const struct panel *panel, struct box box)
{
    size_t stride = p->f->col_stride, last = SIZE_MAX;
    double need = p->f->col_need / p->f->cell_w; /* in columns */
    for (size_t j = 0; j < panel->cols; j++) {
        if (!is_marked(panel, j) || (last != SIZE_MAX && (double)(j - last) < need))
            continue;
        put_col_label(p, panel, box, j);
        last = j;
    }
    for (size_t j = 0; j < panel->cols; j += stride) {
        size_t reach = (size_t)ceil(need);
        bool free_place = true;
        for (size_t k = j > reach ? j - reach : 0; k < panel->cols && k <= j + reach; k++)
            if (is_marked(panel, k) && (k == j || fabs((double)k - (double)j) < need))
                free_place = false;
        if (free_place)
            put_col_label(p, panel, box, j);
    }
}

static void put_title_line(const struct pen *p, struct str title, double x, double y, double room)
{
    const struct figure *f = p->f;
    struct text_style style = {.size = f->small_titles ? f->small : f->text, .bold = !f->small_titles, .colour = figure_ink, .along = 0.5};
    double width = figure_extents(p->canvas, &style, title).width;
    if (width > room)
        style.width = width = room;
    x = fmin(fmax(x, width / 2 + 0.3 * f->text), f->width - width / 2 - 0.3 * f->text);
    put_escaped(p, x, y, style, title);
}

/* A title that is wider than its place is set smaller, then in two lines, then cut: it touches no other. */
static void put_title(const struct pen *p, size_t k, struct box box)
{
    const struct figure *f = p->f;
    struct str title = f->picture.panels[k].title;
    double room = maps_title_room(f, k), x = box.x + box.w / 2, y = box.y - f->head, line = 1.16 * f->small;
    struct text_style small = {.size = f->small};
    size_t at = 0;
    if (f->title_lines > 1 && figure_extents(p->canvas, &small, title).width > room)
        at = maps_title_break(f, p->canvas, title, room);
    if (at) {
        put_title_line(p, (struct str){title.s, at}, x, y, room);
        title = (struct str){title.s + at + 1, title.n - at - 1};
    }
    put_title_line(p, title, x, y + (f->title_lines > 1 ? line : 0), room);
}

struct box maps_box(const struct figure *f, size_t k)
{
    const struct panel *panel = &f->picture.panels[k];
    double x = f->grid_x + maps_column_at(f, k % f->across) + f->row_labels, y = f->grid_y + maps_row_at(f, k / f->across) + f->head;
    double dot = 72 / f->dpi; /* maps begin on whole pixels */
    return (struct box){floor(x / dot + 0.5) * dot, floor(y / dot + 0.5) * dot, fmax(f->cell_w * (double)panel->cols, 8),
                        fmax(f->cell_h * (double)panel->rows, 8)};
}

static void put_around(const struct pen *p, size_t k)
{
    const struct figure *f = p->f;
    const struct panel *panel = &f->picture.panels[k];
    struct box box = maps_box(f, k);
    size_t col = k % f->across;
    if (f->numbers)
        put_numbers(p, panel, box);
    figure_frame(p->canvas, box);
    put_marks(p, panel, box);
    if (!f->table && panel->title.n)
        put_title(p, k, box);
    if (!f->bare && (col == 0 || !f->same_rows))
        put_row_labels(p, panel, box);
    if (!f->bare && (!f->same_cols || k + f->across >= f->picture.n_panels))
        put_col_labels(p, panel, box);
}

/* Of a table of panels: names of its columns above, of its rows at the side. */
static void put_table_names(const struct pen *p)
{
    const struct figure *f = p->f;
    struct text_style above = {.size = f->text, .bold = true, .colour = figure_ink, .along = 0.5, .across = 1};
    struct text_style side = {.size = f->text, .bold = true, .colour = figure_ink, .along = 1, .across = 0.5};
    for (size_t c = 0; f->table && c < f->across; c++) {
        double x = f->grid_x + f->row_labels + maps_column_at(f, c) + f->cell_w * (double)f->picture.panels[c].cols / 2;
        put_escaped(p, x, f->grid_y - 0.1 * f->text, above, f->picture.col_names[c]);
    }
    for (size_t r = 0; f->table && r < f->down; r++) {
        double y = f->grid_y + maps_row_at(f, r) + f->head + f->cell_h * (double)f->picture.panels[r * f->across].rows / 2;
        put_escaped(p, f->grid_x - 0.4 * f->text, y, side, f->picture.row_names[r]);
    }
}

/* ---- around the maps ---- */

static void put_names(const struct pen *p)
{
    const struct figure *f = p->f;
    double labels = f->row_labels, t = f->text;
    double maps_x = f->grid_x + labels, maps_w = f->grid_w - labels;
    double maps_h = maps_row_at(f, f->down) - fmin(f->gap, 1.0 * t) - f->head - (f->same_cols ? 0 : f->col_labels);
    struct text_style style = {.size = t, .colour = figure_ink, .along = 0.5};
    if (f->picture.title) {
        struct text_style title = {.size = 1.15 * t, .bold = true, .colour = figure_ink, .along = 0.5};
        if (figure_extents(p->canvas, &title, str_of(f->picture.title)).width > f->width - t)
            title.width = f->width - t;
        put_escaped(p, f->width / 2, 0.5 * t, title, str_of(f->picture.title));
    }
    if (f->picture.col_axis)
        put_escaped(p, maps_x + maps_w / 2, f->grid_y + f->grid_h + 0.15 * t, style, str_of(f->picture.col_axis));
    style.turn = 90;
    if (f->picture.row_axis)
        put_escaped(p, f->left + 0.3 * t, f->grid_y + f->head + maps_h / 2, style, str_of(f->picture.row_axis));
}

bool maps_draw_around(const struct figure *figure, struct canvas *canvas, struct err *err)
{
    struct pen p = {figure, canvas, err};
    for (size_t k = 0; k < figure->picture.n_panels; k++)
        put_around(&p, k);
    struct figure_legend legends[MAPS_LEGENDS];
    figure_bar(figure, canvas, legends, maps_legends(figure, legends));
    put_names(&p);
    put_table_names(&p);
    struct buf remark = {0};
    for (size_t k = 0; figure->remarks && maps_remark(figure, k, &remark); k++, buf_free(&remark)) {
        buf_str(figure->remarks, buf_view(&remark));
        buf_char(figure->remarks, '\n');
    }
    return canvas->failed ? err_memory(err, 0, "a figure") : true;
}

bool maps_draw(const struct figure *figure, struct canvas *canvas, struct err *err)
{
    struct pen p = {figure, canvas, err};
    if (canvas->vectors && figure->picture.n_panels > 1 && !count_cells(&p, &canvas->as_images))
        return false;
    for (size_t k = 0; k < figure->picture.n_panels; k++) {
        const struct panel *panel = &figure->picture.panels[k];
        if (!put_map(&p, panel, maps_box(figure, k)) || !widen_marked(&p, panel, maps_box(figure, k)))
            return false;
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
    }
    return maps_draw_around(figure, canvas, err);
}
