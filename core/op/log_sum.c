/* See log_sum.h. */
#include "core/op/log_sum.h"

#include <math.h>

double log_sum(const float *x, size_t n)
{
    double largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, (double)x[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp((double)x[i] - largest);
    return largest + log(sum);
}

void log_softmax(float *x, size_t n)
{
    double all = log_sum(x, n);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((double)x[i] - all);
}
