/* Sines and cosines of positions. See sinusoid.h. */
#include "core/arch/sinusoid.h"

#include <math.h>

void sinusoid_add(int32_t p, size_t E, float *x)
{
    size_t sines = (E + 1) / 2;
    for (size_t i = 0; i < E; i++) {
        size_t pair = i < sines ? i : i - sines;
        double angle = p / pow(10000, (double)(2 * pair) / (double)E);
        x[i] += (float)(i < sines ? sin(angle) : cos(angle));
    }
}

void sinusoid_add_fairseq(int32_t p, size_t E, float *x)
{
    size_t half = E / 2;
    float step = (float)(-log(10000) / (double)(half - 1));
    for (size_t i = 0; i < half; i++) {
        float angle = (float)p * expf((float)i * step);
        x[i] += sinf(angle);
        x[half + i] += cosf(angle);
    }
}
