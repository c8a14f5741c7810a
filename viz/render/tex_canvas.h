/* A canvas that writes TikZ: what charts that are no maps are drawn on in TeX, and what stands around maps. */
#ifndef GAZE_VIZ_RENDER_TEX_CANVAS_H
#define GAZE_VIZ_RENDER_TEX_CANVAS_H

#include "viz/draw/canvas.h"

NODISCARD struct canvas *tex_canvas_new(double width, double height, double dpi, struct err *err);
/* What was drawn: TikZ in units of 1 bp, y upward, the page's lower left corner the origin; borrowed. */
struct buf *tex_canvas_body(struct canvas *canvas);
/* How many rectangles stand for cells of maps. pdfTeX takes a quarter of a minute and most of its memory for TEX_CANVAS_RUNS; of
 * a figure that needs more no more than that are written. */
#define TEX_CANVAS_RUNS 40000
size_t tex_canvas_runs(struct canvas *canvas);

#endif
