/* Mean distance between query and key without what the first token gets (Vig & Belinkov 2019, §5.2). */
#include <math.h>

#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double weighted = 0, mass = 0;
    for (size_t i = 0; i < Tq; i++)
        for (size_t j = 1; j < Tk; j++) {
            double p = (double)input->probs[i * Tk + j];
            weighted += p * fabs((double)i - (double)j);
            mass += p;
        }
    *out = mass > 0 ? weighted / mass : NAN;
    return true;
}

extern const struct measure measure_distance_rest;
const struct measure measure_distance_rest = {
    .name = "distance_rest",
    .label = "mean distance without the first token",
    .formula = "Σ_{i,j>0} A_ij·|i-j| / Σ_{i,j>0} A_ij, in tokens",
    .source = "Vig & Belinkov 2019, arXiv 1906.04284",
    .descending = true,
    .needs = MEASURE_TOKENS,
    .costly = true,
    .value = value,
};
