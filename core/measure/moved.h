/* How far rows of hidden states moved. */
#ifndef GAZE_CORE_MEASURE_MOVED_H
#define GAZE_CORE_MEASURE_MOVED_H

#include <stddef.h>

/* 1 − cosine of rows first[k] of a and second[k] of b [·,E] (NULL: row k of each), the mean over the n of them; NaN where a row is
 * zero or not finite. */
double rows_moved(const float *a, const float *b, size_t E, const size_t *first, const size_t *second, size_t n);

#endif
