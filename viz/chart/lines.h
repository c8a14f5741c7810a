/* Lines of attention in a place of a larger grid of cells: the part of the drawing that a program shows. See lines.c. */
#ifndef GAZE_VIZ_CHART_LINES_H
#define GAZE_VIZ_CHART_LINES_H

#include "viz/draw/cells.h"

struct lines_field {
    struct cell_rect at;             /* a token a line, queries at its left edge, keys at its right */
    long first_query, first_key;     /* that its first line stands for */
    size_t most;                     /* lines a query at most */
    bool front;                      /* in the accent, over what is there: the query that is asked about */
    struct colour accent;
};

/* Draw the picture's lines into the field, cut to it; what is below a tenth of the largest is left out. ERR_ARG for maps that hold
 * values below 0, that are too many or of unlike sizes. */
NODISCARD bool lines_put(const struct picture *picture, const struct lines_field *field, struct cell_grid *grid, enum depth depth,
                         struct err *err);

#endif
