/* Mass on the special token in front ([CLS], <s>), apart from the others (Clark et al. 2019, figure 2). */
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double sum = 0;
    for (size_t i = 0; i < Tq; i++)
        for (size_t j = 0; j < 1; j++)
            sum += input->special[j] ? (double)input->probs[i * Tk + j] : 0;
    *out = sum / (double)Tq;
    return true;
}

extern const struct measure measure_cls;
const struct measure measure_cls = {
    .name = "cls",
    .label = "mass to the special token in front",
    .formula = "(1/n)·Σ_i A_i0, where token 0 is special ([CLS], <s>)",
    .source = "Clark et al. 2019, arXiv 1906.04341",
    .descending = true,
    .costly = true,
    .value = value,
};
