/* The one door for products: y = x·Wᵀ + b for weights of any stored dtype, and small float products
 * for attention. Kernels are rows; which one runs follows from the CPU, the weight's shape and dtype and
 * the text's own length, never from the number of threads or from what else is in the pass. */
#ifndef GAZE_CORE_PRODUCT_PRODUCT_H
#define GAZE_CORE_PRODUCT_PRODUCT_H

#include "core/product/kernel.h"

/* y[r,o] = f(Σ_i x[r,i]·W[o,i] + b[o]) for `rows` rows, f the activation or NULL; row strides in floats. `length` is the number of tokens
 * of each text these rows belong to: all rows of one call are of texts of the same kernel class
 * (product_class(length)), and a row's result depends on its own values, W and the class alone (see product_rows_touch).
 * Runs on the pool. False with ERR_UNSUPPORTED for a dtype no kernel takes, ERR_MEMORY, ERR_CANCELLED. */
NODISCARD bool product_linear(const struct linear *linear, const float *x, size_t rows, size_t x_stride, size_t length,
                              const struct activation *activation, float *y, size_t y_stride, struct err *err);
unsigned product_class(size_t length);
/* Does a row's result depend on the other rows of the call with the kernel in use? Then every text is handed over alone. */
bool product_rows_touch(void);

/* Several projections of the same x in one go (q, k, v): the work is spread over all their tiles. */
NODISCARD bool product_linears(const struct linear_out *outs, size_t n, const float *x, size_t rows, size_t x_stride,
                               size_t length, struct err *err);

/* Small float products on the calling thread, for use inside pool tasks (attention heads).
 * abt: C[m,n] (+)= alpha·A[m,k]·B[n,k]ᵀ.   ab: C[m,n] (+)= alpha·A[m,k]·B[k,n]. Strides in floats.
 * `add`: add to C, else overwrite. Row i of C depends on row i of A, on B, and on (n,k) alone. */
void product_abt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                 bool add, float *c, size_t ldc);
void product_ab(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                bool add, float *c, size_t ldc);

extern const struct product_kernel *const product_kernels[]; /* NULL-ended, best first */

/* Can this machine run it? */
bool product_usable(const struct product_kernel *kernel);
/* Use only the kernel of that name (tests, bench), NULL for the usual choice; false where it is not usable. */
bool product_force(const char *name);

#endif
