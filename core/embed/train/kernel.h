/* One step of negative sampling for one instruction set: a file and a row each (kernel_list.h), written once in
 * kernel_body.h. Inside train only. */
#ifndef GAZE_CORE_EMBED_TRAIN_KERNEL_H
#define GAZE_CORE_EMBED_TRAIN_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/simd.h"

enum {
    TRAIN_ALIGN = 16,  /* rows are padded with zeros to a multiple of so many floats */
    TRAIN_GROUP = 8,   /* output rows that are taken together */
    TRAIN_SCORES = 16  /* scores are kept in multiples of so many */
};

/* With h the mean of the input rows, s_k = h·out_k and g_k = [k = 0] − σ(s_k):
 *   out_k += rate·g_k·h,   in_i += rate·share·Σ_k g_k·out_k   (out_k as it was; where a word was drawn
 * twice the second step sees what the first made of it, as in word2vec)
 * which is a step of gradient descent on −log σ(s_0) − Σ_{k>0} log σ(−s_k) where share = 1/n_in (İrsoy, Benton and Stratos
 * 2020, eq. 3), and the classic rule where share = 1. */
struct train_step {
    float **in, **out; /* rows [E]; out[0] is the word that was there, the others are the negative samples */
    size_t n_in, n_out;
    float rate, share;
};

struct train_kernel {
    /* E is a multiple of TRAIN_ALIGN. `scratch` [2·E + scores] is the caller's, 64-byte aligned. scores_out [n_out rounded up
     * to TRAIN_SCORES]: s. */
    void (*step)(const struct train_step *step, size_t E, float *scratch, float *scores_out);
};
extern const struct train_kernel *const train_kernels[SIMD_SETS];
const struct train_kernel *train_kernel_best(void);      /* the first that this CPU can run */

#endif
