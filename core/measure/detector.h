/* Head detectors as TransformerLens has them (head_detector.py, error_measure "mul"): how much of a map lies on a pattern D that
 * follows from the ids alone, Σ(A⊙D) / ΣA. Where queries see behind them D has both sides, which is gaze's own. */
#ifndef GAZE_CORE_MEASURE_DETECTOR_H
#define GAZE_CORE_MEASURE_DETECTOR_H

#include "core/measure/measure.h"

/* Is cell (i,j) on the pattern? ids [n]. */
typedef bool detector_pattern(const int32_t *ids, size_t i, size_t j);
NODISCARD bool detector_value(const struct measure_input *input, detector_pattern *pattern, double *out, struct err *err);

#endif
