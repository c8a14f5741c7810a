/* Other position ids in the place of 0, 1, 2 … */
#include "core/intervene/intervene.h"

static void other(const struct intervention *i, int32_t *positions, size_t rows)
{
    for (size_t r = 0; r < rows; r++)
        positions[r] = (int32_t)i->values[r];
}

const struct intervention_kind intervention_kind_positions = {
    .name = "positions", .summary = "other position ids", .positions = other};
