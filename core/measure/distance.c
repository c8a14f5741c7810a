/* Mean distance between query and key, weighted by attention (Vig & Belinkov 2019). */
#include <math.h>

#include "core/measure/measure.h"
#include "core/op/op.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double weighted = 0, mass = 0;
    for (size_t i = 0; i < Tq; i++) {
        double own, own_mass;
        op_distance_row(input->probs + i * Tk, Tk, i, &own, &own_mass);
        weighted += own;
        mass += own_mass;
    }
    *out = mass > 0 ? weighted / mass : NAN;
    return true;
}

extern const struct measure measure_distance;
const struct measure measure_distance = {
    .name = "distance",
    .label = "mean distance (tokens)",
    .formula = "Σ_ij A_ij·|i-j| / Σ_ij A_ij, in tokens",
    .source = "Vig & Belinkov 2019, arXiv 1906.04284",
    .descending = true,
    .needs = MEASURE_TOKENS,
    .value = value,
};
