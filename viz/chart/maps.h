/* Maps: panels of numbers as heat maps, in cells (maps_cells.c) and on paper (maps_plan.c, maps_draw.c). */
#ifndef GAZE_VIZ_CHART_MAPS_H
#define GAZE_VIZ_CHART_MAPS_H

#include "viz/chart/chart.h"
#include "viz/draw/cells.h"
#include "viz/draw/figure.h"

NODISCARD bool maps_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid_out,
                          struct err *err);
NODISCARD bool maps_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                         struct figure *figure_out, struct err *err);
NODISCARD bool maps_draw(const struct figure *figure, struct canvas *canvas, struct err *err);

/* The place of the k-th map, and all but the maps: for a renderer that draws those itself. */
struct box maps_box(const struct figure *figure, size_t k);
NODISCARD bool maps_draw_around(const struct figure *figure, struct canvas *canvas, struct err *err);

/* The number in a cell: as in the terminal, with a true minus sign. */
void maps_number(const struct scale *scale, double value, struct buf *out);
/* The text of a row's (column's) label: its token, or its number and token where labels are thinned. */
void maps_label(const struct panel *panel, bool column, size_t index, size_t stride, struct buf *out);
/* What is to be said beside the figure: pooling, numbers left out. False when there is no k-th. */
bool maps_remark(const struct figure *figure, size_t k, struct buf *out);
/* What stands under the colour bar: masked cells, cells that are not finite. Returns how many. */
#define MAPS_LEGENDS 2
size_t maps_legends(const struct figure *figure, struct figure_legend out[MAPS_LEGENDS]);
/* Where the c-th column (r-th row) of panels begins, c = across (r = down) for the end: lengths from grid_x and grid_y. A column is
 * as wide as its widest map. Maps themselves begin behind row_labels and below head. */
double maps_column_at(const struct figure *figure, size_t c);
double maps_row_at(const struct figure *figure, size_t r);
/* The room of the k-th map's title, and where a title that is set small breaks so that its first line fits; 0: nowhere. */
double maps_title_room(const struct figure *figure, size_t k);
size_t maps_title_break(const struct figure *figure, struct canvas *measure, struct str title, double room);
#define MAPS_MARKED_WIDTH 0.8 /* points: a marked column is drawn at least so wide */
/* Values a drawn cell, so that a cell is at least a pixel. */
size_t maps_pool(const struct figure *figure, double cell);

#endif
