/* Mass on other tokens of the query's own id: duplicate-token heads (TransformerLens). */
#include "core/measure/detector.h"

static bool is_duplicate(const int32_t *ids, size_t i, size_t j)
{
    return i != j && ids[i] == ids[j];
}

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    return detector_value(input, is_duplicate, out, err);
}

extern const struct measure measure_duplicate;
const struct measure measure_duplicate = {
    .name = "duplicate",
    .label = "mass to duplicate tokens",
    .formula = "Σ(A⊙D) / ΣA, D_ij = 1 where j != i has the id of i",
    .source = "TransformerLens, head_detector.py (mul); on both sides of the query where it sees them: gaze's own",
    .descending = true,
    .costly = true,
    .needs = MEASURE_TOKENS,
    .value = value,
};
