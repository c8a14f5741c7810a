/* Entropy of the first query's row alone, that of [CLS] in an encoder (Clark et al. 2019, figure 4). */
#include <math.h>

#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    const struct attention *a = input->attention;
    double seen = (double)keys_seen(a, 0);
    *out = 0;
    for (size_t j = 0; j < a->Tk; j++) {
        double p = 0.9999 * (double)input->probs[j] + 0.0001 / seen;
        *out -= attention_masked(a, 0, j) ? 0 : p * log(p);
    }
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
