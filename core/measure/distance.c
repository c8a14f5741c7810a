/* Mean distance between query and key, weighted by attention (Vig & Belinkov 2019). */
#include <math.h>

#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double weighted = 0, mass = 0;
    for (size_t i = 0; i < Tq; i++) {
        double away = (double)i, own_mass = 0, own = 0; /* by row: its sums do not wait for those of the rows before */
        for (size_t j = 0; j < Tk; j++, away--) {
            double p = input->probs[i * Tk + j];
            own += p * fabs(away);
            own_mass += p;
        }
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
