/* The canvas of TikZ. See tex_canvas.h. */
#include "viz/render/tex_canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/number.h"
#include "viz/render/tex_text.h"

struct tex {
    struct canvas base;
    struct canvas *measure;
    struct buf body;
    bool clipped; /* a scope is open */
    size_t runs;  /* of cells, drawn as rectangles */
};

static struct tex *self(struct canvas *canvas)
{
    return (struct tex *)(void *)canvas;
}

struct buf *tex_canvas_body(struct canvas *canvas)
{
    return &self(canvas)->body;
}

static void put_point(struct canvas *canvas, double x, double y)
{
    struct buf *out = &self(canvas)->body;
    buf_char(out, '(');
    number_put(out, x);
    buf_char(out, ',');
    number_put(out, canvas->height - y);
    buf_char(out, ')');
}

static void put_colour(struct buf *out, struct rgb c)
{
    buf_printf(out, "{rgb,255:red,%d;green,%d;blue,%d}", c.r, c.g, c.b);
}

static void tex_rectangle(struct canvas *canvas, struct box box, struct rgb fill)
{
    struct buf *out = &self(canvas)->body;
    buf_puts(out, "\\fill[color=");
    put_colour(out, fill);
    buf_puts(out, "] ");
    put_point(canvas, box.x, box.y);
    buf_puts(out, " rectangle ");
    put_point(canvas, box.x + box.w, box.y + box.h);
    buf_puts(out, ";\n");
}

static void tex_line(struct canvas *canvas, struct point from, struct point to, double width, struct rgb colour)
{
    struct buf *out = &self(canvas)->body;
    buf_puts(out, "\\draw[line width=");
    number_put(out, width);
    buf_puts(out, "bp,color=");
    put_colour(out, colour);
    buf_puts(out, "] ");
    put_point(canvas, from.x, from.y);
    buf_puts(out, " -- ");
    put_point(canvas, to.x, to.y);
    buf_puts(out, ";\n");
}

static void tex_polygon(struct canvas *canvas, const struct point *corners, size_t n, struct rgb fill)
{
    struct buf *out = &self(canvas)->body;
    buf_puts(out, "\\fill[color=");
    put_colour(out, fill);
    buf_puts(out, "] ");
    for (size_t i = 0; i < n; i++) {
        put_point(canvas, corners[i].x, corners[i].y);
        buf_puts(out, " -- ");
    }
    buf_puts(out, "cycle;\n");
}

/* TikZ would take ten times as long for a path of its own: pgf's basic layer, a colour and a rectangle a run. */
#define RUN_MACRO                                                                                                        \
    "\\begin{scope}\\expandafter\\let\\expandafter\\gazefill\\csname pgfsys@color@rgb@fill\\endcsname\n"                 \
    "\\def\\gaze#1 #2 #3;#4 #5 #6 #7;{\\gazefill{#1}{#2}{#3}\\pgfpathrectangle{\\pgfpoint{#4bp}{#5bp}}{\\pgfpoint{#6bp}{#7bp}}" \
    "\\pgfusepath{fill}}%\n"

static void put_run(struct canvas *canvas, struct box box, struct rgb c)
{
    struct buf *out = &self(canvas)->body;
    const double numbers[] = {c.r / 255.0, c.g / 255.0, c.b / 255.0, box.x, canvas->height - box.y - box.h, box.w, box.h};
    buf_puts(out, "\\gaze ");
    for (size_t i = 0; i < 7; i++) {
        number_put(out, numbers[i]);
        buf_char(out, i == 2 || i == 6 ? ';' : ' ');
    }
    buf_puts(out, "%\n");
}

