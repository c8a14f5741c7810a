/* The row operations for one instruction set: a file and a row each (list.h), written once in body.h. Inside core
 * only; others call op.h. */
#ifndef GAZE_CORE_OP_KERNEL_H
#define GAZE_CORE_OP_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/simd.h"

#define ACTIVATION(id, names, formula) ACT_##id,
enum {
#include "core/op/activation_list.h"
    ACTIVATIONS
};
#undef ACTIVATION

struct op_kernel {
    void (*add)(float *y, const float *x, size_t n);
    /* y = norm(x + residual)·weight + bias of one row; residual, weight, bias may be NULL; y may be x */
    void (*norm)(const float *x, const float *residual, size_t E, const float *weight, const float *bias, float eps,
                 float *y);
    /* y = x/√(mean x² + eps)·(weight + add) of one row; weight may be NULL; y may be x */
    void (*rms)(const float *x, size_t E, const float *weight, float add, float eps, float *y);
    /* softmax over [0,n) of the entries whose bit is set (all where NULL; bit 0 is number `bit` of the bitmap) */
    void (*softmax)(float *row, size_t n, const unsigned char *allowed, size_t bit);
    void (*activate[ACTIVATIONS])(float *x, size_t n);
    void (*widen_f16)(const void *from, size_t n, float *out); /* as op_widen_f16 */
    void (*widen_bf16)(const void *from, size_t n, float *out);

    /* What is read of maps: op.h. The visible entries of [0,n) are named as of softmax. */
    bool (*finite)(const float *x, size_t n);
    double (*entropy)(const float *p, size_t n, const unsigned char *allowed, size_t bit, float scale, float add);
    void (*distance)(const float *p, size_t n, size_t i, double *weighted, double *mass);
    void (*columns)(const float *x, size_t rows, size_t stride, size_t n, const double *times, double least, double *sum,
                    double *weighted, uint32_t *over);
};
extern const struct op_kernel *const op_kernels[SIMD_SETS];

const struct op_kernel *op_kernel_best(void); /* the first that this CPU can run */

#endif
