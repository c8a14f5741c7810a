/* Mass on what came behind the query's own token elsewhere: induction heads (Olsson et al. 2022, as TransformerLens detects
 * them). */
#include "core/measure/detector.h"

/* The duplicate pattern, one key to the right. */
static bool is_induction(const int32_t *ids, size_t i, size_t j)
{
    return j > 0 && j - 1 != i && ids[j - 1] == ids[i];
}

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    return detector_value(input, is_induction, out, err);
}

extern const struct measure measure_induction;
const struct measure measure_induction = {
    .name = "induction",
    .label = "mass behind duplicate tokens",
    .formula = "Σ(A⊙D) / ΣA, D_ij = 1 where j - 1 != i has the id of i",
    .source = "TransformerLens, head_detector.py (mul), Olsson et al. 2022; on both sides of the query where it sees them: gaze's own",
    .descending = true,
    .costly = true,
    .needs = MEASURE_TOKENS,
    .value = value,
};
