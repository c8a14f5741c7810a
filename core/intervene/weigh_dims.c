/* Changes nothing: adds up the squares of every dimension wherever such rows pass by, so that what zeroing them would take away
 * can be compared. */
#include "core/intervene/intervene.h"

static void weigh(const struct intervention *i, enum rows_kind kind, float *x, size_t rows, size_t E)
{
    for (size_t r = 0; kind == i->rows && r < rows; r++)
        for (size_t d = 0; d < E; d++)
            i->squares[d] += (double)x[r * E + d] * x[r * E + d];
}

const struct intervention_kind intervention_kind_weigh_dims = {
    .name = "weigh_dims", .summary = "add up squares of dimensions, change nothing", .by = weigh};
