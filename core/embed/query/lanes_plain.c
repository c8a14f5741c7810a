/* Inner loops of queries in plain C. See lanes.h. */
#include "core/embed/query/lanes.h"

#include <math.h>
#include <string.h>

/* Doubles: the squares of the largest and smallest floats have room in them. */
static void quantise(const float *row, size_t width, int8_t *codes, float *step, float *error, double *norm)
{
    double sum = 0, largest = 0, left = 0;
    for (size_t d = 0; d < width; d++) {
        sum += (double)row[d] * (double)row[d];
        largest = fmax(largest, fabs((double)row[d]));
    }
    *norm = sqrt(sum);
    *step = *error = 0;
    if (!isfinite(*norm) || *norm == 0) {
        memset(codes, 0, width);
        *error = *norm == 0 ? 0 : 1.0001f;
        return;
    }
    *step = (float)(largest / *norm / 127);
    for (size_t d = 0; d < width; d++) {
        codes[d] = (int8_t)lrint(fmin(fmax((double)row[d] / largest * 127, -127), 127));
        double rest = (double)row[d] / *norm - (double)codes[d] * (double)*step;
        left += rest * rest;
    }
    *error = (float)sqrt(left) * 1.0001f + 1e-6f;
}

static void dots8(const int8_t *codes, size_t width, size_t n, const int16_t *probe, float *dots)
{
    for (size_t i = 0; i < n; i++, codes += width) {
        int32_t sum = 0;
        for (size_t d = 0; d < width; d++)
            sum += codes[d] * probe[d];
        dots[i] = (float)sum;
    }
}

static float add(const float *a, const float *b, const float *c, size_t n, float *out)
{
    float most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        out[i] = b[i] - a[i] + c[i];
        most = out[i] > most ? out[i] : most;
    }
    return most;
}

static float multiply(const float *a, const float *b, const float *c, size_t n, float *out)
{
    float most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        out[i] = (0.5f + 0.5f * b[i]) * (0.5f + 0.5f * c[i]) / (0.5f + 0.5f * a[i] + 1e-6f);
        most = out[i] > most ? out[i] : most;
    }
    return most;
}

extern const struct lanes lanes_plain;
const struct lanes lanes_plain = {quantise, dots8, add, multiply};
