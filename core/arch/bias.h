/* A learned bias of i−j that is added to the scores as it is, per head: T5's, MPNet's. (Raffel et al. 2020 §2.1.) */
#ifndef GAZE_CORE_ARCH_BIAS_H
#define GAZE_CORE_ARCH_BIAS_H

#include "core/pass.h"

/* What the term of one layer needs; attention.own points to it. */
struct bias {
    const float *values; /* [buckets,heads] */
    size_t heads;
    const uint32_t *index; /* [Tq+keys−1] bucket of i−j, at index[i − j + keys − 1] */
    size_t keys;           /* the first keys, of which it tells; what stands behind them is no token's */
    bool both;             /* as bias_bucket takes them */
    size_t buckets, farthest;
};
extern const struct term term_bias; /* "bias" */

/* T5's bucket of a key that lies `ahead` of the query (j−i): exact up to half of them, then logarithmic up to `farthest`. Of
 * both directions where `both`, half of the buckets each; else keys ahead share bucket 0. */
uint32_t bias_bucket(long ahead, bool both, size_t buckets, size_t farthest);
/* For every text of the pass, queries against `keys` (NULL: themselves): [n_texts], for attend.owns. NULL where the pass has
 * failed. */
const void *const *bias_texts(struct pass *pass, const struct tokens *keys, const float *values, size_t heads, bool both,
                              size_t buckets, size_t farthest);

#endif
