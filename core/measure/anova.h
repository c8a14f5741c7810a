/* The column part of a map: c_j of s_ij = μ + r_i + c_j + e_ij, over the cells that queries see.
 *
 * On a full map in closed form: c_j is the column's mean less the mean of all. On a masked one by least squares over
 * the visible cells (the normal equations of c after r is eliminated, by conjugate gradients), keys with fewer than
 * ANOVA_QUERIES queries left out. Either is linear in s, so parts of sums are sums of parts. c is centred: Σ_j c_j = 0
 * over the keys of the fit. */
#ifndef GAZE_CORE_MEASURE_ANOVA_H
#define GAZE_CORE_MEASURE_ANOVA_H

#include "core/run.h"

enum { ANOVA_QUERIES = 8 };

/* The cells that take part, for all fits of one site. */
struct anova {
    size_t Tq, Tk;
    bool full;
    size_t left_out;      /* keys not in the fit */
    unsigned char *kept;  /* [Tk] 1: in the fit */
    unsigned char *cells; /* [Tq,Tk] 1: visible and in the fit; NULL on a full map */
    double *queries;      /* [Tk] cells of each key */
    double *keys;         /* [Tq] cells of each query */
    double *work;         /* [6·Tk] */
    float *rows;          /* a block of rows [·,Tk] */
};
NODISCARD bool anova_new(const struct attention *attention, struct anova *out, struct err *err);
void anova_free(struct anova *anova); /* a zeroed struct is fine */

/* Fit one part of the map at a site: c_out [Tk], in nats, NaN for keys left out. *share_out (NULL: not wanted): how much
 * of what the rows leave the columns take, (RSS_rows − RSS_rows+columns)/RSS_rows; on a full map that is
 * n·Σc_j² / Σ(s−μ−r_i)². NaN where the rows leave nothing. */
NODISCARD bool anova_columns(struct anova *anova, const struct run *run, struct site site, struct part part, double *c_out,
                             double *share_out, struct err *err);

#endif
