/* Logits as probabilities: the logarithm of what a softmax divides by. */
#ifndef GAZE_CORE_OP_LOG_SUM_H
#define GAZE_CORE_OP_LOG_SUM_H

#include <stddef.h>

/* ln Σ exp(x_i) of n numbers, about their largest, so that nothing overflows. ln p of number i is x_i − log_sum. */
double log_sum(const float *x, size_t n);
/* x_i − log_sum in place. */
void log_softmax(float *x, size_t n);

#endif
