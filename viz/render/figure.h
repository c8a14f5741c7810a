/* Whole pictures on a canvas, whatever their chart. */
#ifndef GAZE_VIZ_RENDER_FIGURE_H
#define GAZE_VIZ_RENDER_FIGURE_H

#include "viz/draw/figure.h"

/* Lay the picture out; `measure` is any canvas. ERR_NOT_FOUND for an unknown palette, ERR_ARG for a text size outside
 * 5 … 10 or a width that leaves the maps no room. */
NODISCARD bool figure_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                           struct figure *figure_out, struct err *err);
/* Draw it on a canvas of figure->width × figure->height. */
NODISCARD bool figure_draw(const struct figure *figure, struct canvas *canvas, struct err *err);

/* Both, on a canvas of the maker's (canvas_pixels_new), which is the caller's to free; NULL on failure, ERR_CANCELLED on
 * Ctrl-C. The figure's plan into figure_out (NULL: not wanted). What is to be said beside the figure goes into remarks, a line
 * each: the picture's notes, pooling, characters that no font has and the package that brings one. */
typedef struct canvas *(*canvas_maker)(double width, double height, double dpi, struct err *err);
NODISCARD struct canvas *figure_render(const struct picture *picture, const struct render_options *options,
                                       canvas_maker new_canvas, struct figure *figure_out, struct buf *remarks,
                                       struct err *err);

/* Append "warning: no installed font has 𓀀 (U+13000), …: boxes stand for them …", a line a package that brings a font; nothing
 * where the canvas lacked none. */
void figure_lacking(const struct canvas *canvas, struct buf *remarks);

#endif
