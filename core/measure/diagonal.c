/* Mass on the diagonal and beside it (a pattern that Kovaleva et al. 2019 name; the number is gaze's own). */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    *out = offset_mass(input, -1) + offset_mass(input, 0) + offset_mass(input, 1);
    return true;
}

extern const struct measure measure_diagonal;
const struct measure measure_diagonal = {
    .name = "diagonal",
    .label = "mass at |i-j| ≤ 1",
    .formula = "(1/n)·Σ_i Σ_{|i-j| ≤ 1} A_ij",
    .source = "pattern: Kovaleva et al. 2019, arXiv 1908.08593; the number is gaze's own",
    .descending = true,
    .costly = true,
    .needs = MEASURE_TOKENS,
    .value = value,
};
