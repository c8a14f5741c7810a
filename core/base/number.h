/* Decimal numbers to floats. */
#ifndef GAZE_CORE_BASE_NUMBER_H
#define GAZE_CORE_BASE_NUMBER_H

#include <stdbool.h>

/* Read a number at s ("-0.125", "1e-05", "nan", "inf") that ends at `end` or before a blank or a line's end; the nearest
 * float, ties to even. Returns where it ends, or NULL where there is none. Never reads at `end` or behind it. */
const char *number_parse(const char *s, const char *end, float *out);

#endif
