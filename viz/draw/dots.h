/* Dots of the Braille patterns, two by four a cell, about square: lines in character cells. */
#ifndef GAZE_VIZ_DRAW_DOTS_H
#define GAZE_VIZ_DRAW_DOTS_H

#include "viz/draw/canvas.h"
#include "viz/draw/cells.h"

struct dots {
    unsigned char *bits; /* [rows,columns] the eight dots of a cell */
    size_t columns, rows;
};
NODISCARD bool dots_new(struct dots *dots, struct err *err); /* columns and rows are set */
void dots_free(struct dots *dots);                           /* a zeroed struct is fine */
void dots_clear(struct dots *dots);
/* In dots from the top left; what lies outside is left out. */
void dots_set(struct dots *dots, double x, double y);
void dots_line(struct dots *dots, struct point from, struct point to);
/* Into a grid, their first cell at (row, col). */
void dots_put(const struct dots *dots, struct cell_grid *grid, size_t row, size_t col, struct style style);

#endif
