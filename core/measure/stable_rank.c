/* Stable rank of a head's output: near 1 where all tokens get the same (Fesser et al. 2026; they tested vision transformers). */
#include <math.h>
#include <stdlib.h>

#include "core/effect/span.h"
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    const struct attention *a = input->attention;
    *out = NAN;
    if (!a->z.data)
        return true; /* a map that was opened has no output */
    double *room = mem_new(a->Tq * a->D + a->D, sizeof *room, "singular values", err), sum = 0;
    if (!room)
        return false;
    double *singular = room + a->Tq * a->D;
    for (size_t i = 0; i < a->Tq; i++)
        for (size_t d = 0; d < a->D; d++) {
            room[i * a->D + d] = (double)a->z.data[i * a->z.row + input->site.head * a->z.step + d];
            sum += room[i * a->D + d] * room[i * a->D + d];
        }
    span_singular_values(room, a->Tq, a->D, singular);
    *out = singular[0] > 0 ? sum / (singular[0] * singular[0]) : NAN;
    free(room);
    return true;
}

extern const struct measure measure_stable_rank;
const struct measure measure_stable_rank = {
    .name = "stable_rank",
    .label = "stable rank of the head's output",
    .formula = "‖Z‖_F²/‖Z‖₂², Z [T,D] the output of the head before W_O",
    .source = "Fesser et al. 2026, arXiv 2606.08105",
    .descending = true,
    .costly = true,
    .beyond = true,
    .value = value,
};
