/* Mass on the query's own token (Clark et al. 2019): divided by n, edge rows included. */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    *out = offset_mass(input, 0);
    return true;
}

extern const struct measure measure_self;
const struct measure measure_self = {
    .name = "self",
    .label = "mass to the token itself",
    .formula = "(1/n)·Σ_i A_i,i",
    .source = "Clark et al. 2019, arXiv 1906.04341",
    .descending = true,
    .needs = MEASURE_TOKENS,
    .value = value,
};
