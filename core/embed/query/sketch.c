/* The 8-bit copy of a set and dot products with it. See sketch.h.
 *
 * For a unit vector x ≈ x̂ = c·s and a direction p ≈ p̂:  |x·p − x̂·p̂| ≤ ‖x − x̂‖·‖p‖ + ‖x̂‖·‖p − p̂‖, so that a row whose
 * x̂·p̂ is smaller than the k-th best by more than both slacks cannot be among the k best. */
#include "core/embed/query/sketch.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/embed/query/lanes.h"

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
    struct sketch *sketch;
    const struct lanes *lanes;
    atomic_size_t strange;
    atomic_bool failed;
};

static void make_block(void *context, size_t task, size_t thread)
{
    struct making *m = context;
    const struct vectors *v = m->v;
    struct sketch *sketch = m->sketch;
    float *row = pool_scratch(thread, 0, sketch->width * sizeof *row);
    if (!row)
        atomic_store(&m->failed, true);
    for (size_t i = task * BLOCK; row && i < v->V && i < (task + 1) * BLOCK && !cancel_requested(); i++) {
        vectors_row(v, i, row);
        memset(row + v->E, 0, (sketch->width - v->E) * sizeof *row);
        m->lanes->quantise(row, sketch->width, sketch->codes + i * sketch->width, &sketch->steps[i], &sketch->errors[i], &sketch->norms[i]);
        if (!isfinite(sketch->norms[i])) {
            sketch->norms[i] = NAN;
            sketch->steps[i] = sketch->errors[i] = 0;
            memset(sketch->codes + i * sketch->width, 0, sketch->width);
            atomic_fetch_add(&m->strange, 1);
        }
    }
}

bool sketch_prepare(struct vectors *v, struct err *err)
{
    size_t bytes;
    if (v->sketch)
        return true;
    struct sketch *sketch = arena_zalloc(v->arena, 1, sizeof *sketch, "a set's norms", err);
    if (!sketch)
        return false;
    sketch->width = (v->E + 15) / 16 * 16;
    if (!size_mul(v->V, sketch->width, &bytes))
        return err_memory(err, SIZE_MAX, "a set's norms");
    sketch->codes = arena_alloc(v->arena, bytes, 1, "a set's 8-bit copy", err);
    sketch->steps = arena_alloc(v->arena, v->V, sizeof(float), "a set's norms", err);
    sketch->errors = arena_alloc(v->arena, v->V, sizeof(float), "a set's norms", err);
    sketch->norms = arena_alloc(v->arena, v->V, sizeof(double), "a set's norms", err);
    if (!sketch->codes || !sketch->steps || !sketch->errors || !sketch->norms)
        return false;
    struct making making = {.v = v, .sketch = sketch, .lanes = lanes_best()};
    pool_run((v->V + BLOCK - 1) / BLOCK, make_block, &making);
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (making.failed)
        return err_memory(err, sketch->width * sizeof(float), "a vector");
    sketch->strange = making.strange;
    v->sketch = sketch;
    return true;
}

bool probe_make(const struct sketch *sketch, const float *direction, size_t E, struct probe *out, struct err *err)
{
    /* 127 · limit · width must fit in 32 bits */
    float limit = fminf(32767, floorf(2147483647.0f / 128 / (float)(sketch->width + 1))), largest = 0;
    double left = 0;
    *out = (struct probe){.exact = direction, .codes = mem_new(sketch->width, sizeof(int16_t), "a query", err)};
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

void sketch_dots(const struct sketch *sketch, const struct probe *probe, size_t row, size_t n, float *dots, float *slack)
{
    lanes_best()->dots8(sketch->codes + row * sketch->width, sketch->width, n, probe->codes, dots);
    for (size_t i = 0; i < n; i++) {
        dots[i] *= sketch->steps[row + i] * probe->step;
        slack[i] = sketch->errors[row + i] * probe->norm + 1.02f * probe->error + 2e-6f * probe->norm;
    }
}

bool sketch_unit(const struct vectors *v, size_t i, float *out)
{
    double norm = v->sketch->norms[i];
    vectors_row(v, i, out);
    for (size_t d = 0; d < v->E; d++)
        out[d] = norm > 0 ? (float)((double)out[d] / norm) : 0;
    return !isnan(norm);
}
