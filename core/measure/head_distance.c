/* Distances between heads and their places in a plane. See head_distance.h.
 *
 * JS(p,q) = H((p+q)/2) − (H(p) + H(q))/2: one logarithm a cell of a pair. The published code takes scikit-learn's iterative
 * scaling of these distances; classical scaling has one answer and no seed. */
#include "core/measure/head_distance.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/embed/query/project.h"
#include "core/measure/measure.h"

enum { BLOCK_FLOATS = 1 << 23 }; /* probabilities of all heads that are held at once */

struct block {
    const struct attention *const *of; /* [n] */
    const struct site *sites;
    size_t n, row, rows, Tk;
    float *probs;      /* [n,rows,Tk] smoothed; 0 where the query does not see the key */
    double *entropies; /* [n] summed over the rows */
    double *sum;       /* [n,n] */
    bool failed;       /* accessed atomically */
    struct err *errs;  /* [n] */
};

static void make_rows(void *context, size_t head, size_t thread)
{
    struct block *b = context;
    const struct attention *a = b->of[head];
    float *probs = b->probs + head * b->rows * b->Tk;
    (void)thread;
    b->entropies[head] = 0;
    if (!attention_map(a, b->sites[head].head, (struct part){.kind = PART_PROBS}, b->row, b->rows, probs, &b->errs[head])) {
        __atomic_store_n(&b->failed, true, __ATOMIC_RELEASE);
        return;
    }
    for (size_t r = 0; r < b->rows; r++) {
        double seen = (double)keys_seen(a, b->row + r);
        for (size_t j = 0; j < b->Tk; j++) {
            double p = attention_masked(a, b->row + r, j) ? 0 : 0.999 * (double)probs[r * b->Tk + j] + 0.001 / seen;
            probs[r * b->Tk + j] = (float)p;
            b->entropies[head] -= probs[r * b->Tk + j] > 0 ? (double)probs[r * b->Tk + j] * log((double)probs[r * b->Tk + j]) : 0;
        }
    }
}

static void compare_pairs(void *context, size_t head, size_t thread)
{
    struct block *b = context;
    size_t cells = b->rows * b->Tk;
    const float *p = b->probs + head * cells;
    (void)thread;
    for (size_t other = head + 1; other < b->n && !cancel_requested(); other++) {
        const float *q = b->probs + other * cells;
        double entropy = 0;
        for (size_t i = 0; i < cells; i++) {
            double m = 0.5 * ((double)p[i] + (double)q[i]);
            entropy -= m > 0 ? m * log(m) : 0;
        }
        b->sum[head * b->n + other] += fmax(entropy - 0.5 * (b->entropies[head] + b->entropies[other]), 0);
    }
}

static bool see_sites(const struct run *run, const struct site *sites, size_t n, const struct attention **of, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        of[i] = run_attention(run, sites[i], err);
        if (!of[i])
            return false;
        if (of[i]->queries != of[0]->queries || of[i]->keys != of[0]->keys || of[i]->Tq != of[0]->Tq || of[i]->Tk != of[0]->Tk)
            return err_set(err, ERR_ARG, "%c%zu and %c%zu have other tokens: name heads of one stack", stack_letters[sites[0].stack],
                           sites[0].layer, stack_letters[sites[i].stack], sites[i].layer);
    }
    return true;
}

bool head_distances(const struct run *run, const struct site *sites, size_t n, double *sum, size_t *rows, struct err *err)
{
    const struct attention **of = mem_new(n, sizeof *of, "distances of heads", err);
    struct block b = {.of = of, .sites = sites, .n = n, .sum = sum};
    bool ok = of && see_sites(run, sites, n, of, err);
    size_t Tq = ok ? of[0]->Tq : 0, most;
    b.Tk = ok ? of[0]->Tk : 1;
    most = BLOCK_FLOATS / (n * b.Tk) > 1 ? BLOCK_FLOATS / (n * b.Tk) : 1;
    if (most > Tq)
        most = Tq;
    b.probs = ok ? mem_new(n * most * b.Tk, sizeof *b.probs, "distances of heads", err) : NULL;
    b.entropies = mem_new(n, sizeof *b.entropies, "distances of heads", err);
    b.errs = mem_new(n, sizeof *b.errs, "distances of heads", err);
    ok = ok && b.probs && b.entropies && b.errs;
    for (b.row = 0; ok && b.row < Tq; b.row += b.rows) {
        b.rows = Tq - b.row < most ? Tq - b.row : most;
        pool_run(n, make_rows, &b);
        for (size_t i = 0; ok && b.failed && i < n; i++)
            if (b.errs[i].code != ERR_NONE) {
                if (err)
                    *err = b.errs[i];
                ok = false;
            }
        if (ok)
            pool_run(n, compare_pairs, &b);
        ok = ok && (!cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled"));
    }
    for (size_t i = 0; ok && i < n; i++)
        for (size_t k = 0; k < i; k++)
            sum[i * n + k] = sum[k * n + i];
    *rows += Tq;
    free(of);
    free(b.probs);
    free(b.entropies);
    free(b.errs);
    return ok;
}

bool head_places(const double *d, size_t n, double *xy, double share[2], struct err *err)
{
    double *gram = mem_new(n * n + n, sizeof *gram, "places of heads", err), all = 0;
    if (!gram)
        return false;
    double *mean = gram + n * n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            mean[i] += d[i * n + k] * d[i * n + k] / (double)n;
    for (size_t i = 0; i < n; i++)
        all += mean[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            gram[i * n + k] = -0.5 * (d[i * n + k] * d[i * n + k] - mean[i] - mean[k] + all);
    bool ok = project_gram(gram, n, xy, share, err);
    free(gram);
    return ok;
}
