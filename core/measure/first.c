/* Mass on the first key: where nothing is masked the sink score of that key before its threshold (Gu et al. 2024). */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double sum = 0;
    for (size_t i = 0; i < Tq; i++)
        sum += input->probs[i * Tk];
    *out = sum / (double)Tq;
    return true;
}

extern const struct measure measure_first;
const struct measure measure_first = {
    .name = "first",
    .label = "mass of the first key",
    .formula = "α_0 = (1/n)·Σ_i A_i0",
    .source = "Gu et al. 2024, arXiv 2410.10781",
    .descending = true,
    .value = value,
};
