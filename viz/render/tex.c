/* TeX: a tikzpicture to be \input. Maps are matrix plots of pgfplots with their values in tables, so that they can be drawn
 * otherwise; maps of a single row or column, which pgfplots refuses, and of more cells than it has memory for are rectangles; other
 * charts, and what stands around maps, are TikZ. pdfTeX, LuaTeX and XeTeX read it. */
#include <math.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/number.h"
#include "viz/chart/chart.h"
#include "viz/chart/maps.h"
#include "viz/layout.h"
#include "viz/render/figure.h"
#include "viz/render/provenance.h"
#include "viz/render/renderer.h"
#include "viz/render/tex_canvas.h"
#include "viz/render/tex_text.h"
#include "viz/scale.h"

enum { PLOT_CELLS = 8000 }; /* pgfplots takes 5 MB of TeX's memory, which is all there is, for twice as many */

/* The palette as a colormap of pgfplots. */
static void put_colormap(struct buf *out, const struct palette *palette)
{
    buf_puts(out, "\\pgfplotsset{colormap={gaze}{");
    for (size_t i = 0; i < palette->n; i++) {
        struct rgb c = rgb_of(palette->table[i]);
        buf_printf(out, "rgb255(%zu)=(%d,%d,%d)%s", i, c.r, c.g, c.b, i % 6 == 5 ? "\n" : " ");
    }
    buf_puts(out, "}}\n");
}

static void put_length(struct buf *out, const char *key, double points)
{
    buf_printf(out, "%s=", key);
    number_put(out, points);
    buf_puts(out, "bp,");
}

/* x y, the position on the colour map, the value (nan where there is none). */
static void put_table(struct buf *out, const struct figure *f, const struct panel *panel)
{
    for (size_t i = 0; i < panel->rows; i++)
        for (size_t j = 0; j < panel->cols; j++) {
            float v = pool_value(panel, i, i + 1, j, j + 1);
            double at = isfinite(v) ? scale_position(&f->picture.scale, (double)v) : 0;
            buf_printf(out, isfinite(v) ? "%zu %zu %.5g %.6g\n" : "%zu %zu %.5g nan\n", j, i, at, (double)v);
        }
}

/* Cells without a finite number, over the plot. */
static void put_holes(struct buf *out, const struct figure *f, const struct panel *panel)
{
    for (size_t i = 0; i < panel->rows; i++)
        for (size_t j = 0; j < panel->cols; j++) {
            float v = pool_value(panel, i, i + 1, j, j + 1);
            struct rgb c = figure_colour(f, v);
            if (!isfinite(v))
                buf_printf(out, "\\fill[color={rgb,255:red,%d;green,%d;blue,%d}] (axis cs:%zu.5,%zu.5) rectangle (axis cs:%ld.5,%ld.5);\n",
                           c.r, c.g, c.b, j, i, (long)j - 1, (long)i - 1);
        }
}

static void put_plot(struct buf *out, const struct figure *f, const struct panel *panel, struct box box)
{
    buf_puts(out, "\\begin{axis}[at={(");
    number_put(out, box.x);
    buf_puts(out, "bp,");
    number_put(out, f->height - box.y);
    buf_puts(out, "bp)},anchor=north west,scale only axis,");
    put_length(out, "width", box.w);
    put_length(out, "height", box.h);
    buf_printf(out,
               "\n  xmin=-0.5,xmax=%zu.5,ymin=-0.5,ymax=%zu.5,y dir=reverse,xtick=\\empty,ytick=\\empty,\n"
               "  colormap name=gaze,point meta min=0,point meta max=1,axis on top,axis line style={line width=0.4pt,gray}]\n"
               "\\addplot[matrix plot*,mesh/cols=%zu,point meta=explicit] table[x index=0,y index=1,meta index=2,header=false] {\n",
               panel->cols - 1, panel->rows - 1, panel->cols);
    put_table(out, f, panel);
    buf_puts(out, "};\n");
    put_holes(out, f, panel);
    buf_puts(out, "\\end{axis}\n");
}

/* Does pgfplots take them? */
static bool are_plots(const struct picture *picture)
{
    size_t cells = 0;
    for (size_t k = 0; k < picture->n_panels; k++) {
        const struct panel *panel = &picture->panels[k];
        cells += panel->rows * panel->cols;
        if (panel->rows < 2 || panel->cols < 2)
            return false;
    }
    return cells <= PLOT_CELLS;
}

static bool put_maps(struct canvas *canvas, const struct figure *f, struct err *err)
{
    struct buf *out = tex_canvas_body(canvas);
    if (!are_plots(&f->picture))
        return maps_draw(f, canvas, err);
    put_colormap(out, f->palette);
    for (size_t k = 0; k < f->picture.n_panels; k++)
        put_plot(out, f, &f->picture.panels[k], maps_box(f, k));
    return maps_draw_around(f, canvas, err);
}

static bool fits_tex(struct canvas *canvas, struct err *err)
{
    return tex_canvas_runs(canvas) <= TEX_CANVAS_RUNS ||
           err_set(err, ERR_LIMIT, "more cells than TeX has memory for (%d of different colours): plot to .pdf and \\includegraphics it",
                   TEX_CANVAS_RUNS);
}

static void put_head(struct buf *out, const struct picture *picture, const struct render_options *options)
{
    buf_puts(out, "% gaze: ");
    provenance_json(picture, out);
    buf_puts(out, "\n% In the preamble: \\usepackage{pgfplots} \\pgfplotsset{compat=1.16}; then \\input this file.\n");
    if (options->caption)
        buf_puts(out, "\\begin{figure}\n\\centering\n");
    buf_puts(out, "\\begin{tikzpicture}[x=1bp,y=1bp,line cap=rect]\n");
}

static bool render_tex(const struct picture *picture, const struct render_options *options, struct buf *out, struct buf *remarks,
                       struct err *err)
{
    bool maps = picture_chart(picture) == &chart_maps;
    struct figure figure = {0};
    struct canvas *measure = canvas_outlines_new(err), *canvas = NULL;
    bool ok = measure && (!options->font || measure->ops->font(measure, options->font, err));
    ok = ok && figure_plan(picture, options, measure, &figure, err);
    canvas = ok ? tex_canvas_new(figure.width, figure.height, figure.dpi, err) : NULL;
    ok = canvas && (!options->font || canvas->ops->font(canvas, options->font, err));
    figure.remarks = remarks;
    ok = ok && (maps ? put_maps(canvas, &figure, err) : figure_draw(&figure, canvas, err)) && fits_tex(canvas, err);
    ok = ok && (!cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled")) && buf_ok(tex_canvas_body(canvas), err);
    if (ok) {
        put_head(out, picture, options);
        buf_str(out, buf_view(tex_canvas_body(canvas)));
        buf_puts(out, "\\end{tikzpicture}\n");
        if (options->caption)
            buf_printf(out, "%s\n\\end{figure}\n", options->caption);
        figure_lacking(canvas, remarks);
    }
    if (canvas)
        canvas->ops->free(canvas);
    if (measure)
        measure->ops->free(measure);
    return ok && buf_ok(out, err);
}

const struct renderer renderer_tex = {
    .name = "tex",
    .suffixes = "tex tikz",
    .summary = "pgfplots for LaTeX: values in tables, labels in the document's font",
    .render = render_tex,
};
