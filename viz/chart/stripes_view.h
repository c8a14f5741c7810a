/* Stripes seen as lanes of rows and places: what the cells and the figure of stripes.h draw alike. */
#ifndef GAZE_VIZ_CHART_STRIPES_VIEW_H
#define GAZE_VIZ_CHART_STRIPES_VIEW_H

#include "viz/chart/stripes.h"
#include "viz/draw/cells.h"
#include "viz/draw/figure.h"

#define STRIPES_LANES 3
#define STRIPES_MARK 3.0 /* a tick of the bar: n·c_j of a column is 3 or more */
#define STRIPES_VALUES "n·c_j: attention in units of 1/n"

struct stripes_place {
    enum stripes_lane lane;
    const char *name, *brief; /* "from the start", "start" */
    size_t width;     /* places: keys, or special tokens */
};

struct stripes_view {
    const struct stripes *data;
    struct stripes_place lane[STRIPES_LANES];
    size_t n_lanes;
    size_t *order;      /* [n_texts] the main group first */
    size_t n_main;
    size_t *special_at; /* [n_texts, n_special] the k-th special token's index, SIZE_MAX for none */
    size_t n_special;
    size_t most;        /* tokens of the longest text */
    bool missing;       /* some cell of a lane has no value */
    bool not_finite;
};

/* Lanes that the data asks for and that differ: where all texts have as many tokens the end tells nothing that the start
 * does not. ERR_ARG without texts, heads or tokens. Free with stripes_view_free, also after a failure. */
NODISCARD bool stripes_view_make(const struct stripes *data, struct stripes_view *out, struct err *err);
void stripes_view_free(struct stripes_view *view);

/* The median over rows [t0,t1) of the order of the largest value of each at places [x0,x1): NaN where fewer than half of the
 * texts have a token there, INFINITY where one of them is not finite. `scratch` [t1 − t0]. */
float stripes_value(const struct stripes_view *view, size_t head, size_t lane, size_t t0, size_t t1, size_t x0, size_t x1,
                    float *scratch);
/* The share of the commonest token at a place among the texts that have one there: out [width of the lane], NaN where none
 * has. False, and nothing is written, where the data has no ids. */
NODISCARD bool stripes_shares(const struct stripes_view *view, size_t lane, float *out, bool *known_out, struct err *err);

/* The scale of all stripes of the picture: log from 1 to n. */
struct scale stripes_scale(const struct stripes_view *view);
/* The picture with that scale, the name of the values and one panel, for the pieces that draw a colour bar. */
struct picture stripes_bar(const struct picture *picture, const struct stripes_view *view, struct panel *panel_out);

NODISCARD bool stripes_cells(const struct picture *, const struct cells_options *, struct cell_grid *, struct err *);

#endif
