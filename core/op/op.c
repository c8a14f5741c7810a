/* The doors of the row operations: which instruction set, and which rows go to which thread. */
#include "core/op/op.h"

#include <string.h>

#include "core/base/pool.h"
#include "core/op/kernel.h"

#define KERNEL(name, set) extern const struct op_kernel op_##name;
#include "core/op/list.h"
#undef KERNEL

const struct op_kernel *const op_kernels[SIMD_SETS] = {
#define KERNEL(name, set) [set] = &op_##name,
#include "core/op/list.h"
#undef KERNEL
};

const struct op_kernel *op_kernel_best(void)
{
    return SIMD_BEST(op_kernels);
}

struct norm_job {
    const struct op_kernel *kernel;
    const float *x, *residual, *weight, *bias;
    size_t rows, E, step;
    float eps, *y;
};

static void norm_task(void *context, size_t task, size_t thread)
{
    const struct norm_job *j = context;
    (void)thread;
    size_t end = (task + 1) * j->step < j->rows ? (task + 1) * j->step : j->rows;
    for (size_t r = task * j->step; r < end; r++)
        j->kernel->norm(j->x + r * j->E, j->residual ? j->residual + r * j->E : NULL, j->E, j->weight, j->bias, j->eps,
                        j->y + r * j->E);
}

void op_layer_norm(const float *x, const float *residual, size_t rows, size_t E, const float *weight, const float *bias,
                   float eps, float *y)
{
    enum { TASK = 16384 }; /* floats that are worth waking a thread for */
    struct norm_job job = {op_kernel_best(), x, residual, weight, bias, rows, E, 1, eps, y};
    if (rows == 0 || E == 0)
        return;
    job.step = E < TASK ? TASK / E : 1;
    pool_run((rows + job.step - 1) / job.step, norm_task, &job);
}

struct rms_job {
    const struct op_kernel *kernel;
    const float *x, *weight;
    size_t rows, E, stride, step;
    float add, eps, *y;
};

static void rms_task(void *context, size_t task, size_t thread)
{
    const struct rms_job *j = context;
    (void)thread;
    size_t end = (task + 1) * j->step < j->rows ? (task + 1) * j->step : j->rows;
    for (size_t r = task * j->step; r < end; r++)
        j->kernel->rms(j->x + r * j->stride, j->E, j->weight, j->add, j->eps, j->y + r * j->stride);
}

void op_rms_norm(const float *x, size_t rows, size_t E, size_t stride, const float *weight, float add, float eps, float *y)
{
    enum { TASK = 16384 };
    struct rms_job job = {op_kernel_best(), x, weight, rows, E, stride, 1, add, eps, y};
    if (rows == 0 || E == 0)
        return;
    job.step = E < TASK ? TASK / E : 1;
    pool_run((rows + job.step - 1) / job.step, rms_task, &job);
}

struct multiply_job {
    float *y;
    const float *x;
    size_t n, step;
};

static void multiply_task(void *context, size_t task, size_t thread)
{
    const struct multiply_job *j = context;
    size_t end = (task + 1) * j->step < j->n ? (task + 1) * j->step : j->n;
    (void)thread;
    for (size_t i = task * j->step; i < end; i++)
        j->y[i] *= j->x[i];
}

void op_multiply(float *y, const float *x, size_t n)
{
    enum { TASK = 65536 };
    struct multiply_job job = {y, x, n, TASK};
    if (n)
        pool_run((n + TASK - 1) / TASK, multiply_task, &job);
}

void op_softmax_row(float *row, size_t n, size_t lo, size_t hi, const unsigned char *allowed)
{
    if (n == 0)
        return;
    if (hi > n)
        hi = n;
    if (lo > hi)
        lo = hi;
    memset(row, 0, lo * sizeof(float));
    memset(row + hi, 0, (n - hi) * sizeof(float));
    op_kernel_best()->softmax(row + lo, hi - lo, allowed, lo);
}

void op_add(float *y, const float *x, size_t n)
{
    op_kernel_best()->add(y, x, n);
}

void op_widen_f16(const void *from, size_t n, float *out)
{
    op_kernel_best()->widen_f16(from, n, out);
}

void op_widen_bf16(const void *from, size_t n, float *out)
{
    op_kernel_best()->widen_bf16(from, n, out);
}

bool op_finite(const float *x, size_t n)
{
    return op_kernel_best()->finite(x, n);
}

double op_entropy_row(const float *row, size_t lo, size_t hi, const unsigned char *allowed, float scale, float add)
{
    return op_kernel_best()->entropy(row + lo, hi - lo, allowed, lo, scale, add);
}

void op_distance_row(const float *row, size_t n, size_t i, double *weighted, double *mass)
{
    op_kernel_best()->distance(row, n, i, weighted, mass);
}

void op_columns(const float *x, size_t rows, size_t stride, size_t n, const double *times, double least, double *sum,
                double *weighted, uint32_t *over)
{
    op_kernel_best()->columns(x, rows, stride, n, times, least, sum, weighted, over);
}
