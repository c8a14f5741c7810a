/* Measures of permuted maps. See measure_permuted.h. */
#include "core/measure/measure_permuted.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/random.h"
#include "core/measure/column_look.h"

bool measure_permuted(const struct run *run, const struct measure *measure, struct site site, uint64_t seed, double *out, struct err *err)
{
    struct measured_map map;
    *out = NAN;
    if (measure->beyond)
        return true;
    if (!measured_map_make(run, site, false, &map, err))
        return false;
    bool wanted = !measure_refusal(measure, map.attention) && !map_not_finite(map.attention, map.probs);
    size_t *visible = mem_new(map.attention->Tk, sizeof *visible, "visible keys", err);
    uint64_t state = random_stream(seed, site.layer * 0x100000001b3u + site.head);
    struct measure_input input = {run, map.attention, site, map.probs, map.special, NULL};
    if (visible)
        column_permute(map.probs, map.attention, visible, &state);
    bool ok = visible && (!wanted || measure->value(&input, out, err));
    free(visible);
    measured_map_free(&map);
    return ok;
}
