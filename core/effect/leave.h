/* What leaves a layer's heads: the vectors f_h(x_j) = (x_j·W_V + b_V)·W_O^h that a head adds from a key, weighted by its map,
 * and what they are added to. (Kobayashi et al. 2020, eq. 5.) */
#ifndef GAZE_CORE_EFFECT_LEAVE_H
#define GAZE_CORE_EFFECT_LEAVE_H

#include "core/run.h"

/* Is there what leaves the heads of this attention? Errors say why not: maps that were given, an output that no projection
 * of its own takes. */
NODISCARD bool leave_known(const struct attention *a, struct err *err);
size_t leave_width(const struct attention *a); /* E */
/* f_h(x_j) of all keys of a head into out [Tk,E]; `second`: by the values of global queries. b_O is in none. */
NODISCARD bool leave_vectors(const struct attention *a, size_t head, bool second, float *out, struct err *err);
/* z·Wo of rows [rows, H·D] into out [rows,E], without b_O. */
NODISCARD bool leave_project(const struct attention *a, const float *z, size_t rows, float *out, struct err *err);
/* The rows that the heads' output is added to, into out [T,E], where queries and keys are the same tokens. Errors say why there
 * are none: cross-attention, layers that add it otherwise. */
NODISCARD bool leave_residual(const struct run *run, const struct attention *a, float *out, struct err *err);
/* z·Wo of all rows into out [Tq,E], without b_O: what all heads add. */
NODISCARD bool leave_heads(const struct attention *a, float *out, struct err *err);
/* x + z·Wo + b_O into out [Tq,E], from the residual rows x [Tq,E]: what a post-norm layer's LayerNorm takes. */
NODISCARD bool leave_sum(const struct attention *a, const float *x, float *out, struct err *err);

#endif
