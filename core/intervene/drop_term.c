/* Terms that are left out of the scores of a head. */
#include "core/intervene/intervene.h"

static unsigned drops(const struct intervention *i, const struct attention *a, size_t head)
{
    return intervention_meant_head(i, a, head) ? i->terms : 0;
}

const struct intervention_kind intervention_kind_drop_term = {
    .name = "drop_term", .summary = "leave terms out of the scores", .drops = drops};
