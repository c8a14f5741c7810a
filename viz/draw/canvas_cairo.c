/* The canvas of pixels, on cairo. See canvas.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "viz/draw/canvas_cairo.h"

#define PIXELS_MAX 268435456.0 /* 2^28 */

struct cairo_canvas *canvas_self(struct canvas *canvas)
{
    return (struct cairo_canvas *)(void *)canvas;
}

void canvas_colour(cairo_t *cr, struct rgb c)
{
    cairo_set_source_rgb(cr, c.r / 255.0, c.g / 255.0, c.b / 255.0);
}

/* The pixel edge nearest to a coordinate. */
static int edge(const struct cairo_canvas *c, double x)
{
    return (int)floor(x * c->scale + 0.5);
}

static void draw_rectangle(struct canvas *canvas, struct box box, struct rgb fill)
{
    struct cairo_canvas *c = canvas_self(canvas);
    int x0 = edge(c, box.x), y0 = edge(c, box.y), x1 = edge(c, box.x + box.w), y1 = edge(c, box.y + box.h);
    cairo_save(c->cr);
    cairo_identity_matrix(c->cr);
    cairo_set_antialias(c->cr, CAIRO_ANTIALIAS_NONE);
    canvas_colour(c->cr, fill);
    cairo_rectangle(c->cr, x0, y0, x1 - x0, y1 - y0);
    cairo_fill(c->cr);
    cairo_restore(c->cr);
}

void canvas_line(struct canvas *canvas, struct point from, struct point to, double width, struct rgb colour)
{
    cairo_t *cr = canvas_self(canvas)->cr;
    canvas_colour(cr, colour);
    cairo_set_line_width(cr, width);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_SQUARE);
    cairo_move_to(cr, from.x, from.y);
    cairo_line_to(cr, to.x, to.y);
    cairo_stroke(cr);
}

void canvas_polygon(struct canvas *canvas, const struct point *corners, size_t n, struct rgb fill)
{
    cairo_t *cr = canvas_self(canvas)->cr;
    canvas_colour(cr, fill);
    cairo_new_path(cr); /* a text leaves its place behind */
    for (size_t i = 0; i < n; i++)
        cairo_line_to(cr, corners[i].x, corners[i].y);
    cairo_close_path(cr);
    cairo_fill(cr);
}

/* Lines of pixels that lie in one row of cells are equal. */
static void fill_image(cairo_surface_t *image, int w, int h, const struct rgb *cells, size_t rows, size_t cols)
{
    unsigned char *bytes = cairo_image_surface_get_data(image);
    size_t stride = (size_t)cairo_image_surface_get_stride(image), before = SIZE_MAX;
    for (int y = 0; y < h && !cancel_requested(); y++) {
        uint32_t *line = (uint32_t *)(void *)(bytes + (size_t)y * stride);
        size_t r = (size_t)(((double)y + 0.5) * (double)rows / h);
        if (r == before) {
            memcpy(line, bytes + (size_t)(y - 1) * stride, (size_t)w * sizeof *line);
            continue;
        }
        before = r;
        for (int x = 0; x < w; x++) {
            struct rgb v = cells[r * cols + (size_t)(((double)x + 0.5) * (double)cols / w)];
            line[x] = (uint32_t)v.r << 16 | (uint32_t)v.g << 8 | v.b;
        }
    }
}

/* Every pixel takes the cell that its middle lies in: drawn on a surface of its own, copied pixel by pixel. */
static void draw_image(struct canvas *canvas, struct box box, const struct rgb *cells, size_t rows, size_t cols)
{
    struct cairo_canvas *c = canvas_self(canvas);
    int x0 = edge(c, box.x), y0 = edge(c, box.y);
    int w = edge(c, box.x + box.w) - x0, h = edge(c, box.y + box.h) - y0;
    if (w <= 0 || h <= 0 || rows == 0 || cols == 0 || cancel_requested())
        return;
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS) {
        canvas->failed = true;
        cairo_surface_destroy(image);
        return;
    }
    fill_image(image, w, h, cells, rows, cols);
    if (cancel_requested()) {
        cairo_surface_destroy(image);
        return;
    }
    cairo_surface_mark_dirty(image);
    cairo_save(c->cr);
    cairo_identity_matrix(c->cr);
    cairo_set_source_surface(c->cr, image, x0, y0);
    cairo_pattern_set_filter(cairo_get_source(c->cr), CAIRO_FILTER_NEAREST);
    cairo_rectangle(c->cr, x0, y0, w, h);
    cairo_fill(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(image);
}

