/* Entropy of a head's attention (Clark et al. 2019), smoothed so that a zero weight costs nothing. */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    const struct attention *a = input->attention;
    double sum = 0;
    for (size_t i = 0; i < a->Tq; i++)
        sum += row_entropy(a, i, input->probs + i * a->Tk);
    *out = sum / (double)a->Tq;
    return true;
}

extern const struct measure measure_entropy;
const struct measure measure_entropy = {
    .name = "entropy",
    .label = "entropy (nats)",
    .formula = "mean over queries of -Σ_j p_ij ln p_ij, p = 0.9999·A + 0.0001/n, in nats",
    .source = "Clark et al. 2019, arXiv 1906.04341",
    .descending = true,
    .needs = MEASURE_DISTRIBUTIONS,
    .value = value,
};
