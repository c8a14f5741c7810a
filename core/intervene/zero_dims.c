/* Dimensions of the model's width that are zero wherever such rows pass by: in what the word or position table gives, behind
 * every norm of that width (its weight and bias zeroed there), or in all hidden states. */
#include "core/intervene/intervene.h"

static void zero(const struct intervention *i, enum rows_kind kind, float *x, size_t rows, size_t E)
{
    for (size_t r = 0; kind == i->rows && r < rows; r++)
        for (size_t k = 0; k < i->n_values; k++)
            x[r * E + (size_t)i->values[k]] = 0;
}

const struct intervention_kind intervention_kind_zero_dims = {
    .name = "zero_dims", .summary = "zero dimensions of words, positions, norms or hidden states", .by = zero};
