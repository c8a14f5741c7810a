/* A head whose output is zero: it adds nothing to what the layer reads. */
#include "core/intervene/intervene.h"

#include <string.h>

static void zero(const struct intervention *i, struct attention *a)
{
    for (size_t h = 0; h < a->H; h++)
        for (size_t t = 0; intervention_meant_head(i, a, h) && t < a->Tq; t++)
            memset(a->z.data + t * a->z.row + h * a->z.step, 0, a->D * sizeof(float));
}

const struct intervention_kind intervention_kind_zero_head = {
    .name = "zero_head", .summary = "zero a head's output", .output = zero};
