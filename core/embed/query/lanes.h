/* The inner loops of queries, for the widest registers of this CPU. One file an instruction set: lanes_NAME.c. */
#ifndef GAZE_CORE_EMBED_QUERY_LANES_H
#define GAZE_CORE_EMBED_QUERY_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/simd.h"

/* `width` and `n` are multiples of 16 except where said. */
struct lanes {
    /* Unit vector of row [width] in 8 bits: code · *step ≈ row / *norm; *error ≥ ‖row / *norm − code · *step‖. A row of
     * zeros has norm 0, step 0; one with numbers that are none a norm that is not finite, the rest is undefined. */
    void (*quantise)(const float *row, size_t width, int8_t *codes, float *step, float *error, double *norm);
    /* dots[i] = Σ codes[i,·] · probe[·], as a float; any n. */
    void (*dots8)(const int8_t *codes, size_t width, size_t n, const int16_t *probe, float *dots);
    /* out[i] = b[i] − a[i] + c[i]; returns the largest. */
    float (*add)(const float *a, const float *b, const float *c, size_t n, float *out);
    /* Of cosines a, b, c: out[i] = (1+b)/2 · (1+c)/2 / ((1+a)/2 + 1e-6); returns the largest. */
    float (*multiply)(const float *a, const float *b, const float *c, size_t n, float *out);
};
const struct lanes *lanes_best(void);
extern const struct lanes *const lanes_table[SIMD_SETS];

#endif
