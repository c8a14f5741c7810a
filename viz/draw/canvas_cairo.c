/* The canvas on cairo and pango, which stand behind this file alone. See canvas.h.
 *
 * Glyphs are neither hinted nor set on whole pixels, so that a figure's layout does not depend on its resolution.
 * Letters that DejaVu Sans lacks come from whatever fonts the system has. */
#include <cairo.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "viz/draw/canvas.h"

#define FONT "DejaVu Sans"
#define PIXELS_MAX 268435456.0 /* 2^28 */

struct cairo_canvas {
    struct canvas base;
    double scale; /* pixels a point */
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoContext *context;
    PangoFontMap *fonts;
};

static struct cairo_canvas *self(struct canvas *canvas)
{
    return (struct cairo_canvas *)(void *)canvas;
}

static void set_colour(cairo_t *cr, struct rgb c)
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
    struct cairo_canvas *c = self(canvas);
    int x0 = edge(c, box.x), y0 = edge(c, box.y), x1 = edge(c, box.x + box.w), y1 = edge(c, box.y + box.h);
    cairo_save(c->cr);
    cairo_identity_matrix(c->cr);
    cairo_set_antialias(c->cr, CAIRO_ANTIALIAS_NONE);
    set_colour(c->cr, fill);
    cairo_rectangle(c->cr, x0, y0, x1 - x0, y1 - y0);
    cairo_fill(c->cr);
    cairo_restore(c->cr);
}

static void draw_line(struct canvas *canvas, struct point from, struct point to, double width, struct rgb colour)
{
    cairo_t *cr = self(canvas)->cr;
    set_colour(cr, colour);
    cairo_set_line_width(cr, width);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_SQUARE);
    cairo_move_to(cr, from.x, from.y);
    cairo_line_to(cr, to.x, to.y);
    cairo_stroke(cr);
}

static void draw_polygon(struct canvas *canvas, const struct point *corners, size_t n, struct rgb fill)
{
    cairo_t *cr = self(canvas)->cr;
    set_colour(cr, fill);
    for (size_t i = 0; i < n; i++)
        cairo_line_to(cr, corners[i].x, corners[i].y);
    cairo_close_path(cr);
    cairo_fill(cr);
}

