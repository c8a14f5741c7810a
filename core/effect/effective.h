/* What a head's output can feel of its map. */
#ifndef GAZE_CORE_EFFECT_EFFECTIVE_H
#define GAZE_CORE_EFFECT_EFFECTIVE_H

#include "core/effect/effect.h"

/* An orthonormal basis of the columns of (X·W_V + b_V)·W_O^h over the keys: basis_out [Tk,D], its first *rank_out columns. */
NODISCARD bool effective_basis(const struct attention *a, size_t head, double *basis_out, size_t *rank_out, struct err *err);

#endif
