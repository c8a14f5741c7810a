/* Mass on the token after the query (Clark et al. 2019): divided by n, edge rows included. */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    *out = offset_mass(input, 1);
    return true;
}

extern const struct measure measure_next;
const struct measure measure_next = {
    .name = "next",
    .label = "mass to the next token",
    .formula = "(1/n)·Σ_i A_i,i+1 over all n queries",
    .source = "Clark et al. 2019, arXiv 1906.04341",
    .descending = true,
    .needs = MEASURE_TOKENS,
    .value = value,
};
