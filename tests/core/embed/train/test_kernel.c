/* A step of every kernel against the gradient of the loss by finite differences, in double, and against the classic rule's
 * closed form. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/embed/train/kernel.h"
#include "tests/support/scratch.h"

enum { MOST_IN = 14, MOST_OUT = 21, MOST_E = 320 };

struct problem {
    size_t n_in, n_out, E;
    double in[MOST_IN][MOST_E], out[MOST_OUT][MOST_E];
};

static double unit(unsigned long long *state)
{
    return (double)draw(state, 20001) / 10000.0 - 1;
}

static void make(struct problem *p, size_t n_in, size_t n_out, size_t E, unsigned long long *state)
{
    p->n_in = n_in;
    p->n_out = n_out;
    p->E = E;
    double size = 3.0 / sqrt((double)E);
    for (size_t i = 0; i < n_in; i++)
        for (size_t e = 0; e < E; e++)
            p->in[i][e] = (double)(float)(unit(state) * size);
    for (size_t k = 0; k < n_out; k++)
        for (size_t e = 0; e < E; e++)
            p->out[k][e] = (double)(float)(unit(state) * size);
}

static double score(const struct problem *p, size_t k)
{
    double s = 0;
    for (size_t e = 0; e < p->E; e++) {
        double h = 0;
        for (size_t i = 0; i < p->n_in; i++)
            h += p->in[i][e];
        s += h / (double)p->n_in * p->out[k][e];
    }
    return s;
}

static double loss(const struct problem *p)
{
    double sum = 0;
    for (size_t k = 0; k < p->n_out; k++)
        sum += log1p(exp(k ? score(p, k) : -score(p, k)));
    return sum;
}

/* The slope of the loss at one number of the problem. */
static double slope(struct problem *p, double *at)
{
    const double step = 1e-4, was = *at;
    *at = was + step;
    double above = loss(p);
    *at = was - step;
    double below = loss(p);
    *at = was;
    return (above - below) / (2 * step);
}

/* What the kernel made of the problem's rows, as changes divided by the rate. */
struct change {
    double in[MOST_IN][MOST_E], out[MOST_OUT][MOST_E];
    float scores[64];
};

static void take(const struct train_kernel *kernel, const struct problem *p, float rate, float share, struct change *change)
{
    static _Alignas(64) float in[MOST_IN][MOST_E], out[MOST_OUT][MOST_E], scratch[2 * MOST_E + 64];
    float *in_rows[MOST_IN], *out_rows[MOST_OUT];
    for (size_t i = 0; i < p->n_in; i++) {
        in_rows[i] = in[i];
        for (size_t e = 0; e < p->E; e++)
            in[i][e] = (float)p->in[i][e];
    }
    for (size_t k = 0; k < p->n_out; k++) {
        out_rows[k] = out[k];
        for (size_t e = 0; e < p->E; e++)
            out[k][e] = (float)p->out[k][e];
    }
    struct train_step step = {in_rows, out_rows, p->n_in, p->n_out, rate, share};
    memset(change, 0, sizeof *change);
    kernel->step(&step, p->E, scratch, change->scores);
    for (size_t i = 0; i < p->n_in; i++)
        for (size_t e = 0; e < p->E; e++)
            change->in[i][e] = ((double)in[i][e] - p->in[i][e]) / (double)rate;
    for (size_t k = 0; k < p->n_out; k++)
        for (size_t e = 0; e < p->E; e++)
            change->out[k][e] = ((double)out[k][e] - p->out[k][e]) / (double)rate;
}

/* One context and more; groups of output rows whole, begun and several; E below, at and above a block of vectors. */
static const struct {
    size_t n_in, n_out, E;
} shapes[] = {{1, 6, 112}, {2, 6, 112}, {10, 6, 112}, {3, 1, 16}, {5, 2, 32}, {4, 8, 48}, {7, 9, 128}, {6, 16, 144}, {14, 21, 304}, {2, 5, 64},
              {3, 3, 80}, {3, 4, 96}, {8, 7, 320}, {1, 1, 16}, {1, 13, 256}};

static struct problem problem;
static struct change change;

