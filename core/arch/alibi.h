/* Attention with linear biases (Press et al. 2022): a key's place times the head's slope is added to the scores.
 *
 *   n = 2^⌊log2 H⌋: head h < n has the slope 2^(−8(h+1)/n), head n+i 2^(−4(2i+1)/n)
 *   scores += slope·j      as the reference adds it: slope·(j−i) less a number that the softmax of row i does not see */
#ifndef GAZE_CORE_ARCH_ALIBI_H
#define GAZE_CORE_ARCH_ALIBI_H

#include "core/pass.h"

/* What the term needs; attention.own points to it. */
struct alibi {
    const float *slopes; /* [H] */
    float scale;         /* of slope·j */
    bool halved;         /* slope, j and their product are rounded to bfloat16, as Falcon's code does */
};
extern const struct term term_alibi; /* "alibi" */

/* Slopes of H heads, at least one, in the model's arena. */
NODISCARD bool alibi_make(struct model *model, size_t H, float scale, bool halved, struct alibi *out, struct err *err);

#endif
