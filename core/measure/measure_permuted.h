/* A reference of measures: what they give where the keys of each row are permuted, so that a row keeps its numbers and no place. */
#ifndef GAZE_CORE_MEASURE_MEASURE_PERMUTED_H
#define GAZE_CORE_MEASURE_MEASURE_PERMUTED_H

#include "core/measure/measure.h"

/* The measure of one site so; NaN where it does not apply, where the map is not finite, or where the measure reads more than it. */
NODISCARD bool measure_permuted(const struct run *run, const struct measure *measure, struct site site, uint64_t seed, double *out,
                                struct err *err);

#endif
