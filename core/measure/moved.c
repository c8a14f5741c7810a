/* How far rows moved. See moved.h. */
#include "core/measure/moved.h"

#include <math.h>

static double cosine(const float *a, const float *b, size_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

double rows_moved(const float *a, const float *b, size_t E, const size_t *first, const size_t *second, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += 1 - cosine(a + (first ? first[k] : k) * E, b + (second ? second[k] : k) * E, E);
    return fabs(sum / (double)n); /* rounding alone would make it negative */
}
