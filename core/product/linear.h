/* A projection as a product takes it: a weight as stored, and where its outputs go. */
#ifndef GAZE_CORE_PRODUCT_LINEAR_H
#define GAZE_CORE_PRODUCT_LINEAR_H

#include "core/op/activation.h"
#include "core/weights/weights.h"

enum layout {
    LAYOUT_OUT_IN, /* nn.Linear: W [out,in], y = x·Wᵀ + b */
    LAYOUT_IN_OUT  /* Conv1D of GPT-2: W [in,out], y = x·W + b */
};

/* The weight stays as stored; the bias is a float array or NULL. */
struct linear {
    struct tensor w;
    const float *bias; /* [out] or NULL */
    size_t out, in;
    enum layout layout;
};

/* Outputs [first, first+n) of a projection that is stored out first, where several lie in one tensor. */
struct linear linear_rows(const struct linear *linear, size_t first, size_t n);

/* Where one of several projections of the same x writes. */
struct linear_out {
    const struct linear *linear;
    float *y;
    size_t y_stride;
    const struct activation *activation; /* of each output, the last step; NULL: none */
};

#endif