/* Rectangles a little over their right and lower neighbours, which are painted after them. */
static void tex_image(struct canvas *canvas, struct box box, const struct rgb *cells, size_t rows, size_t cols)
{
    struct tex *t = self(canvas);
    struct run_of_cells run = {0};
    double w = box.w / (double)(cols ? cols : 1), h = box.h / (double)(rows ? rows : 1);
    buf_puts(&t->body, RUN_MACRO);
    while (t->runs <= TEX_CANVAS_RUNS && !cancel_requested() && cells_next_run(cells, rows, cols, &run)) {
        double over_x = run.col + run.n < cols ? fmin(0.2, 0.2 * w) : 0, over_y = run.row + 1 < rows ? fmin(0.2, 0.2 * h) : 0;
        put_run(canvas, (struct box){box.x + w * (double)run.col, box.y + h * (double)run.row, w * (double)run.n + over_x, h + over_y},
                run.colour);
        t->runs++;
    }
    buf_puts(&t->body, "\\end{scope}\n");
}

size_t tex_canvas_runs(struct canvas *canvas)
{
    return self(canvas)->runs;
}

static void tex_clip(struct canvas *canvas, const struct box *box)
{
    struct tex *t = self(canvas);
    if (t->clipped)
        buf_puts(&t->body, "\\end{scope}\n");
    t->clipped = box != NULL;
    if (!box)
        return;
    buf_puts(&t->body, "\\begin{scope}\\clip ");
    put_point(canvas, box->x, box->y);
    buf_puts(&t->body, " rectangle ");
    put_point(canvas, box->x + box->w, box->y + box->h);
    buf_puts(&t->body, ";\n");
}

static struct extents tex_extents(struct canvas *canvas, const struct text_style *style, struct str text)
{
    struct canvas *measure = self(canvas)->measure;
    return measure->ops->extents(measure, style, text);
}

/* The document's font may be wider than the one measured: anchors hold the side that matters, and the line that letters stand on. */
static void tex_text(struct canvas *canvas, struct point at, const struct text_style *style, struct str text)
{
    struct tex *t = self(canvas);
    struct extents size = tex_extents(canvas, style, text);
    double base = size.baseline - style->across * size.height, angle = style->turn * 3.14159265358979323846 / 180;
    if (text.n == 0)
        return;
    buf_printf(&t->body, "\\node[inner sep=0,anchor=%s,rotate=", style->along < 0.25 ? "base west" : style->along > 0.75 ? "base east" : "base");
    number_put(&t->body, style->turn);
    buf_puts(&t->body, ",color=");
    put_colour(&t->body, style->colour);
    buf_puts(&t->body, ",font=\\fontsize{");
    number_put(&t->body, style->size);
    buf_puts(&t->body, "bp}{");
    number_put(&t->body, 1.2 * style->size);
    buf_printf(&t->body, "bp}\\selectfont%s] at ", style->bold ? "\\bfseries" : "");
    put_point(canvas, at.x + base * sin(angle), at.y + base * cos(angle));
    buf_puts(&t->body, " {");
    canvas->failed = canvas->failed || !tex_label(t->measure, style, text, &t->body, NULL);
    buf_puts(&t->body, "};\n");
    memcpy(canvas->lacking, t->measure->lacking, sizeof canvas->lacking);
    canvas->n_lacking = t->measure->n_lacking;
}

static bool tex_font(struct canvas *canvas, const char *family, struct err *err)
{
    struct canvas *measure = self(canvas)->measure;
    return measure->ops->font(measure, family, err);
}

static void tex_free(struct canvas *canvas)
{
    struct tex *t = self(canvas);
    if (t->measure)
        t->measure->ops->free(t->measure);
    buf_free(&t->body);
    free(t);
}

static const struct canvas_ops ops = {
    .rectangle = tex_rectangle,
    .line = tex_line,
    .polygon = tex_polygon,
    .text = tex_text,
    .image = tex_image,
    .clip = tex_clip,
    .extents = tex_extents,
    .font = tex_font,
    .free = tex_free,
};

struct canvas *tex_canvas_new(double width, double height, double dpi, struct err *err)
{
    struct tex *t = mem_new(1, sizeof *t, "a figure", err);
    (void)dpi;
    if (!t)
        return NULL;
    t->base = (struct canvas){.ops = &ops, .width = width, .height = height};
    t->measure = canvas_outlines_new(err);
    if (t->measure)
        return &t->base;
    tex_free(&t->base);
    return NULL;
}
