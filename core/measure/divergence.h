/* How far two distributions are from each other. */
#ifndef GAZE_CORE_MEASURE_DIVERGENCE_H
#define GAZE_CORE_MEASURE_DIVERGENCE_H

#include <stddef.h>

/* One term of the Jensen–Shannon divergence in nats: p·ln(2p/(p+q))/2 + q·ln(2q/(p+q))/2. Summed over the outcomes it lies
 * between 0 (equal) and ln 2 (no outcome in common). Lin 1991; used for heads by Clark 2019. */
double divergence_term(double p, double q);

#endif
