/* The row of maps in the table of charts. See maps.h. */
#include "viz/chart/maps.h"

const struct chart_kind chart_maps = {
    .name = "maps",
    .summary = "panels of numbers as heat maps on one scale",
    .cells = maps_cells,
    .plan = maps_plan,
    .draw = maps_draw,
};
