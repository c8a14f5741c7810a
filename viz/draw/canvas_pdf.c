/* The canvas of a page: PDF, on cairo. See canvas.h.
 *
 * Cells are rectangles, painted row by row from the left, each a little over its right and lower neighbours that are painted
 * after it: no viewer shows seams between them, and every cell ends where the next begins. The file carries no clock. */
#include <cairo-pdf.h>
#include <math.h>

#include "core/base/cancel.h"
#include "viz/draw/canvas_cairo.h"

#define OVER 0.3 /* points that a cell reaches under its neighbours */

static void page_rectangle(struct canvas *canvas, struct box box, struct rgb fill)
{
    cairo_t *cr = canvas_self(canvas)->cr;
    canvas_colour(cr, fill);
    cairo_rectangle(cr, box.x, box.y, box.w, box.h);
    cairo_fill(cr);
}

/* A pixel a cell, shown as it is: no viewer is to smooth it. */
static void put_pixels(struct cairo_canvas *c, struct box box, const struct rgb *cells, size_t rows, size_t cols)
{
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)cols, (int)rows);
    if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS) {
        c->base.failed = true;
        cairo_surface_destroy(image);
        return;
    }
    unsigned char *bytes = cairo_image_surface_get_data(image);
    size_t stride = (size_t)cairo_image_surface_get_stride(image);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            struct rgb v = cells[i * cols + j];
            ((uint32_t *)(void *)(bytes + i * stride))[j] = (uint32_t)v.r << 16 | (uint32_t)v.g << 8 | v.b;
        }
    cairo_surface_mark_dirty(image);
    cairo_save(c->cr);
    cairo_translate(c->cr, box.x, box.y);
    cairo_scale(c->cr, box.w / (double)cols, box.h / (double)rows);
    cairo_set_source_surface(c->cr, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c->cr), CAIRO_FILTER_NEAREST);
    cairo_paint(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(image);
    c->base.images++;
}

static void page_cells(struct canvas *canvas, struct box box, const struct rgb *cells, size_t rows, size_t cols)
{
    struct cairo_canvas *c = canvas_self(canvas);
    struct run_of_cells run = {0};
    if (rows == 0 || cols == 0)
        return;
    if (canvas->as_images || cells_runs(cells, rows, cols) > CANVAS_VECTOR_CELLS) {
        put_pixels(c, box, cells, rows, cols);
        return;
    }
    while (!cancel_requested() && cells_next_run(cells, rows, cols, &run)) {
        double x0 = box.x + box.w * (double)run.col / (double)cols, x1 = box.x + box.w * (double)(run.col + run.n) / (double)cols;
        double y0 = box.y + box.h * (double)run.row / (double)rows, y1 = box.y + box.h * (double)(run.row + 1) / (double)rows;
        x1 += run.col + run.n < cols ? OVER : 0;
        y1 += run.row + 1 < rows ? OVER : 0;
        page_rectangle(canvas, (struct box){x0, y0, fmin(x1, box.x + box.w) - x0, fmin(y1, box.y + box.h) - y0}, run.colour);
    }
}

static const struct canvas_ops page_ops = {
    .rectangle = page_rectangle,
    .line = canvas_line,
    .polygon = canvas_polygon,
    .text = canvas_text,
    .image = page_cells,
    .clip = canvas_clip,
    .extents = canvas_extents,
    .font = canvas_font,
    .free = canvas_release,
};

static cairo_status_t keep(void *closure, const unsigned char *bytes, unsigned n)
{
    struct buf *file = closure;
    buf_add(file, bytes, n);
    return file->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

struct canvas *canvas_pdf_new(double width, double height, double dpi, struct err *err)
{
    struct cairo_canvas *c = mem_new(1, sizeof *c, "a page", err);
    (void)dpi;
    if (!c)
        return NULL;
    c->base = (struct canvas){.ops = &page_ops, .width = width, .height = height, .vectors = true};
    c->scale = 1;
    c->surface = cairo_pdf_surface_create_for_stream(keep, &c->file, width, height);
    cairo_pdf_surface_restrict_to_version(c->surface, CAIRO_PDF_VERSION_1_4); /* what every publisher takes */
    c->cr = cairo_create(c->surface);
    if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS || !canvas_text_begin(c, true)) {
        err_set(err, ERR_MEMORY, "a page: %s", cairo_status_to_string(cairo_status(c->cr)));
        canvas_release(&c->base);
        return NULL;
    }
    return &c->base;
}

bool canvas_pdf_finish(struct canvas *canvas, const char *title, const char *subject, const char *keywords, struct buf *out,
                       struct err *err)
{
    struct cairo_canvas *c = canvas_self(canvas);
    const struct {
        cairo_pdf_metadata_t key;
        const char *value;
    } rows[] = {{CAIRO_PDF_METADATA_TITLE, title}, {CAIRO_PDF_METADATA_SUBJECT, subject}, {CAIRO_PDF_METADATA_KEYWORDS, keywords},
                {CAIRO_PDF_METADATA_CREATOR, "gaze"}, {CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value)
            cairo_pdf_surface_set_metadata(c->surface, rows[i].key, rows[i].value);
    cairo_show_page(c->cr);
    cairo_surface_finish(c->surface);
    cairo_status_t status = cairo_status(c->cr) ? cairo_status(c->cr) : cairo_surface_status(c->surface);
    if (status != CAIRO_STATUS_SUCCESS || canvas->failed || c->file.failed)
        return err_set(err, ERR_MEMORY, "the page could not be drawn: %s", cairo_status_to_string(status));
    buf_add(out, c->file.data, c->file.n);
    return buf_ok(out, err);
}
