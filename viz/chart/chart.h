/* Kinds of charts: what a picture shows, as cells and on a canvas. One file and one row of list.h a kind. */
#ifndef GAZE_VIZ_CHART_CHART_H
#define GAZE_VIZ_CHART_CHART_H

#include "viz/chart/list.h"
#include "viz/picture.h"

struct canvas;
struct cell_grid;
struct cells_options;
struct figure;
struct render_options;

struct chart_kind {
    const char *name, *summary;
    /* In character cells. The grid is the caller's. */
    bool (*cells)(const struct picture *, const struct cells_options *, struct cell_grid *grid_out, struct err *);
    /* On paper: where everything stands (`measure` is any canvas), then drawing it on one of figure->width × figure->height. */
    bool (*plan)(const struct picture *, const struct render_options *, struct canvas *measure, struct figure *figure_out,
                 struct err *);
    bool (*draw)(const struct figure *, struct canvas *, struct err *);
};

#define CHART_EXTERN(name) extern const struct chart_kind chart_##name;
CHARTS(CHART_EXTERN)
#undef CHART_EXTERN
extern const struct chart_kind *const chart_kinds[]; /* NULL-ended, in the order of list.h */

/* The kind of a picture: its chart, or maps where it names none. */
const struct chart_kind *picture_chart(const struct picture *picture);

#endif
