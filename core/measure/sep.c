/* Mass on special tokens behind the first token ([SEP], </s>), apart from the one in front (Clark et al. 2019, figure 2). */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double sum = 0;
    for (size_t i = 0; i < Tq; i++)
        for (size_t j = 1; j < Tk; j++)
            sum += input->special[j] ? (double)input->probs[i * Tk + j] : 0;
    *out = sum / (double)Tq;
    return true;
}

extern const struct measure measure_sep;
const struct measure measure_sep = {
    .name = "sep",
    .label = "mass to special tokens behind the first",
    .formula = "(1/n)·Σ_i Σ_{j>0 special} A_ij ([SEP], </s>)",
    .source = "Clark et al. 2019, arXiv 1906.04341",
    .descending = true,
    .costly = true,
    .value = value,
};
