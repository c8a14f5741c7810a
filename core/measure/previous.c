/* Mass on the token before the query (Clark et al. 2019): divided by n, edge rows included. */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    *out = offset_mass(input, -1);
    return true;
}

extern const struct measure measure_previous;
const struct measure measure_previous = {
    .name = "previous",
    .label = "mass to the previous token",
    .formula = "(1/n)·Σ_i A_i,i-1 over all n queries",
    .source = "Clark et al. 2019, arXiv 1906.04341",
    .descending = true,
    .needs = MEASURE_TOKENS,
    .value = value,
};