void canvas_clip(struct canvas *canvas, const struct box *box)
{
    cairo_t *cr = canvas_self(canvas)->cr;
    cairo_reset_clip(cr);
    if (!box)
        return;
    cairo_rectangle(cr, box->x, box->y, box->w, box->h);
    cairo_clip(cr);
}

/* ---- life ---- */

void canvas_release(struct canvas *canvas)
{
    if (!canvas)
        return;
    struct cairo_canvas *c = canvas_self(canvas);
    if (c->context)
        g_object_unref(c->context);
    if (c->fonts)
        g_object_unref(c->fonts);
    if (c->cr)
        cairo_destroy(c->cr);
    if (c->surface)
        cairo_surface_destroy(c->surface);
    buf_free(&c->file);
    free(c->family);
    free(c);
}

static const struct canvas_ops cairo_ops = {
    .rectangle = draw_rectangle,
    .line = canvas_line,
    .polygon = canvas_polygon,
    .text = canvas_text,
    .image = draw_image,
    .clip = canvas_clip,
    .extents = canvas_extents,
    .font = canvas_font,
    .free = canvas_release,
};

struct canvas *canvas_pixels_new(double width, double height, double dpi, struct err *err)
{
    double w = ceil(width * dpi / 72 - 1e-6), h = ceil(height * dpi / 72 - 1e-6);
    if (!(w >= 1 && h >= 1 && w <= 32767 && h <= 32767 && w * h <= PIXELS_MAX)) {
        err_set(err, ERR_LIMIT, "a figure of %.0f × %.0f pixels cannot be drawn: 32767 × 32767 and 2^28 in all at most; "
                "lower dpi= or size=", w, h);
        return NULL;
    }
    struct cairo_canvas *c = mem_new(1, sizeof *c, "a canvas", err);
    if (!c)
        return NULL;
    c->base = (struct canvas){.ops = &cairo_ops, .width = width, .height = height};
    c->scale = dpi / 72;
    c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)w, (int)h);
    c->cr = cairo_create(c->surface);
    if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS || !canvas_text_begin(c, false)) {
        err_set(err, ERR_MEMORY, "a canvas of %.0f × %.0f pixels: %s", w, h, cairo_status_to_string(cairo_status(c->cr)));
        canvas_release(&c->base);
        return NULL;
    }
    cairo_set_source_rgb(c->cr, 1, 1, 1);
    cairo_paint(c->cr);
    cairo_scale(c->cr, c->scale, c->scale);
    return &c->base;
}

bool canvas_pixels(struct canvas *canvas, const uint32_t **words_out, size_t *width_out, size_t *height_out,
                   size_t *stride_out, struct err *err)
{
    struct cairo_canvas *c = canvas_self(canvas);
    cairo_surface_flush(c->surface);
    cairo_status_t status = cairo_status(c->cr);
    if (status != CAIRO_STATUS_SUCCESS || canvas->failed)
        return err_set(err, ERR_MEMORY, "the figure could not be drawn: %s",
                       cairo_status_to_string(status != CAIRO_STATUS_SUCCESS ? status : CAIRO_STATUS_NO_MEMORY));
    *words_out = (const uint32_t *)(const void *)cairo_image_surface_get_data(c->surface);
    *width_out = (size_t)cairo_image_surface_get_width(c->surface);
    *height_out = (size_t)cairo_image_surface_get_height(c->surface);
    *stride_out = (size_t)cairo_image_surface_get_stride(c->surface) / 4;
    return true;
}

const char *canvas_library(void)
{
    return cairo_version_string();
}
