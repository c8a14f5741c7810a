/* Entropy of rows in units of what a uniform row has (Pielou 1966's evenness): texts of other lengths compare. */
#include <math.h>

#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    const struct attention *a = input->attention;
    double sum = 0;
    size_t rows = 0;
    for (size_t i = 0; i < a->Tq; i++) {
        size_t seen = keys_seen(a, i);
        if (seen < 2)
            continue; /* one key: every map is the uniform one */
        sum += row_entropy(a, i, input->probs + i * a->Tk) / log((double)seen);
        rows++;
    }
    *out = rows ? sum / (double)rows : NAN;
    return true;
}

extern const struct measure measure_evenness;
const struct measure measure_evenness = {
    .name = "evenness",
    .label = "entropy / ln keys",
    .formula = "mean over queries that see m > 1 keys of -Σ_j p_ij ln p_ij / ln m, p = 0.9999·A + 0.0001/m",
    .source = "entropy of Clark et al. 2019, arXiv 1906.04341; the quotient is Pielou 1966",
    .descending = true,
    .needs = MEASURE_DISTRIBUTIONS,
    .costly = true,
    .value = value,
};
