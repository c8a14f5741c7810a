/* Measures of heads over many texts: means of those of one map, and those that hold texts against each other. */
#ifndef GAZE_CORE_MEASURE_MEASURE_TEXTS_H
#define GAZE_CORE_MEASURE_MEASURE_TEXTS_H

#include "core/measure/measure.h"
#include "core/scan.h"

struct measure_texts_options {
    struct scan_options scan;       /* shortest = length where a measure has walks: all texts of one length */
    const struct site *sites;       /* [n_sites] of text 0 */
    size_t n_sites;
    const struct measure *const *wanted; /* [n_wanted] */
    size_t n_wanted;
    bool permuted;                  /* of maps whose keys were permuted in each row */
    uint64_t seed;                  /* of that */
};
struct measure_texts {
    size_t texts;       /* seen */
    size_t not_finite;  /* maps left out */
    double *values;     /* [n_sites,n_wanted] NaN: does not apply */
};

/* Measure every text in as many scans as the measures' walks need. The sums are made in the order of the scan, whatever the number of
 * threads. Errors: those of scan, ERR_NOT_FOUND: no text. */
NODISCARD bool measure_texts(const struct measure_texts_options *options, struct measure_texts *out, struct err *err);
void measure_texts_free(struct measure_texts *texts); /* a zeroed struct is fine */

#endif
