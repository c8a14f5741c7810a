/* What the cells and the figure of squares share. */
#ifndef GAZE_VIZ_CHART_SQUARES_VIEW_H
#define GAZE_VIZ_CHART_SQUARES_VIEW_H

#include "viz/chart/squares.h"
#include "viz/draw/cells.h"
#include "viz/draw/figure.h"

/* Where a value stands on the axis of intervals, 0 … 1; beyond its ends, at them. */
double squares_place(const struct squares *squares, double value);
size_t squares_rows(const struct squares *squares); /* of the square that has most: 1 or 2 */
/* "0.99", and "0.99 [0.98, 1.00]". Nothing for none. */
void squares_number(const struct squares_cell *cell, bool interval, struct buf *out);
/* The scale that colours are taken from: the picture's, or 0 to 1.25 where it says none. */
struct scale squares_scale(const struct picture *picture);

NODISCARD bool squares_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid_out,
                             struct err *err);

#endif
