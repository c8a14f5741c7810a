/* The range of an array's finite values, at the speed of memory. */
#ifndef GAZE_CORE_BASE_EXTENT_H
#define GAZE_CORE_BASE_EXTENT_H

#include <stddef.h>

struct extent {
    float lo, hi; /* of the finite values; ∞ and −∞ where there is none */
    size_t n;     /* how many are finite */
};

#define EXTENT_NONE ((struct extent){__builtin_inff(), -__builtin_inff(), 0})
/* Take in n more values; those that are not finite are passed over. */
void extent_add(struct extent *extent, const float *values, size_t n);

#endif
