/* Positions as sines and cosines, the sines in the first half of a row and the cosines in the second. */
#ifndef GAZE_CORE_ARCH_SINUSOID_H
#define GAZE_CORE_ARCH_SINUSOID_H

#include <stddef.h>
#include <stdint.h>

/* x [E] += those of position p, angles p/10000^(2i/E) (Vaswani 2017 §3.5; Marian, Pegasus). */
void sinusoid_add(int32_t p, size_t E, float *x);
/* The same with angles p/10000^(i/(E/2 − 1)), in float32, as fairseq computes them (M2M-100, XGLM); E above 3. */
void sinusoid_add_fairseq(int32_t p, size_t E, float *x);

#endif
