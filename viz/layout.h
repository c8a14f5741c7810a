/* Layout: how large maps fit small places, which labels stay, how panels are arranged. */
#ifndef GAZE_VIZ_LAYOUT_H
#define GAZE_VIZ_LAYOUT_H

#include "viz/picture.h"

/* Up to so many tokens a token gets a cell of two columns and a line of its own. */
#define LAYOUT_LARGE_CELLS 40

/* The room for one map on a terminal. */
struct map_room {
    size_t columns, lines; /* lines 0: unbounded */
    size_t cell_columns;   /* columns of a large cell: 2, or more where numbers stand in it */
    bool half_blocks;      /* two values a character (▀); without colours one */
    bool small;            /* large cells are not wanted */
    bool tall;             /* small cells without half blocks: a line for each row, not for two */
};

/* How it is drawn there: drawn cells of pool_rows × pool_cols values. */
struct map_plan {
    size_t pool_rows, pool_cols; /* 1: each value has its own cell */
    size_t rows, cols;           /* drawn cells */
    size_t cell_columns;         /* terminal columns of a drawn cell */
    bool half;                   /* two drawn rows a line */
    size_t columns, lines;       /* taken of the room */
};
struct map_plan plan_map(size_t rows, size_t cols, const struct map_room *room);

/* What is drawn for [r0,r1) × [c0,c1) of a panel: the value of the largest magnitude, its sign kept (so that columns
 * survive), the first of equals; INFINITY where one of them is not finite (so that it survives too), NaN where all are
 * masked. Ranges are cut to the panel. */
float pool_value(const struct panel *panel, size_t r0, size_t r1, size_t c0, size_t c1);
/* All of them: out [ceil(rows/pool_rows), ceil(cols/pool_cols)]; masked_out, as many, is 1 where all are masked. */
void pool_largest(const struct panel *panel, size_t pool_rows, size_t pool_cols, float *out, unsigned char *masked_out);

/* Thinning: every how-many-th of labels at distance `pitch` may stand where one takes `need` (same unit):
 * 1, 2, 5, 10, 20, 50 … */
size_t label_stride(double pitch, double need);

/* Panels a row, for n panels of width × height (any unit), so that the whole comes near `aspect` (width by height)
 * without many empty places. At least 1. */
size_t panels_across(size_t n, double width, double height, double aspect);

/* The name of a row or column: its number as the user counts. */
size_t panel_row_number(const struct panel *panel, size_t row);
size_t panel_col_number(const struct panel *panel, size_t col);
struct str panel_row_label(const struct panel *panel, size_t row); /* empty where there are none */
struct str panel_col_label(const struct panel *panel, size_t col);

/* Whether both have the same row (column) labels and numbers, so that they need to be shown once. */
bool panel_same_rows(const struct panel *a, const struct panel *b);
bool panel_same_cols(const struct panel *a, const struct panel *b);

/* What the renderers say of a picture themselves. Append "0 [CLS], 11 .": the marked columns, of several panels with
 * their titles; at most `most` are named, the rest counted. Nothing where none is marked. */
void marked_text(struct buf *out, const struct picture *picture, size_t most);
/* Append "pooled: …" for cells of rows × cols values. */
void pooled_text(struct buf *out, size_t rows, size_t cols);
/* Append "attention probability (log:0.0001)": the value's name, with the scale where it is not linear. */
void value_text(struct buf *out, const struct picture *picture);
/* Append a tick's name: "1/12" where it is one over a whole number, else the number. */
void tick_text(struct buf *out, double tick);
/* The tick that all panels share, or NaN. */
double picture_tick(const struct picture *picture);
bool picture_masked(const struct picture *picture); /* some cell is masked */
/* What the cells that are neither masked nor finite are called: "not a number", "not finite" where infinities are among
 * them; NULL where there are none. */
const char *picture_not_finite(const struct picture *picture);

#endif
