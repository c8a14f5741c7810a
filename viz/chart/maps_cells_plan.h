/* The plan of a picture in line mode: what maps_cells_plan.c decides and maps_cells.c draws. */
#ifndef GAZE_VIZ_CHART_MAPS_CELLS_PLAN_H
#define GAZE_VIZ_CHART_MAPS_CELLS_PLAN_H

#include "viz/draw/cells.h"

struct sheet {
    const struct picture *picture;
    struct ink ink;
    struct cell_grid *grid;
    struct err *err;
    size_t columns;
    struct map_room room;     /* of one panel */
    size_t across, bands;     /* panels a row, rows of panels */
    size_t gap;               /* columns between panels */
    size_t slot;              /* columns of a panel with its own labels */
    size_t number_columns, token_columns, label_columns; /* left of a map; 0: no labels */
    size_t down_rows, digit_rows;                        /* above a map: key labels, key numbers */
    bool shared_labels;       /* row labels once a band */
    bool numbers, titles, marks, ruler;
    bool pooled, left_out;    /* some map is pooled; numbers asked for do not fit */
};

/* Decide everything that is not given: picture (fitted), ink, columns, numbers are. `rows`: of the whole picture, 0: any;
 * `footer`: those under the maps. */
void sheet_arrange(struct sheet *sheet, size_t rows, size_t footer);
struct map_plan sheet_plan(const struct sheet *sheet, const struct panel *panel);
/* Rows above the maps of a row of panels: title, key labels, key numbers, marks where there are some. */
size_t sheet_head_rows(const struct sheet *sheet, size_t band);
bool sheet_band_marks(const struct sheet *sheet, size_t band);
/* Lines of the tallest map of a row of panels. */
size_t sheet_band_lines(const struct sheet *sheet, size_t band);
/* Append the tokens of a line of the map, one after another: more than fit, at least. */
void sheet_line_tokens(const struct panel *panel, const struct map_plan *plan, size_t line, struct buf *out);
size_t sheet_digits(size_t n);

#endif
