/* The processes that train together: one, or those that mpirun or srun started (a build with MPI=1; Open MPI and its like).
 * Inside train only. Every function below is called by all ranks in the same order. */
#ifndef GAZE_CORE_EMBED_TRAIN_RANKS_H
#define GAZE_CORE_EMBED_TRAIN_RANKS_H

#include "core/base/mem.h"

struct ranks {
    size_t n, own; /* processes, number of this one; 1 and 0 where it is alone */
    float *before; /* [2,V,E] the matrices after the last average; NULL where n is 1 */
    float *counts; /* [V] scratch */
};

/* Find the others. ERR_IO where MPI cannot begin. */
NODISCARD bool ranks_begin(struct ranks *ranks, struct err *err);
/* Remember the matrices in and out [V,E], which are the same everywhere. */
NODISCARD bool ranks_remember(struct ranks *ranks, const float *in, const float *out, size_t V, size_t E, struct err *err);
/* Each row becomes what it was, plus the mean change of the ranks that changed it: a word that one rank alone met keeps all
 * that was learnt of it. */
NODISCARD bool ranks_average(struct ranks *ranks, float *in, float *out, size_t V, size_t E, struct err *err);
/* The largest number that any rank gives. */
int ranks_most(const struct ranks *ranks, int number);
void ranks_free(struct ranks *ranks);

#endif
