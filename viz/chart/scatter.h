/* Points in a plane with their names, some joined by lines: a picture without panels. Terminal cells and figures draw it from
 * the same plain data (chart_scatter, the picture's data). One unit is as long on both axes. */
#ifndef GAZE_VIZ_CHART_SCATTER_H
#define GAZE_VIZ_CHART_SCATTER_H

#include "core/base/mem.h"

struct scatter_point {
    double x, y;      /* data units, y upward */
    struct str label; /* UTF-8 display text, not escaped */
    bool strong;      /* stands out: an answer */
    unsigned char tint; /* 0: the chart's own colour; else 1 … 255 along viridis, see scatter_tint */
};
struct scatter_line {
    size_t from, to; /* points */
};
struct scatter {
    const struct scatter_point *points;
    size_t n_points;
    const struct scatter_line *lines;
    size_t n_lines;
    const char *tint_name; /* what tints tell, "Layer": a key of 0 … n_tints - 1 stands above the points; or NULL */
    size_t n_tints;
    bool ticks;            /* numbers along both axes of a figure */
};

/* The tint of the i-th of n. */
unsigned char scatter_tint(size_t i, size_t n);

#endif
