/* What stays of something under two changes that cross, and under more of them beside: squares of two by two cells with intervals,
 * and below them a table of rows × changes by colour. A picture without panels (chart_squares, the picture's data); its scale is
 * that of the cells' values. */
#ifndef GAZE_VIZ_CHART_SQUARES_H
#define GAZE_VIZ_CHART_SQUARES_H

#include "core/base/mem.h"

struct squares_cell {
    double value;     /* NaN: there is none */
    double low, high; /* its interval; not finite: open to that side, NaN: not known */
    struct str note;  /* a few words under it, in squares alone */
};
struct square_of {
    struct str title;
    struct str rows[2], cols[2]; /* names of the two changes' levels; the second row "": there is one row */
    struct squares_cell cells[2][2];
};
struct squares_row {
    struct str label, word;           /* what the row is; what came of it */
    const struct squares_cell *cells; /* [n_columns] */
};
struct squares {
    const struct square_of *squares; /* [n_squares] */
    size_t n_squares;
    const struct str *columns; /* [n_columns] short names */
    size_t n_columns;
    const struct squares_row *rows; /* [n_rows] */
    size_t n_rows;
    double marks[3];     /* on the axis of intervals: below the first all is lost, between the others all is kept */
    double least, most;  /* the ends of that axis */
};

#endif
