/* What the columns of a matrix span: one-sided Jacobi rotations (Hestenes 1958), which find small singular values to their own
 * relative precision. See span.h. */
#include "core/effect/span.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* The lower triangle L [d,d] of W = L·Q, Q's rows orthonormal or zero: Gram–Schmidt, each row twice. W is overwritten by Q. */
static void lower_of(double *w, size_t d, size_t e, double *l)
{
    memset(l, 0, d * d * sizeof *l);
    for (size_t i = 0; i < d; i++) {
        double *row = w + i * e, before = 0, length = 0;
        for (size_t c = 0; c < e; c++)
            before += row[c] * row[c];
        for (int twice = 0; twice < 2; twice++)
            for (size_t k = 0; k < i; k++) {
                double dot = 0;
                for (size_t c = 0; c < e; c++)
                    dot += row[c] * w[k * e + c];
                for (size_t c = 0; c < e; c++)
                    row[c] -= dot * w[k * e + c];
                l[i * d + k] += dot;
            }
        for (size_t c = 0; c < e; c++)
            length += row[c] * row[c];
        bool gone = length <= before * (DBL_EPSILON * DBL_EPSILON) * (double)e;
        l[i * d + i] = gone ? 0 : sqrt(length);
        for (size_t c = 0; c < e; c++)
            row[c] = gone ? 0 : row[c] / sqrt(length);
    }
}

/* Turn columns p and q of a [n,d] until they are orthogonal; false: they were. */
static bool turn(double *a, size_t n, size_t d, size_t p, size_t q)
{
    double pp = 0, qq = 0, pq = 0;
    for (size_t i = 0; i < n; i++) {
        pp += a[i * d + p] * a[i * d + p];
        qq += a[i * d + q] * a[i * d + q];
        pq += a[i * d + p] * a[i * d + q];
    }
    if (fabs(pq) <= 1e-15 * sqrt(pp * qq) || pq == 0)
        return false;
    double zeta = (qq - pp) / (2 * pq), t = (zeta >= 0 ? 1 : -1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    double c = 1 / sqrt(1 + t * t), s = c * t;
    for (size_t i = 0; i < n; i++) {
        double x = a[i * d + p], y = a[i * d + q];
        a[i * d + p] = c * x - s * y;
        a[i * d + q] = s * x + c * y;
    }
    return true;
}

static void make_orthogonal(double *a, size_t n, size_t d)
{
    enum { SWEEPS = 60 };
    bool turned = true;
    for (size_t sweep = 0; turned && sweep < SWEEPS; sweep++) {
        turned = false;
        for (size_t p = 0; p < d; p++)
            for (size_t q = p + 1; q < d; q++)
                turned |= turn(a, n, d, p, q);
    }
}

static double column_length(const double *a, size_t n, size_t d, size_t c)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i * d + c] * a[i * d + c];
    return sqrt(sum);
}

static int larger_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

void span_singular_values(double *a, size_t n, size_t d, double *out)
{
    make_orthogonal(a, n, d);
    for (size_t c = 0; c < d; c++)
        out[c] = column_length(a, n, d, c);
    qsort(out, d, sizeof *out, larger_first);
}

bool span_of_product(const double *v, const double *w, size_t n, size_t d, size_t e, double *basis_out, size_t *rank_out,
                     struct err *err)
{
    double *q = mem_new(d * e + d * d + n * d, sizeof *q, "a basis", err), largest = 0;
    if (!q)
        return false;
    double *l = q + d * e, *a = l + d * d;
    memcpy(q, w, d * e * sizeof *q);
    lower_of(q, d, e, l);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++)
            for (size_t c = 0; c <= k; c++)
                a[i * d + c] += v[i * d + k] * l[k * d + c];
    make_orthogonal(a, n, d);
    for (size_t c = 0; c < d; c++)
        largest = fmax(largest, column_length(a, n, d, c));
    *rank_out = 0;
    for (size_t c = 0; c < d; c++) {
        double length = column_length(a, n, d, c);
        if (length <= largest * (double)(n > e ? n : e) * (double)FLT_EPSILON)
            continue;
        for (size_t i = 0; i < n; i++)
            basis_out[i * d + *rank_out] = a[i * d + c] / length;
        ++*rank_out;
    }
    free(q);
    return true;
}
