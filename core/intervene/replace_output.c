/* Another output of a head, z, for all queries or for one: another text's, a mean, one drawn at random. */
#include "core/intervene/intervene.h"

#include <string.h>

static void replace(const struct intervention *i, struct attention *a)
{
    if (!intervention_meant_head(i, a, i->head))
        return;
    const float *values = i->values + a->queries->starts[a->text] * a->D;
    for (size_t t = 0; t < a->Tq; t++)
        if (i->token == SIZE_MAX || i->token == t)
            memcpy(a->z.data + t * a->z.row + i->head * a->z.step, values + t * a->D, a->D * sizeof(float));
}

const struct intervention_kind intervention_kind_replace_output = {
    .name = "replace_output", .summary = "put another output of a head in", .output = replace};
