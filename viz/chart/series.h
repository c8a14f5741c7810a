/* What charts of several heads in one drawing share: a colour a head, its key, and which panels go together. */
#ifndef GAZE_VIZ_CHART_SERIES_H
#define GAZE_VIZ_CHART_SERIES_H

#include "viz/draw/cells.h"
#include "viz/draw/figure.h"

#define SERIES_MAX 6

/* Okabe and Ito's colours, told apart by all kinds of sight; i < SERIES_MAX. */
struct rgb series_colour(size_t i);
/* Towards white: strength 1 is the colour, 0 white. */
struct rgb series_pale(struct rgb colour, double strength);
/* ERR_ARG unless the panels are at most SERIES_MAX, of one size. `chart` names it. */
NODISCARD bool series_fit(const struct picture *picture, const char *chart, struct err *err);
/* The largest magnitude that is finite. */
double series_largest(const struct picture *picture);
/* A value, 0 where it is masked or not finite. */
double series_value(const struct panel *panel, size_t row, size_t col);
/* The heads' names in their colours, centred at y of a figure, in as many rows as its width (which is set) asks for; nothing
 * for one head. The height they take. */
double series_key_height(const struct figure *figure, struct canvas *measure);
void series_key(const struct figure *figure, struct canvas *canvas, double y);
/* The same in a row of cells. */
void series_key_cells(const struct picture *picture, struct cell_grid *grid, size_t row, enum depth depth);

#endif
