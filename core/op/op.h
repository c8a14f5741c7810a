/* What a forward pass is written in, besides products: norms, softmax, activations; and sums over the maps that it gives. Row by
 * row, vectorised at run time for the CPU, the same bits whatever the number of rows or threads. */
#ifndef GAZE_CORE_OP_OP_H
#define GAZE_CORE_OP_OP_H

#include <stddef.h>

#include <stdbool.h>
#include <stdint.h>

#include "core/op/activation.h"

/* y = (x − mean)/sqrt(var + eps)·weight + bias over each row of E; biased variance; weight and bias may be NULL.
 * residual, where not NULL, is added to x first: y = norm(x + residual). y may be x. Runs on the pool. */
void op_layer_norm(const float *x, const float *residual, size_t rows, size_t E, const float *weight, const float *bias,
                   float eps, float *y);

/* y = x/√(mean x² + eps)·(weight + add) over `rows` rows of E, `stride` floats apart; weight NULL: 1. y may be x. (Zhang and
 * Sennrich 2019; `add` 1 where a family stores the weight less one.) Runs on the pool. */
void op_rms_norm(const float *x, size_t rows, size_t E, size_t stride, const float *weight, float add, float eps, float *y);

/* Softmax of one row over its visible keys [lo,hi); entries outside are set to exactly 0; allowed (bitmap of n bits
 * or NULL) hides more. An empty row becomes all zero. In place. Exact libm-grade exp (≤ 2 ulp). */
void op_softmax_row(float *row, size_t n, size_t lo, size_t hi, const unsigned char *allowed);

/* y *= x, elementwise: gates. Runs on the pool. */
void op_multiply(float *y, const float *x, size_t n);
void op_add(float *y, const float *x, size_t n); /* y += x */

/* n numbers of half precision, or bfloat16, as floats, exactly; from may be unaligned. A signalling NaN may become a quiet one. */
void op_widen_f16(const void *from, size_t n, float *out);
void op_widen_bf16(const void *from, size_t n, float *out);

/* ---- what measures read of maps ---- */

bool op_finite(const float *x, size_t n); /* no infinity, no NaN */
/* Σ −q·ln q in nats over the visible keys [lo,hi) of a row of probabilities, q = scale·p + add in [2⁻¹²⁶,4]; allowed as of
 * op_softmax_row. ln to 1–2 ulp of float. */
double op_entropy_row(const float *row, size_t lo, size_t hi, const unsigned char *allowed, float scale, float add);
/* Σ_j row_j·|i − j| and Σ_j row_j over j < n. */
void op_distance_row(const float *row, size_t n, size_t i, double *weighted, double *mass);
/* To each of the first n columns of x [rows,stride] are added, row after row in double: to sum Σ_i x_ij, to weighted
 * Σ_i x_ij·times_i, to over how many rows have x_ij·times_i ≥ least. times [rows] whole numbers below 2²⁹. */
void op_columns(const float *x, size_t rows, size_t stride, size_t n, const double *times, double least, double *sum,
                double *weighted, uint32_t *over);

#endif
