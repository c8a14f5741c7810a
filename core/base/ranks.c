/* Several processes by MPI, which this file alone sees; without GAZE_MPI there is one process. See ranks.h. */
#include "core/base/ranks.h"

#include <stdlib.h>

#include "core/base/number.h"

/* Processes that a launcher says it started together: Open MPI's and MPICH's mpirun, Slurm's srun. 1: none of them did. */
static long launched_together(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
    long n = 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]) && number_whole(str_of(getenv(names[i])), &n))
            break;
    return n;
}

bool ranks_agree(const struct ranks *ranks, bool ok, struct err *err)
{
    bool all = ranks_most(ranks, !ok) == 0;
    return all || (ok ? err_set(err, ERR_IO, "another of the %zu processes cannot go on", ranks->n) : false);
}

#ifdef GAZE_MPI
#include <mpi.h>

/* Set by the launchers of Open MPI, MPICH and Slurm: a program that was started by hand stays alone. */
static bool launched(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]))
            return true;
    return false;
}

static void finish(void)
{
    int over = 0;
    MPI_Finalized(&over);
    if (!over)
        MPI_Finalize();
}

bool ranks_begin(struct ranks *ranks, struct err *err)
{
    int begun = 0, n = 1, own = 0;
    *ranks = (struct ranks){.n = 1};
    if (!launched())
        return true;
    MPI_Initialized(&begun);
    if (!begun) {
        if (MPI_Init(NULL, NULL) != MPI_SUCCESS)
            return err_set(err, ERR_IO, "MPI cannot begin");
        atexit(finish);
    }
    MPI_Comm_size(MPI_COMM_WORLD, &n);
    MPI_Comm_rank(MPI_COMM_WORLD, &own);
    *ranks = (struct ranks){.n = (size_t)n, .own = (size_t)own};
    if (n == 1 && launched_together() > 1)
        return err_set(err, ERR_IO, "%ld processes were started, but MPI knows of one: start them with mpirun or srun --mpi=pmix",
                       launched_together());
    return true;
}

bool ranks_average(const struct ranks *ranks, float *numbers, size_t n, struct err *err)
{
    enum { PIECE = 1 << 22 }; /* MPI counts in int, and its own copies stay small */
    if (ranks->n == 1)
        return true;
    for (size_t at = 0; at < n; at += PIECE) {
        int piece = (int)(n - at < PIECE ? n - at : PIECE);
        if (MPI_Allreduce(MPI_IN_PLACE, numbers + at, piece, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD) != MPI_SUCCESS)
            return err_set(err, ERR_IO, "MPI cannot add up the vectors");
    }
    float share = 1 / (float)ranks->n;
    for (size_t i = 0; i < n; i++)
        numbers[i] *= share;
    return true;
}

enum { BYTES = 1 << 28 }; /* of one message: MPI counts in int */

static bool send(struct str own, struct err *err)
{
    uint64_t size = own.n;
    bool ok = MPI_Send(&size, 1, MPI_UINT64_T, 0, 0, MPI_COMM_WORLD) == MPI_SUCCESS;
    for (size_t at = 0; ok && at < own.n; at += BYTES)
        ok = MPI_Send(own.s + at, (int)(own.n - at < BYTES ? own.n - at : BYTES), MPI_BYTE, 0, 0, MPI_COMM_WORLD) == MPI_SUCCESS;
    return ok || err_set(err, ERR_IO, "MPI cannot send");
}

static bool receive(size_t rank, struct buf *out, struct err *err)
{
    uint64_t size = 0;
    bool ok = MPI_Recv(&size, 1, MPI_UINT64_T, (int)rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE) == MPI_SUCCESS;
    char *piece = ok ? mem_new(size < BYTES ? size + 1 : BYTES, 1, "what another process has", err) : NULL;
    out->n = 0;
    for (size_t at = 0; piece && ok && at < size; at += BYTES) {
        size_t n = size - at < BYTES ? (size_t)size - at : BYTES;
        ok = MPI_Recv(piece, (int)n, MPI_BYTE, (int)rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE) == MPI_SUCCESS;
        buf_add(out, piece, n);
    }
    free(piece);
    return ok ? piece && buf_ok(out, err) : err_set(err, ERR_IO, "MPI cannot receive");
}

bool ranks_collect(const struct ranks *ranks, struct str own,
                   bool (*take)(void *context, size_t rank, struct str bytes, struct err *err), void *context, struct err *err)
{
    struct buf bytes = {0};
    bool ok = true;
    if (ranks->own)
        return send(own, err);
    for (size_t rank = 1; ok && rank < ranks->n; rank++)
        ok = receive(rank, &bytes, err) && take(context, rank, buf_view(&bytes), err);
    buf_free(&bytes);
    return ok;
}

int ranks_most(const struct ranks *ranks, int number)
{
    if (ranks->n > 1)
        MPI_Allreduce(MPI_IN_PLACE, &number, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    return number;
}

bool ranks_alike(const struct ranks *ranks, uint64_t number)
{
    uint64_t ends[2] = {number, ~number}; /* the least is the complement of the largest complement */
    if (ranks->n > 1)
        MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD);
    return ends[0] == ~ends[1];
}
#else
bool ranks_begin(struct ranks *ranks, struct err *err)
{
    *ranks = (struct ranks){.n = 1};
    if (launched_together() > 1)
        return err_set(err, ERR_IO, "%ld processes were started, but this build has no MPI (make MPI=1): each would do all of it alone",
                       launched_together());
    return true;
}

bool ranks_average(const struct ranks *ranks, float *numbers, size_t n, struct err *err)
{
    (void)ranks, (void)numbers, (void)n, (void)err; /* of one process: what it has */
    return true;
}

int ranks_most(const struct ranks *ranks, int number)
{
    (void)ranks;
    return number;
}

bool ranks_collect(const struct ranks *ranks, struct str own,
                   bool (*take)(void *context, size_t rank, struct str bytes, struct err *err), void *context, struct err *err)
{
    (void)ranks, (void)own, (void)take, (void)context, (void)err; /* there are no others */
    return true;
}

bool ranks_alike(const struct ranks *ranks, uint64_t number)
{
    (void)ranks, (void)number;
    return true;
}
#endif
