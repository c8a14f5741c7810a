/* Whole pictures in character cells, whatever their chart. */
#ifndef GAZE_VIZ_RENDER_CELLS_H
#define GAZE_VIZ_RENDER_CELLS_H

#include "viz/draw/cells.h"

/* Draw a picture for line mode: panels side by side, labels, marks, colour bar, notes. The grid is the caller's. */
NODISCARD bool cells_picture(const struct picture *picture, const struct cells_options *options,
                             struct cell_grid *grid_out, struct err *err);

#endif
