/* The one door for products: y = x·Wᵀ + b for weights of any stored dtype, and small float products
 * for attention. Kernels are rows; which one runs follows from the CPU, the weight's shape and dtype and
 * the text's own length, never from the number of threads or from what else is in the pass. */
#ifndef GAZE_CORE_PRODUCT_PRODUCT_H
#define GAZE_CORE_PRODUCT_PRODUCT_H

#include "core/base/simd.h"
#include "core/weights/weights.h"

enum layout {
    LAYOUT_OUT_IN, /* nn.Linear: W [out,in], y = x·Wᵀ + b */
    LAYOUT_IN_OUT  /* Conv1D of GPT-2: W [in,out], y = x·W + b */
};

/* A projection. The weight stays as stored; the bias is a float array or NULL. */
struct linear {
    struct tensor w;
    const float *bias; /* [out] or NULL */
    size_t out, in;
    enum layout layout;
};

/* Outputs [first, first+n) of a projection that is stored out first, where several lie in one tensor. */
struct linear linear_rows(const struct linear *linear, size_t first, size_t n);

enum epilogue { EPILOGUE_NONE, EPILOGUE_GELU /* exact erf */, EPILOGUE_GELU_TANH, EPILOGUE_RELU, EPILOGUE_SILU, EPILOGUE_TANH };

/* y[r,o] = f(Σ_i x[r,i]·W[o,i] + b[o]) for `rows` rows; row strides in floats. `length` is the number of tokens
 * of each text these rows belong to: all rows of one call are of texts of the same kernel class
 * (product_class(length)), and a row's result depends on its own values, W and the class alone (see product_rows_touch).
 * Runs on the pool. False with ERR_UNSUPPORTED for a dtype no kernel takes, ERR_MEMORY, ERR_CANCELLED. */
NODISCARD bool product_linear(const struct linear *linear, const float *x, size_t rows, size_t x_stride, size_t length,
                              enum epilogue epilogue, float *y, size_t y_stride, struct err *err);
unsigned product_class(size_t length);
/* Does a row's result depend on the other rows of the call with the kernel in use? Then every text is handed over alone. */
bool product_rows_touch(void);

/* Several projections of the same x in one go (q, k, v): the work is spread over all their tiles. */
struct linear_out {
    const struct linear *linear;
    float *y;
    size_t y_stride;
    enum epilogue epilogue;
};
NODISCARD bool product_linears(const struct linear_out *outs, size_t n, const float *x, size_t rows, size_t x_stride,
                               size_t length, struct err *err);

/* Small float products on the calling thread, for use inside pool tasks (attention heads).
 * abt: C[m,n] (+)= alpha·A[m,k]·B[n,k]ᵀ.   ab: C[m,n] (+)= alpha·A[m,k]·B[k,n]. Strides in floats.
 * `add`: add to C, else overwrite. Row i of C depends on row i of A, on B, and on (n,k) alone. */
void product_abt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                 bool add, float *c, size_t ldc);
void product_ab(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                bool add, float *c, size_t ldc);

/* One row a kernel: product/NAME.c ends in one of these; the first that supports the call is used. */
struct product_kernel {
    const char *name, *summary;
    bool rows_touch; /* a row's bits depend on the other rows of the call */
    enum simd set;        /* what the CPU must have */
    bool (*usable)(void); /* is the library there that it calls? NULL: it calls none */
    bool (*supports)(const struct linear *linear, unsigned class);
    bool (*linear)(const struct linear_out *outs, size_t n, const float *x, size_t rows, size_t x_stride,
                   unsigned class, struct err *err);
    /* NULL slots: the next usable kernel's are taken */
    void (*abt)(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                bool add, float *c, size_t ldc);
    void (*ab)(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
               bool add, float *c, size_t ldc);
};
extern const struct product_kernel *const product_kernels[]; /* NULL-ended, best first */

/* Can this machine run it? */
bool product_usable(const struct product_kernel *kernel);
/* The kernel that this machine uses, for --version and bench: "avx512". */
void product_describe(struct buf *out);
/* Use only the kernel of that name (tests, bench), NULL for the usual choice; false where it is not usable. */
bool product_force(const char *name);

#endif