Test(train_kernel, corrected_update_is_the_gradient_of_the_loss)
{
    unsigned long long state = 11;
    struct buf bad = {0};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        make(&problem, shapes[s].n_in, shapes[s].n_out, shapes[s].E, &state);
        for (enum simd n = 0; n < SIMD_SETS; n++) {
            if (!SIMD_FITS(train_kernels, n))
                continue;
            take(train_kernels[n], &problem, 1.0f, 1 / (float)problem.n_in, &change);
            double worst = 0;
            for (size_t e = 0; e < problem.E; e += 5) {
                for (size_t i = 0; i < problem.n_in; i++)
                    worst = fmax(worst, fabs(change.in[i][e] + slope(&problem, &problem.in[i][e])));
                for (size_t k = 0; k < problem.n_out; k++)
                    worst = fmax(worst, fabs(change.out[k][e] + slope(&problem, &problem.out[k][e])));
            }
            if (!(worst < 2e-6))
                buf_printf(&bad, "%s in=%zu out=%zu E=%zu: off by %g\n", simd_name(n), problem.n_in, problem.n_out,
                           problem.E, worst);
        }
    }
    cr_assert(bad.n == 0, "%s", buf_cstr(&bad));
}

Test(train_kernel, classic_update_is_its_closed_form)
{
    unsigned long long state = 12;
    struct buf bad = {0};
    const float rate = 0.5f;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        make(&problem, shapes[s].n_in, shapes[s].n_out, shapes[s].E, &state);
        for (enum simd n = 0; n < SIMD_SETS; n++) {
            if (!SIMD_FITS(train_kernels, n))
                continue;
            take(train_kernels[n], &problem, rate, 1, &change);
            double worst = 0;
            for (size_t e = 0; e < problem.E; e++) {
                double sum = 0, h = 0;
                for (size_t i = 0; i < problem.n_in; i++)
                    h += problem.in[i][e] / (double)problem.n_in;
                for (size_t k = 0; k < problem.n_out; k++) {
                    double g = (k == 0) - 1 / (1 + exp(-score(&problem, k)));
                    sum += g * problem.out[k][e];
                    worst = fmax(worst, fabs(change.out[k][e] - g * h));
                }
                for (size_t i = 0; i < problem.n_in; i++) /* not divided by n_in */
                    worst = fmax(worst, fabs(change.in[i][e] - sum));
            }
            if (!(worst < 3e-6))
                buf_printf(&bad, "%s in=%zu out=%zu E=%zu: off by %g\n", simd_name(n), problem.n_in, problem.n_out,
                           problem.E, worst);
        }
    }
    cr_assert(bad.n == 0, "%s", buf_cstr(&bad));
}

Test(train_kernel, the_two_updates_differ_by_the_number_of_contexts)
{
    unsigned long long state = 13;
    static struct change classic;
    make(&problem, 5, 6, 64, &state);
    take(train_kernel_best(), &problem, 1, 1, &classic);
    take(train_kernel_best(), &problem, 1, 0.2f, &change);
    for (size_t e = 0; e < problem.E; e++)
        cr_assert_float_eq(classic.in[2][e], 5 * change.in[2][e], 1e-5, "number %zu", e);
}

Test(train_kernel, scores_stay_finite_where_they_are_large)
{
    static struct change changes;
    unsigned long long state = 14;
    make(&problem, 2, 6, 16, &state);
    for (size_t e = 0; e < 16; e++) {
        problem.in[0][e] = problem.in[1][e] = 1000;
        for (size_t k = 0; k < 6; k++)
            problem.out[k][e] = k % 2 ? 1000 : -1000;
    }
    for (enum simd n = 0; n < SIMD_SETS; n++) {
        if (!SIMD_FITS(train_kernels, n))
            continue;
        take(train_kernels[n], &problem, 0.1f, 0.5f, &changes);
        for (size_t k = 0; k < 6; k++)
            cr_assert(isfinite(changes.out[k][3]) && fabs(changes.out[k][3]) < 1001, "%s row %zu", simd_name(n), k);
    }
}

Test(train_kernel, a_word_twice_in_the_window_is_changed_twice)
{
    static _Alignas(64) float rows[3][16], out[2][16], scratch[64];
    float scores[16], *in_rows[] = {rows[0], rows[1], rows[0]}, *out_rows[] = {out[0], out[1]};
    for (enum simd n = 0; n < SIMD_SETS; n++) {
        if (!SIMD_FITS(train_kernels, n))
            continue;
        for (size_t e = 0; e < 16; e++) {
            rows[0][e] = rows[1][e] = 0;
            out[0][e] = 1;
            out[1][e] = -1;
        }
        struct train_step step = {in_rows, out_rows, 3, 2, 1, 1.0f / 3};
        train_kernels[n]->step(&step, 16, scratch, scores);
        cr_assert_float_eq(rows[1][7], 1.0f / 3, 1e-6, "%s", simd_name(n));
        cr_assert_float_eq(rows[0][7], 2.0f / 3, 1e-6, "%s", simd_name(n));
    }
}
