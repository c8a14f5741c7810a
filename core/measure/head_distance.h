/* How far heads are from each other (Clark et al. 2019, §6): the Jensen–Shannon divergence of their rows, summed over rows. */
#ifndef GAZE_CORE_MEASURE_HEAD_DISTANCE_H
#define GAZE_CORE_MEASURE_HEAD_DISTANCE_H

#include "core/run.h"

enum { HEAD_DISTANCE_MOST = 400 };
/* Add to sum_inout [n,n] the divergences of all pairs of n sites of one text, in nats, summed over queries; rows are smoothed as
 * published, p = 0.999·A + 0.001/m, m the keys that the query sees. *rows_inout grows by the number of queries. Errors: sites
 * over other tokens than the first one's, ERR_CANCELLED. Runs on the pool. */
NODISCARD bool head_distances(const struct run *run, const struct site *sites, size_t n, double *sum_inout, size_t *rows_inout,
                              struct err *err);
/* Places xy_out [n,2] in a plane by classical scaling (Torgerson 1952) of the distances d [n,n], and the shares of the variance
 * that both axes keep. */
NODISCARD bool head_places(const double *d, size_t n, double *xy_out, double share_out[2], struct err *err);

#endif
