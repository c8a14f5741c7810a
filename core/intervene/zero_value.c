/* A token whose value is zero in a layer. Values are shared by the query heads of a group: it goes for all heads. */
#include "core/intervene/intervene.h"

#include <string.h>

static void zero(const struct intervention *i, struct attention *a)
{
    for (size_t t = 0; intervention_meant(i, a) && t < a->Tk; t++)
        for (size_t h = 0; (i->token == SIZE_MAX || i->token == t) && h < a->Hkv; h++)
            memset(a->v.data + t * a->v.row + h * a->v.step, 0, a->D * sizeof(float));
}

const struct intervention_kind intervention_kind_zero_value = {
    .name = "zero_value", .summary = "zero a token's value in all heads of a layer", .attention = zero};
