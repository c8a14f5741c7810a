/* Entropy of the first query's row alone, that of [CLS] in an encoder (Clark et al. 2019, figure 4). */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    *out = row_entropy(input->attention, 0, input->probs);
    return true;
}

extern const struct measure measure_first_entropy;
const struct measure measure_first_entropy = {
    .name = "first_entropy",
    .label = "entropy of the first query's row (nats)",
    .formula = "-Σ_j p_0j ln p_0j, p = 0.9999·A + 0.0001/n, in nats",
    .source = "Clark et al. 2019, arXiv 1906.04341",
    .descending = true,
    .needs = MEASURE_DISTRIBUTIONS,
    .costly = true,
    .value = value,
};
