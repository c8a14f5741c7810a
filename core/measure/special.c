/* Mass on special tokens, typed ones too (Clark et al. 2019): divided by n, edge rows included. */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double sum = 0;
    for (size_t j = 0; j < Tk; j++) /* few keys are special */
        for (size_t i = 0; input->special[j] && i < Tq; i++)
            sum += input->probs[i * Tk + j];
    *out = sum / (double)Tq;
    return true;
}

extern const struct measure measure_special;
const struct measure measure_special = {
    .name = "special",
    .label = "mass to special tokens",
    .formula = "(1/n)·Σ_i Σ_{j special} A_ij",
    .source = "Clark et al. 2019, arXiv 1906.04341",
    .descending = true,
    .value = value,
};
