/* The 8-bit copy of a set and dot products with it. See scan.h.
 *
 * For a unit vector x ≈ x̂ = c·s and a direction p ≈ p̂:  |x·p − x̂·p̂| ≤ ‖x − x̂‖·‖p‖ + ‖x̂‖·‖p − p̂‖, so that a row whose
 * x̂·p̂ is smaller than the k-th best by more than both slacks cannot be among the k best. */
#include "core/embed/scan.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/embed/lanes.h"

enum { BLOCK = 1024 };

double dot_exact(const float *a, const float *b, size_t n)
{
    double sum[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += (double)a[i + k] * (double)b[i + k];
    for (; i < n; i++)
        sum[0] += (double)a[i] * (double)b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

struct making {
    const struct vectors *v;
    struct scan *scan;
    const struct lanes *lanes;
    atomic_size_t strange;
    atomic_bool failed;
};

static void make_block(void *context, size_t task, size_t thread)
{
    struct making *m = context;
    const struct vectors *v = m->v;
    struct scan *scan = m->scan;
    float *row = pool_scratch(thread, 0, scan->width * sizeof *row);
    if (!row)
        atomic_store(&m->failed, true);
    for (size_t i = task * BLOCK; row && i < v->V && i < (task + 1) * BLOCK && !cancel_requested(); i++) {
        vectors_row(v, i, row);
        memset(row + v->E, 0, (scan->width - v->E) * sizeof *row);
        m->lanes->quantise(row, scan->width, scan->codes + i * scan->width, &scan->steps[i], &scan->errors[i], &scan->norms[i]);
        if (!isfinite(scan->norms[i])) {
            scan->norms[i] = NAN;
            scan->steps[i] = scan->errors[i] = 0;
            memset(scan->codes + i * scan->width, 0, scan->width);
            atomic_fetch_add(&m->strange, 1);
        }
    }
}

bool scan_prepare(struct vectors *v, struct err *err)
{
    size_t bytes;
    if (v->scan)
        return true;
    struct scan *scan = arena_zalloc(v->arena, 1, sizeof *scan, "a set's norms", err);
    if (!scan)
        return false;
    scan->width = (v->E + 15) / 16 * 16;
    if (!size_mul(v->V, scan->width, &bytes))
        return err_memory(err, SIZE_MAX, "a set's norms");
    scan->codes = arena_alloc(v->arena, bytes, 1, "a set's 8-bit copy", err);
    scan->steps = arena_alloc(v->arena, v->V, sizeof(float), "a set's norms", err);
    scan->errors = arena_alloc(v->arena, v->V, sizeof(float), "a set's norms", err);
    scan->norms = arena_alloc(v->arena, v->V, sizeof(float), "a set's norms", err);
    if (!scan->codes || !scan->steps || !scan->errors || !scan->norms)
        return false;
    struct making making = {.v = v, .scan = scan, .lanes = lanes_best()};
    pool_run((v->V + BLOCK - 1) / BLOCK, make_block, &making);
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (making.failed)
        return err_memory(err, scan->width * sizeof(float), "a vector");
    scan->strange = making.strange;
    v->scan = scan;
    return true;
}

void scan_free(struct scan *scan)
{
    (void)scan; /* it lies in the set's arena */
}

bool probe_make(const struct scan *scan, const float *direction, size_t E, struct probe *out, struct err *err)
{
    /* 127 · limit · width must fit in 32 bits */
    float limit = fminf(32767, floorf(2147483647.0f / 128 / (float)(scan->width + 1))), largest = 0;
    double left = 0;
    *out = (struct probe){.exact = direction, .codes = mem_new(scan->width, sizeof(int16_t), "a query", err)};
    if (!out->codes)
        return false;
    for (size_t d = 0; d < E; d++)
        largest = fmaxf(largest, fabsf(direction[d]));
    out->step = largest / limit;
    for (size_t d = 0; d < E; d++) {
        out->codes[d] = largest > 0 ? (int16_t)lrintf(direction[d] / out->step) : 0;
        double rest = (double)direction[d] - (double)out->codes[d] * (double)out->step;
        left += rest * rest;
    }
    out->norm = (float)sqrt(dot_exact(direction, direction, E)) * 1.000001f;
    out->error = (float)sqrt(left) * 1.000001f;
    return true;
}

void probe_free(struct probe *probe)
{
    free(probe->codes);
    probe->codes = NULL;
}

void scan_dots(const struct scan *scan, const struct probe *probe, size_t row, size_t n, float *dots, float *slack)
{
    lanes_best()->dots8(scan->codes + row * scan->width, scan->width, n, probe->codes, dots);
    for (size_t i = 0; i < n; i++) {
        dots[i] *= scan->steps[row + i] * probe->step;
        slack[i] = scan->errors[row + i] * probe->norm + 1.02f * probe->error + 2e-6f * probe->norm;
    }
}

bool scan_unit(const struct vectors *v, size_t i, float *out)
{
    float norm = v->scan->norms[i];
    vectors_row(v, i, out);
    for (size_t d = 0; d < v->E; d++)
        out[d] = norm > 0 ? out[d] / norm : 0;
    return !isnan(norm);
}
