/* Heads layer by layer: a point a head and a line through each layer's mean, measures by colour. A picture without panels; terminal
 * cells and figures draw it from the same plain data (chart_layers, the picture's data). */
#ifndef GAZE_VIZ_CHART_LAYERS_H
#define GAZE_VIZ_CHART_LAYERS_H

#include "core/base/mem.h"

struct layers_point {
    size_t series, layer; /* which of the series; which of the names below the axis */
    double y;             /* not finite: it is left out */
};
struct layers_series {
    struct str name;
    double reference; /* a dashed line at it; NaN: none */
};
struct layers {
    const struct layers_point *points;
    size_t n_points;
    const struct layers_series *series; /* [n_series] at most SERIES_MAX */
    size_t n_series;
    const struct str *names; /* [n_layers] */
    const unsigned char *begins; /* [n_layers] 1: no line comes from the layer before it (another stack) */
    size_t n_layers;
};

#endif
