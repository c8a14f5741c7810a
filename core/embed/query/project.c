/* Principal components from the n × n products of the centred rows, whose eigenvectors are the places (n is small, E is not).
 * Eigenvalues by Jacobi's rotations (1846), which are exact for symmetric matrices however their eigenvalues lie. See project.h.
 */
#include "core/embed/query/project.h"

#include <math.h>
#include <stdlib.h>

enum { SWEEPS = 60 };

/* Rotate rows and columns p and q of the symmetric a [n,n] so that a[p,q] becomes 0; v gathers the rotations. */
static void rotate(double *a, double *v, size_t n, size_t p, size_t q)
{
    double apq = a[p * n + q];
    if (apq == 0)
        return;
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < n; k++) {
        double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
        double vx = v[k * n + p], vy = v[k * n + q];
        v[k * n + p] = c * vx - s * vy;
        v[k * n + q] = s * vx + c * vy;
    }
}

static void diagonalise(double *a, double *v, size_t n)
{
    double all = 0;
    for (size_t i = 0; i < n * n; i++) {
        all += a[i] * a[i];
        v[i] = i % (n + 1) == 0;
    }
    for (size_t sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                off += a[p * n + q] * a[p * n + q];
        if (off <= 1e-26 * all)
            return;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                rotate(a, v, n, p, q);
    }
}

/* Products of the rows about their mean. */
static bool products(const float *rows, size_t n, size_t E, double *a, struct err *err)
{
    double *mean = mem_new(E, sizeof *mean, "a mean", err);
    if (!mean)
        return false;
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < E; d++)
            mean[d] += (double)rows[i * E + d] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++) {
            double sum = 0;
            for (size_t d = 0; d < E; d++)
                sum += ((double)rows[i * E + d] - mean[d]) * ((double)rows[k * E + d] - mean[d]);
            a[i * n + k] = a[k * n + i] = sum;
        }
    free(mean);
    return true;
}

bool project_gram(double *a, size_t n, double *xy, double share[2], struct err *err)
{
    double *v = mem_new(n * n, sizeof *v, "a projection", err), all = 0;
    if (!v)
        return false;
    diagonalise(a, v, n);
    size_t best[2] = {0, n > 1};
    for (size_t i = 0; i < n; i++)
        all += fmax(a[i * n + i], 0);
    for (size_t axis = 0; axis < 2; axis++) {
        size_t at = SIZE_MAX, far = 0;
        for (size_t i = 0; i < n; i++)
            if ((axis == 0 || i != best[0]) && (at == SIZE_MAX || a[i * n + i] > a[at * n + at]))
                at = i;
        best[axis] = at;
        double value = fmax(a[at * n + at], 0), length = sqrt(value);
        for (size_t i = 1; i < n; i++)
            if (fabs(v[i * n + at]) > fabs(v[far * n + at]) * (1 + 1e-9))
                far = i;
        for (size_t i = 0; i < n; i++)
            xy[2 * i + axis] = v[i * n + at] * length * (v[far * n + at] < 0 ? -1 : 1);
        share[axis] = all > 0 ? value / all : 0;
    }
    free(v);
    return true;
}

bool project_plane(const float *rows, size_t n, size_t E, double *xy, double share[2], struct err *err)
{
    double *a = mem_new(n * n, sizeof *a, "a projection", err);
    bool ok = a && products(rows, n, E, a, err) && project_gram(a, n, xy, share, err);
    free(a);
    return ok;
}
