/* SVG 1.1: cells as paths (one a colour, neighbours in one rectangle) without smoothed edges, text as text elements with the
 * length that it was laid out with, provenance in <metadata>. Written here: cairo would draw letters as outlines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/number.h"
#include "viz/render/base64.h"
#include "viz/render/figure.h"
#include "viz/render/pixels.h"
#include "viz/render/provenance.h"
#include "viz/render/renderer.h"

struct svg {
    struct canvas base;
    struct canvas *measure;
    struct buf body;
    char *family;
    bool clipped; /* a group is open */
    size_t clips;
};

static struct svg *self(struct canvas *canvas)
{
    return (struct svg *)(void *)canvas;
}

static void put_attribute(struct buf *out, const char *name, double x)
{
    buf_printf(out, " %s=\"", name);
    number_put(out, x);
    buf_char(out, '"');
}

static void put_colour(struct buf *out, const char *name, struct rgb c)
{
    buf_printf(out, " %s=\"#%02x%02x%02x\"", name, c.r, c.g, c.b);
}

/* Text of XML: what has a meaning there is named, what XML 1.0 has not at all is left out. */
static void put_xml(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        if (c == '&' || c == '<' || c == '>' || c == '"')
            buf_puts(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&quot;");
        else if (c >= ' ')
            buf_char(out, (char)c);
    }
}

static void put_box(struct buf *out, struct box box)
{
    put_attribute(out, "x", box.x);
    put_attribute(out, "y", box.y);
    put_attribute(out, "width", box.w);
    put_attribute(out, "height", box.h);
}

static void svg_rectangle(struct canvas *canvas, struct box box, struct rgb fill)
{
    struct buf *out = &self(canvas)->body;
    buf_puts(out, "<rect");
    put_box(out, box);
    put_colour(out, "fill", fill);
    buf_puts(out, "/>\n");
}

static void svg_line(struct canvas *canvas, struct point from, struct point to, double width, struct rgb colour)
{
    struct buf *out = &self(canvas)->body;
    buf_puts(out, "<line");
    put_attribute(out, "x1", from.x);
    put_attribute(out, "y1", from.y);
    put_attribute(out, "x2", to.x);
    put_attribute(out, "y2", to.y);
    put_attribute(out, "stroke-width", width);
    put_colour(out, "stroke", colour);
    buf_puts(out, "/>\n");
}

static void svg_polygon(struct canvas *canvas, const struct point *corners, size_t n, struct rgb fill)
{
    struct buf *out = &self(canvas)->body;
    buf_puts(out, "<polygon points=\"");
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i ? " " : "");
        number_put(out, corners[i].x);
        buf_char(out, ',');
        number_put(out, corners[i].y);
    }
    buf_char(out, '"');
    put_colour(out, "fill", fill);
    buf_puts(out, "/>\n");
}

/* ---- cells ---- */

static int by_colour(const void *a, const void *b)
{
    const struct run_of_cells *x = a, *y = b;
    int order = memcmp(&x->colour, &y->colour, sizeof x->colour);
    return order ? order : x->row != y->row ? (x->row > y->row) - (x->row < y->row) : (x->col > y->col) - (x->col < y->col);
}

static void put_paths(struct buf *out, struct box box, struct run_of_cells *runs, size_t n, size_t rows, size_t cols)
{
    buf_puts(out, "<g shape-rendering=\"crispEdges\" transform=\"translate(");
    number_put(out, box.x);
    buf_char(out, ' ');
    number_put(out, box.y);
    buf_printf(out, ") scale(%.9g %.9g)\">\n", box.w / (double)cols, box.h / (double)rows);
    qsort(runs, n, sizeof *runs, by_colour);
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || memcmp(&runs[i].colour, &runs[i - 1].colour, sizeof runs[i].colour) != 0;
        if (first) {
            buf_puts(out, i ? "\"/>\n<path" : "<path");
            put_colour(out, "fill", runs[i].colour);
            buf_puts(out, " d=\"");
        }
        buf_printf(out, "M%zu %zuh%zuv1h-%zuz", runs[i].col, runs[i].row, runs[i].n, runs[i].n);
    }
    buf_puts(out, n ? "\"/>\n</g>\n" : "</g>\n");
}

static void put_picture(struct canvas *canvas, struct box box, const struct rgb *cells, size_t rows, size_t cols)
{
    struct buf *out = &self(canvas)->body, png = {0};
    canvas->failed = canvas->failed || !pixels_png(&cells->r, cols, rows, &png, NULL);
    buf_puts(out, "<image image-rendering=\"pixelated\" preserveAspectRatio=\"none\"");
    put_box(out, box);
    buf_puts(out, " xlink:href=\"data:image/png;base64,");
    base64_put(out, png.data, png.n);
    buf_puts(out, "\"/>\n");
    buf_free(&png);
    canvas->images++;
}

static void svg_image(struct canvas *canvas, struct box box, const struct rgb *cells, size_t rows, size_t cols)
{
    if (rows == 0 || cols == 0 || cancel_requested())
        return;
    if (canvas->as_images || cells_runs(cells, rows, cols) > CANVAS_VECTOR_CELLS) {
        put_picture(canvas, box, cells, rows, cols);
        return;
    }
    struct run_of_cells run = {0}, *runs = mem_new(CANVAS_VECTOR_CELLS, sizeof *runs, "a map's cells", NULL);
    size_t n = 0;
    while (runs && cells_next_run(cells, rows, cols, &run))
        runs[n++] = run;
    if (runs)
        put_paths(&self(canvas)->body, box, runs, n, rows, cols);
    canvas->failed = canvas->failed || !runs;
    free(runs);
}

