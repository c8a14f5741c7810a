/* How much of an effect stays when something is changed: the ratio of two means over texts, with interval and tests. */
#ifndef GAZE_CORE_MEASURE_RETENTION_H
#define GAZE_CORE_MEASURE_RETENTION_H

#include <stddef.h>

/* The margins are gaze's own. */
#define RETENTION_LOW 0.8
#define RETENTION_HIGH 1.25
#define RETENTION_WIDE_LOW 0.67
#define RETENTION_WIDE_HIGH 1.5
#define RETENTION_LOST 0.5

struct retention {
    double value;     /* ρ = mean(changed) / mean(base); NaN without texts */
    double low, high; /* its 90 % interval (Fieller 1954); ±INFINITY where the base is not clear of 0 */
    double holds;     /* p of two one-sided tests (Schuirmann 1987) that ρ lies in [RETENTION_LOW, RETENTION_HIGH] */
    double holds_wide;
    double fails; /* p of the one-sided test that ρ < RETENTION_LOST */
    size_t texts; /* pairs that count */
};
/* Of n pairs, a pair a text; pairs with a NaN do not count. The tests are those of mean(changed − r·base) against 0 by Student's
 * t with texts − 1 degrees of freedom, so that low and high are where they turn. */
void retention(const double *changed, const double *base, size_t n, struct retention *out);

/* p that the mean of n numbers (NaN: left out) is not above `than`: one-sided, Student's t. 1 with fewer than two. */
double mean_above(const double *x, size_t n, double than);

/* P(T > t) of Student's distribution with df > 0 degrees of freedom. */
double student_tail(double t, double df);
/* The t with P(T > t) = p, 0 < p < 1. */
double student_quantile(double p, double df);

#endif
