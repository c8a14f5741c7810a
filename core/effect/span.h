/* An orthonormal basis of what the columns of a matrix span, its rank decided as numpy.linalg.matrix_rank does. */
#ifndef GAZE_CORE_EFFECT_SPAN_H
#define GAZE_CORE_EFFECT_SPAN_H

#include "core/base/err.h"

/* The left singular vectors, those of singular values above max(n,e)·2⁻²³ of the largest, of the product V·W: v [n,d] row-major,
 * w [d,e]. basis_out [n,d]: the first *rank_out columns are the basis. One-sided Jacobi (Hestenes 1958) on V·L, W = L·Q. */
NODISCARD bool span_of_product(const double *v, const double *w, size_t n, size_t d, size_t e, double *basis_out, size_t *rank_out,
                               struct err *err);
/* Singular values of a [n,d], largest first, into out [d]; a is overwritten. */
void span_singular_values(double *a, size_t n, size_t d, double *out);

#endif
