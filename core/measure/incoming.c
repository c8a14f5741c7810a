/* How many keys draw far more than their share: another count of sinks, for maps that look both ways (Rulli et al. 2025). */
#include <stdlib.h>

#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double *incoming = mem_new(Tk, sizeof *incoming, "incoming attention", err), mean = 0;
    if (!incoming)
        return false;
    for (size_t i = 0; i < Tq * Tk; i++) {
        incoming[i % Tk] += (double)input->probs[i];
        mean += (double)input->probs[i] / (double)Tk;
    }
    *out = 0;
    for (size_t j = 0; j < Tk; j++)
        *out += incoming[j] > mean + 3;
    free(incoming);
    return true;
}

extern const struct measure measure_incoming;
const struct measure measure_incoming = {
    .name = "incoming",
    .label = "keys above the average by 3",
    .formula = "number of keys j with Σ_i A_ij > mean over keys of Σ_i A_ij + 3",
    .source = "Rulli et al. 2025, arXiv 2510.15731",
    .descending = true,
    .costly = true,
    .value = value,
};
