/* Points in a plane with their names, some joined by lines: a picture without panels. Terminal cells and figures draw it from
 * the same plain data. */
#ifndef GAZE_VIZ_SCATTER_H
#define GAZE_VIZ_SCATTER_H

#include "core/base/mem.h"

struct scatter_point {
    double x, y;      /* data units, y upward */
    struct str label; /* UTF-8 display text, not escaped */
    bool strong;      /* stands out: an answer */
};
struct scatter_line {
    size_t from, to; /* points */
};
struct scatter {
    const struct scatter_point *points;
    size_t n_points;
    const struct scatter_line *lines;
    size_t n_lines;
};

struct picture;
struct figure;
struct canvas;
struct cell_grid;
struct cells_options;
struct render_options;

/* For the renderers, where picture->scatter is set. One unit is as long on both axes. */
NODISCARD bool scatter_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid_out,
                             struct err *err);
NODISCARD bool scatter_plan(const struct picture *picture, const struct render_options *options, struct figure *figure_out,
                            struct err *err);
NODISCARD bool scatter_draw(const struct figure *figure, struct canvas *canvas, struct err *err);

#endif
