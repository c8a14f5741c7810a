/* The processes that work together: one, or those that mpirun or srun started (a build with MPI=1; Open MPI and its like).
 * For train and scan. Every function below is called by all ranks in the same order. */
#ifndef GAZE_CORE_BASE_RANKS_H
#define GAZE_CORE_BASE_RANKS_H

#include "core/base/mem.h"

struct ranks {
    size_t n, own; /* processes, number of this one; 1 and 0 where it is alone */
};

/* Find the others. ERR_IO where MPI cannot begin, or where a launcher started several processes that cannot see each other
 * and would each do all of it alone: a build without MPI, or a launcher of another kind. */
NODISCARD bool ranks_begin(struct ranks *ranks, struct err *err);
/* Numbers [n] become their mean over the ranks. */
NODISCARD bool ranks_average(const struct ranks *ranks, float *numbers, size_t n, struct err *err);
/* The largest number that any rank gives. */
int ranks_most(const struct ranks *ranks, int number);
/* Do all ranks give the same number? */
bool ranks_alike(const struct ranks *ranks, uint64_t number);
/* Do all go on? `ok` of this one; where another's is false, ERR_IO says so and this one's is false too. */
NODISCARD bool ranks_agree(const struct ranks *ranks, bool ok, struct err *err);
/* Rank 0 takes what each of the others has, in their order; nothing happens there. Errors: what `take` gives, on rank 0 alone. */
NODISCARD bool ranks_collect(const struct ranks *ranks, struct str own,
                             bool (*take)(void *context, size_t rank, struct str bytes, struct err *err), void *context,
                             struct err *err);

#endif
