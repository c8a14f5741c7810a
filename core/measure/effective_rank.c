/* Effective rank of a map (Roy and Vetterli 2007): how many directions its rows take. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/effect/span.h"
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    const struct attention *a = input->attention;
    size_t n = a->Tq, d = a->Tk;
    double *room = mem_new(n * d + d, sizeof *room, "singular values", err), total = 0, entropy = 0;
    if (!room)
        return false;
    double *singular = room + n * d;
    for (size_t i = 0; i < n * d; i++)
        room[i] = (double)input->probs[i];
    span_singular_values(room, n, d, singular);
    for (size_t k = 0; k < d; k++)
        total += singular[k];
    for (size_t k = 0; k < d; k++)
        entropy -= singular[k] > 0 ? singular[k] / total * log(singular[k] / total) : 0;
    *out = exp(entropy);
    free(room);
    return true;
}

extern const struct measure measure_effective_rank;
const struct measure measure_effective_rank = {
    .name = "effective_rank",
    .label = "effective rank of the map",
    .formula = "exp(-Σ_k p_k ln p_k), p = σ/Σσ, σ the singular values of A",
    .source = "Roy & Vetterli 2007",
    .descending = true,
    .costly = true,
    .value = value,
};
