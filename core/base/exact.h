/* Exact sums: fixed point of 128 bits, 64 of them behind the point (after Kulisch's long accumulator). Each number is cut once
 * to a multiple of 2^-64, integers are added from there on: the sum is the same in any order and however it is split. */
#ifndef GAZE_CORE_BASE_EXACT_H
#define GAZE_CORE_BASE_EXACT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct exact {
    uint64_t low; /* in units of 2^-64 */
    int64_t high; /* in units of 1 */
};
#define EXACT_MOST 0x1p52 /* numbers of this magnitude and beyond are not added; 2^11 of any below it fit */

static inline void exact_merge(struct exact *sum, struct exact other)
{
    uint64_t low = sum->low + other.low;
    sum->high = (int64_t)((uint64_t)sum->high + (uint64_t)other.high + (low < sum->low));
    sum->low = low;
}

/* False, and nothing is added, where x is not finite or too large. */
static inline bool exact_add(struct exact *sum, double x)
{
    if (!(fabs(x) < EXACT_MOST))
        return false;
    double size = fabs(x), whole = floor(size); /* the magnitude: what is behind its point comes off without rounding */
    struct exact one = {(uint64_t)((size - whole) * 0x1p64), (int64_t)whole};
    if (x < 0) {
        one.low = ~one.low + 1;
        one.high = (int64_t)(~(uint64_t)one.high + (one.low == 0));
    }
    exact_merge(sum, one);
    return true;
}

static inline double exact_value(struct exact sum)
{
    if (sum.high >= 0)
        return (double)sum.high + (double)sum.low * 0x1p-64;
    /* of a negative number the magnitude: small ones keep their digits */
    uint64_t low = ~sum.low + 1, high = ~(uint64_t)sum.high + (low == 0);
    return -((double)high + (double)low * 0x1p-64);
}

#endif
