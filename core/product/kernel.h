/* The kernels of products: what one is, for those who write one and for the door that picks one (product.c). */
#ifndef GAZE_CORE_PRODUCT_KERNEL_H
#define GAZE_CORE_PRODUCT_KERNEL_H

#include "core/base/simd.h"
#include "core/product/linear.h"

/* Kinds of texts by length, which decide the way through a weight: product_class. */
enum { CLASS_SHORT, CLASS_MIDDLE, CLASS_LONG };

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

#endif
