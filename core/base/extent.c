/* The range of finite values. See extent.h. */
#include "core/base/extent.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LANES = 16 }; /* ranges side by side, so that compilers take several values at once */

static bool is_finite_bits(const float *value)
{
    unsigned bits;
    memcpy(&bits, value, sizeof bits);
    return (bits & 0x7f800000u) != 0x7f800000u;
}

void extent_add(struct extent *extent, const float *values, size_t n)
{
    float lo[LANES], hi[LANES];
    unsigned finite[LANES];
    size_t i = 0;
    while (i + LANES <= n) {
        size_t end = n - i > 1u << 20 ? i + (1u << 20) : n; /* counts stay below 2^32 */
        for (int k = 0; k < LANES; k++)
            lo[k] = INFINITY, hi[k] = -INFINITY, finite[k] = 0;
        for (; i + LANES <= end; i += LANES)
            for (int k = 0; k < LANES; k++) {
                bool is = is_finite_bits(&values[i + (size_t)k]);
                float low = is ? values[i + (size_t)k] : INFINITY, high = is ? values[i + (size_t)k] : -INFINITY;
                lo[k] = low < lo[k] ? low : lo[k];
                hi[k] = high > hi[k] ? high : hi[k];
                finite[k] += is;
            }
        for (int k = 0; k < LANES; k++) {
            extent->lo = fminf(extent->lo, lo[k]);
            extent->hi = fmaxf(extent->hi, hi[k]);
            extent->n += finite[k];
        }
    }
    for (; i < n; i++)
        if (is_finite_bits(&values[i])) {
            extent->lo = fminf(extent->lo, values[i]);
            extent->hi = fmaxf(extent->hi, values[i]);
            extent->n++;
        }
}