static void svg_clip(struct canvas *canvas, const struct box *box)
{
    struct svg *s = self(canvas);
    if (s->clipped)
        buf_puts(&s->body, "</g>\n");
    s->clipped = box != NULL;
    if (!box)
        return;
    buf_printf(&s->body, "<clipPath id=\"clip%zu\"><rect", s->clips);
    put_box(&s->body, *box);
    buf_printf(&s->body, "/></clipPath>\n<g clip-path=\"url(#clip%zu)\">\n", s->clips++);
}

/* ---- text ---- */

static struct extents svg_extents(struct canvas *canvas, const struct text_style *style, struct str text)
{
    struct canvas *measure = self(canvas)->measure;
    return measure->ops->extents(measure, style, text);
}

/* The anchor follows the direction in which the text reads; textLength holds the width that the layout counted on. */
static void svg_text(struct canvas *canvas, struct point at, const struct text_style *style, struct str text)
{
    struct svg *s = self(canvas);
    struct buf shown = {0}, *out = &s->body;
    if (text.n == 0)
        return;
    canvas_cut(s->measure, style, text, &shown);
    struct text_style whole = *style;
    whole.width = 0;
    struct extents size = svg_extents(canvas, &whole, buf_view(&shown));
    s->measure->ops->text(s->measure, at, &whole, buf_view(&shown)); /* for what no font has */
    memcpy(canvas->lacking, s->measure->lacking, sizeof canvas->lacking);
    canvas->n_lacking = s->measure->n_lacking;
    double left = -style->along * size.width, top = -style->across * size.height;
    buf_puts(out, "<text");
    put_attribute(out, "x", size.leftward ? left + size.width : left);
    put_attribute(out, "y", top + size.baseline);
    put_attribute(out, "font-size", style->size);
    buf_puts(out, style->bold ? " font-weight=\"bold\"" : "");
    put_colour(out, "fill", style->colour);
    put_attribute(out, "textLength", size.width);
    buf_puts(out, " lengthAdjust=\"spacingAndGlyphs\" transform=\"translate(");
    number_put(out, at.x);
    buf_char(out, ' ');
    number_put(out, at.y);
    buf_char(out, ')');
    if (fabs(style->turn) > 1e-9) {
        buf_puts(out, " rotate(");
        number_put(out, -style->turn);
        buf_char(out, ')');
    }
    buf_puts(out, size.leftward ? "\" direction=\"rtl\">" : "\">");
    put_xml(out, buf_view(&shown));
    buf_puts(out, "</text>\n");
    buf_free(&shown);
}

static bool svg_font(struct canvas *canvas, const char *family, struct err *err)
{
    struct svg *s = self(canvas);
    if (!s->measure->ops->font(s->measure, family, err))
        return false;
    free(s->family);
    s->family = mem_copy_str(str_of(family), err);
    return s->family != NULL;
}

/* ---- the file ---- */

static void svg_free(struct canvas *canvas)
{
    struct svg *s = self(canvas);
    if (s->measure)
        s->measure->ops->free(s->measure);
    buf_free(&s->body);
    free(s->family);
    free(s);
}

static const struct canvas_ops ops = {
    .rectangle = svg_rectangle,
    .line = svg_line,
    .polygon = svg_polygon,
    .text = svg_text,
    .image = svg_image,
    .clip = svg_clip,
    .extents = svg_extents,
    .font = svg_font,
    .free = svg_free,
};

static struct canvas *svg_new(double width, double height, double dpi, struct err *err)
{
    struct svg *s = mem_new(1, sizeof *s, "a figure", err);
    (void)dpi;
    if (!s)
        return NULL;
    s->base = (struct canvas){.ops = &ops, .width = width, .height = height, .vectors = true};
    s->measure = canvas_outlines_new(err);
    if (s->measure)
        return &s->base;
    svg_free(&s->base);
    return NULL;
}

static void put_file(const struct picture *picture, struct canvas *canvas, struct buf *out)
{
    struct svg *s = self(canvas);
    buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
                  "xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.1\" width=\"");
    number_put(out, canvas->width);
    buf_puts(out, "pt\" height=\"");
    number_put(out, canvas->height);
    buf_puts(out, "pt\" viewBox=\"0 0 ");
    number_put(out, canvas->width);
    buf_char(out, ' ');
    number_put(out, canvas->height);
    buf_puts(out, "\" stroke-linecap=\"square\" font-family=\"'");
    put_xml(out, str_of(s->family ? s->family : CANVAS_FONT));
    buf_printf(out, "', %s\">\n", s->family && strstr(s->family, "Mono") ? "monospace" : "sans-serif"); /* where it is missing */
    if (picture->title) {
        buf_puts(out, "<title>");
        put_xml(out, str_of(picture->title));
        buf_puts(out, "</title>\n");
    }
    buf_puts(out, "<metadata>");
    provenance_json(picture, out);
    buf_puts(out, "</metadata>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    buf_str(out, buf_view(&s->body));
    buf_puts(out, "</svg>\n");
}

static bool render_svg(const struct picture *picture, const struct render_options *options, struct buf *out, struct buf *remarks,
                       struct err *err)
{
    struct canvas *canvas = figure_render(picture, options, svg_new, NULL, remarks, err);
    bool ok = canvas && buf_ok(&self(canvas)->body, err);
    if (ok)
        put_file(picture, canvas, out);
    if (canvas)
        canvas->ops->free(canvas);
    return ok && buf_ok(out, err);
}

const struct renderer renderer_svg = {
    .name = "svg",
    .suffixes = "svg",
    .summary = "vectors with text as text, for browsers and for editing",
    .render = render_svg,
};
