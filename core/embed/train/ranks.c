/* Training over several processes by MPI, which this file alone sees; without GAZE_MPI there is one process. See ranks.h. */
#include "core/embed/train/ranks.h"

#include <stdlib.h>
#include <string.h>

#ifdef GAZE_MPI
#include <mpi.h>

/* Set by the launchers of Open MPI, MPICH and Slurm: a program that was started by hand stays alone. */
static bool launched(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"};
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
    return true;
}

static bool add_up(float *numbers, size_t n, struct err *err)
{
    enum { PIECE = 1 << 22 }; /* MPI counts in int, and its own copies stay small */
    for (size_t at = 0; at < n; at += PIECE) {
        int piece = (int)(n - at < PIECE ? n - at : PIECE);
        if (MPI_Allreduce(MPI_IN_PLACE, numbers + at, piece, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD) != MPI_SUCCESS)
            return err_set(err, ERR_IO, "MPI cannot add up the vectors");
    }
    return true;
}

int ranks_most(const struct ranks *ranks, int number)
{
    if (ranks->n > 1)
        MPI_Allreduce(MPI_IN_PLACE, &number, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    return number;
}
#else
bool ranks_begin(struct ranks *ranks, struct err *err)
{
    (void)err;
    *ranks = (struct ranks){.n = 1};
    return true;
}

static bool add_up(float *numbers, size_t n, struct err *err)
{
    (void)numbers, (void)n, (void)err; /* one process: the sum is what it has */
    return true;
}

int ranks_most(const struct ranks *ranks, int number)
{
    (void)ranks;
    return number;
}
#endif

bool ranks_remember(struct ranks *ranks, const float *in, const float *out, size_t V, size_t E, struct err *err)
{
    size_t n;
    if (ranks->n == 1)
        return true;
    if (!size_mul(V, E, &n) || !size_mul(n, 2, &n))
        return err_memory(err, V, "the vectors of other ranks");
    if (!ranks->before)
        ranks->before = mem_new(n, sizeof *ranks->before, "the vectors of other ranks", err);
    if (!ranks->counts)
        ranks->counts = mem_new(V, sizeof *ranks->counts, "the vectors of other ranks", err);
    if (!ranks->before || !ranks->counts)
        return false;
    memcpy(ranks->before, in, V * E * sizeof *in);
    memcpy(ranks->before + V * E, out, V * E * sizeof *out);
    return true;
}

static bool average(struct ranks *ranks, float *rows, float *before, size_t V, size_t E, struct err *err)
{
    for (size_t v = 0; v < V; v++) {
        float *row = rows + v * E;
        const float *old = before + v * E;
        ranks->counts[v] = memcmp(row, old, E * sizeof *row) != 0;
        for (size_t e = 0; e < E; e++)
            row[e] -= old[e];
    }
    if (!add_up(ranks->counts, V, err) || !add_up(rows, V * E, err))
        return false;
    for (size_t v = 0; v < V; v++) {
        float *row = rows + v * E, *old = before + v * E, share = 1 / (ranks->counts[v] > 1 ? ranks->counts[v] : 1);
        for (size_t e = 0; e < E; e++)
            old[e] = row[e] = old[e] + row[e] * share;
    }
    return true;
}

bool ranks_average(struct ranks *ranks, float *in, float *out, size_t V, size_t E, struct err *err)
{
    return ranks->n == 1 || (average(ranks, in, ranks->before, V, E, err) && average(ranks, out, ranks->before + V * E, V, E, err));
}

void ranks_free(struct ranks *ranks)
{
    free(ranks->before);
    free(ranks->counts);
    *ranks = (struct ranks){.n = 1};
}
