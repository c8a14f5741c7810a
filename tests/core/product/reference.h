/* Products in double, one multiplication after the other, and weights in every stored type. For the tests only. */
#ifndef GAZE_TESTS_CORE_PRODUCT_REFERENCE_H
#define GAZE_TESTS_CORE_PRODUCT_REFERENCE_H

#include "core/product/product.h"

/* Repeatable numbers in [-1,1). */
struct noise {
    uint64_t state;
};
float noise_next(struct noise *noise);
void noise_fill(struct noise *noise, float *out, size_t n);

/* A weight of a type, `misaligned` bytes off a multiple of 64; `exact` holds what each element means. free() both. */
struct weight {
    struct linear linear;
    unsigned char *block;
    double *exact; /* in the order stored */
};
bool weight_make(struct weight *weight, const struct dtype *dtype, enum layout layout, size_t out, size_t in,
                 const float *bias, size_t misaligned, struct noise *noise);
void weight_free(struct weight *weight);

/* y[r,o] before the activation, and Σ|x·w| + |b|, the scale that rounding is measured against. */
double weight_product(const struct weight *weight, const float *x, size_t o, double *scale_out);

#endif
