/* What the numbers of patterns share. */
#ifndef GAZE_CORE_MEASURE_PATTERN_H
#define GAZE_CORE_MEASURE_PATTERN_H

#include "core/measure/measure.h"

/* How much attention stays within a segment, 0 as the uniform map, 1 all of it; NaN where there are not two segments. Segments are
 * what special tokens part; these are left out as queries and as keys. */
NODISCARD bool pattern_block(const struct measure_input *input, double *out, struct err *err);

#endif
