/* Weights of 4 bits in blocks of 32 (OCP Microscaling Formats 1.0, MXFP4), as gpt-oss is published. */
#ifndef GAZE_CORE_WEIGHTS_MXFP4_H
#define GAZE_CORE_WEIGHTS_MXFP4_H

#include "core/weights/weights.h"

/* Each NAME_blocks [X,out,in/32,16] U8 with its NAME_scales [X,out,in/32] U8 becomes NAME [X,in,out] BF16, which holds these
 * numbers exactly; both then count as read and leave the list. *applied: how many. Errors: shapes that do not go together,
 * ERR_CANCELLED, ERR_MEMORY. */
NODISCARD bool mxfp4_apply(struct weights *weights, size_t *applied, struct err *err);

#endif