/* Every pixel takes the cell that its middle lies in: drawn on a surface of its own, copied pixel by pixel. */
static void draw_image(struct canvas *canvas, struct box box, const struct rgb *cells, size_t rows, size_t cols)
{
    struct cairo_canvas *c = self(canvas);
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
    unsigned char *bytes = cairo_image_surface_get_data(image);
    int stride = cairo_image_surface_get_stride(image);
    for (int y = 0; y < h && !cancel_requested(); y++) {
        uint32_t *line = (uint32_t *)(void *)(bytes + (size_t)y * (size_t)stride);
        const struct rgb *row = cells + (size_t)(((double)y + 0.5) * (double)rows / h) * cols;
        for (int x = 0; x < w; x++) {
            struct rgb v = row[(size_t)(((double)x + 0.5) * (double)cols / w)];
            line[x] = (uint32_t)v.r << 16 | (uint32_t)v.g << 8 | v.b;
        }
    }
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

static void set_clip(struct canvas *canvas, const struct box *box)
{
    cairo_t *cr = self(canvas)->cr;
    cairo_reset_clip(cr);
    if (!box)
        return;
    cairo_rectangle(cr, box->x, box->y, box->w, box->h);
    cairo_clip(cr);
}

/* ---- text ---- */

static PangoLayout *layout_of(struct cairo_canvas *c, const struct text_style *style, struct str text)
{
    PangoLayout *layout = pango_layout_new(c->context);
    PangoFontDescription *font = pango_font_description_from_string(FONT);
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    if (style->bold)
        pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text.s, (int)(text.n < 1 << 20 ? text.n : 1 << 20));
    if (style->width > 0) {
        pango_layout_set_width(layout, (int)(style->width * PANGO_SCALE));
        if (style->wrap)
            pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
        else
            pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
    pango_layout_set_single_paragraph_mode(layout, !style->wrap);
    return layout;
}

static struct extents size_of(PangoLayout *layout)
{
    PangoRectangle logical;
    pango_layout_get_extents(layout, NULL, &logical);
    return (struct extents){(double)logical.width / PANGO_SCALE, (double)logical.height / PANGO_SCALE};
}

static struct extents measure_text(struct canvas *canvas, const struct text_style *style, struct str text)
{
    PangoLayout *layout = layout_of(self(canvas), style, text);
    struct extents size = size_of(layout);
    g_object_unref(layout);
    return size;
}

static void note_lacking(struct canvas *canvas, int32_t cp)
{
    for (size_t i = 0; i < canvas->n_lacking; i++)
        if (canvas->lacking[i] == cp)
            return;
    if (canvas->n_lacking < CANVAS_LACKING)
        canvas->lacking[canvas->n_lacking++] = cp;
}

/* Pango puts a box with the character's number where no font has a glyph for it. */
static void find_lacking(struct canvas *canvas, PangoLayout *layout)
{
    if (pango_layout_get_unknown_glyphs_count(layout) == 0)
        return;
    for (GSList *line = pango_layout_get_lines_readonly(layout); line; line = line->next)
        for (GSList *run = ((PangoLayoutLine *)line->data)->runs; run; run = run->next) {
            const PangoGlyphString *glyphs = ((PangoGlyphItem *)run->data)->glyphs;
            for (int i = 0; i < glyphs->num_glyphs; i++)
                if (glyphs->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG)
                    note_lacking(canvas, (int32_t)(glyphs->glyphs[i].glyph & ~PANGO_GLYPH_UNKNOWN_FLAG));
        }
}

static void draw_text(struct canvas *canvas, struct point at, const struct text_style *style, struct str text)
{
    struct cairo_canvas *c = self(canvas);
    PangoLayout *layout = layout_of(c, style, text);
    PangoRectangle logical;
    find_lacking(canvas, layout);
    pango_layout_get_extents(layout, NULL, &logical); /* x is not 0 where a text that reads leftward is cut */
    double width = (double)logical.width / PANGO_SCALE, height = (double)logical.height / PANGO_SCALE;
    cairo_save(c->cr);
    cairo_translate(c->cr, at.x, at.y);
    if (style->upward)
        cairo_rotate(c->cr, -M_PI / 2);
    cairo_move_to(c->cr, -style->along * width - (double)logical.x / PANGO_SCALE, -style->across * height);
    set_colour(c->cr, style->colour);
    pango_cairo_show_layout(c->cr, layout);
    cairo_restore(c->cr);
    g_object_unref(layout);
}

/* ---- life ---- */

static void free_canvas(struct canvas *canvas)
{
    if (!canvas)
        return;
    struct cairo_canvas *c = self(canvas);
    if (c->context)
        g_object_unref(c->context);
    if (c->fonts)
        g_object_unref(c->fonts);
    if (c->cr)
        cairo_destroy(c->cr);
    if (c->surface)
        cairo_surface_destroy(c->surface);
    free(c);
}

static const struct canvas_ops cairo_ops = {
    .rectangle = draw_rectangle,
    .line = draw_line,
    .polygon = draw_polygon,
    .text = draw_text,
    .image = draw_image,
    .clip = set_clip,
    .extents = measure_text,
    .free = free_canvas,
};

/* Text that is laid out alike at every resolution. */
static bool set_up_text(struct cairo_canvas *c)
{
    c->fonts = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    if (!c->fonts)
        c->fonts = pango_cairo_font_map_new();
    if (!c->fonts)
        return false;
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(c->fonts), 72);
    c->context = pango_font_map_create_context(c->fonts);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(c->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(c->context, FALSE);
    pango_context_set_language(c->context, pango_language_from_string("en")); /* not the locale's */
    pango_cairo_update_context(c->cr, c->context);
    return true;
}

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
    if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS || !set_up_text(c)) {
        err_set(err, ERR_MEMORY, "a canvas of %.0f × %.0f pixels: %s", w, h, cairo_status_to_string(cairo_status(c->cr)));
        free_canvas(&c->base);
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
    struct cairo_canvas *c = self(canvas);
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

const char *canvas_text_library(void)
{
    return pango_version_string();
}
