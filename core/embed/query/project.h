/* Words in a plane. */
#ifndef GAZE_CORE_EMBED_QUERY_PROJECT_H
#define GAZE_CORE_EMBED_QUERY_PROJECT_H

#include "core/base/mem.h"

enum { PROJECT_MOST = 300 };
/* The two directions in which n rows [n,E] differ most (principal components; Pearson 1901), n from 2 to PROJECT_MOST: places
 * xy_out [n,2] about their mean, and the shares of the variance that both keep. The sign of a direction is such that the place
 * furthest from 0 is positive, so that the same rows give the same picture. */
NODISCARD bool project_plane(const float *rows, size_t n, size_t E, double *xy_out, double share_out[2], struct err *err);
/* The same from products about the mean, a [n,n] symmetric, which is overwritten (n of 2 and more): classical scaling, where they
 * come from distances (Torgerson 1952). Shares are of the eigenvalues above 0. */
NODISCARD bool project_gram(double *a, size_t n, double *xy_out, double share_out[2], struct err *err);

#endif
