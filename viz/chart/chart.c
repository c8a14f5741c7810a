/* The table of kinds of charts. See chart.h. */
#include "viz/chart/chart.h"

#include <stddef.h>

#define CHART_ROW(name) &chart_##name,
const struct chart_kind *const chart_kinds[] = {CHARTS(CHART_ROW) NULL};
#undef CHART_ROW

const struct chart_kind *picture_chart(const struct picture *picture)
{
    return picture->chart ? picture->chart : chart_kinds[0];
}
