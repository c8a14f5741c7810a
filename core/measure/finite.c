/* The first hidden state that is not finite. See finite.h. */
#include "core/measure/finite.h"

#include <math.h>
#include <string.h>

struct not_finite run_not_finite(const struct run *run)
{
    struct not_finite found = {.infinite = true};
    for (size_t k = 0; k < run->n_kept && !found.any; k++) {
        const struct kept *kept = &run->kept[k];
        if (strcmp(kept->name, "hidden") != 0 || kept->rank != 2)
            continue;
        const float *data = kept->data;
        for (size_t i = 0; i < kept->shape[0] * kept->shape[1]; i++)
            if (!isfinite(data[i])) {
                found.any = true;
                found.infinite = found.infinite && !isnan(data[i]);
            }
        found.stack = kept->stack;
        found.index = kept->layer;
    }
    return found;
}

void not_finite_say(const struct run *run, struct not_finite where, struct buf *out)
{
    buf_printf(out, "the numbers are not finite (%s) from ", where.infinite ? "infinite" : "NaN");
    if (where.index == 0)
        buf_puts(out, "the embeddings on");
    else if (where.index > run->model->stacks[where.stack].layers)
        buf_puts(out, "the final norm on");
    else
        buf_printf(out, "layer %c%zu on", stack_letters[where.stack], where.index - 1);
}
