/* Two-way additive fits over the visible cells of a map. See anova.h. */
#include "core/measure/anova.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"

enum { BLOCK = 128 };

static bool mark_cells(const struct attention *a, struct anova *anova, struct err *err)
{
    size_t Tq = a->Tq, Tk = a->Tk;
    anova->cells = mem_new(Tq * Tk, 1, "the visible cells of a map", err);
    if (!anova->cells)
        return false;
    size_t visible = 0;
    for (size_t i = 0; i < Tq; i++)
        for (size_t j = 0; j < Tk; j++)
            if (!attention_masked(a, i, j)) {
                anova->cells[i * Tk + j] = 1;
                anova->queries[j]++;
                visible++;
            }
    anova->full = visible == Tq * Tk;
    for (size_t j = 0; j < Tk && !anova->full; j++)
        if (anova->queries[j] < ANOVA_QUERIES) {
            anova->kept[j] = 0;
            anova->left_out++;
        }
    for (size_t i = 0; i < Tq; i++)
        for (size_t j = 0; j < Tk; j++) {
            anova->cells[i * Tk + j] &= anova->kept[j];
            anova->keys[i] += anova->cells[i * Tk + j];
        }
    if (anova->full) {
        free(anova->cells);
        anova->cells = NULL;
    }
    return true;
}

bool anova_new(const struct attention *a, struct anova *out, struct err *err)
{
    size_t cells;
    *out = (struct anova){.Tq = a->Tq, .Tk = a->Tk, .full = true};
    if (!size_mul(a->Tq, a->Tk, &cells))
        return err_set(err, ERR_LIMIT, "a map of %zu × %zu is too large", a->Tq, a->Tk);
    out->kept = mem_new(a->Tk, 1, "keys of a fit", err);
    out->queries = mem_new(a->Tk, sizeof *out->queries, "keys of a fit", err);
    out->keys = mem_new(a->Tq, sizeof *out->keys, "queries of a fit", err);
    out->work = mem_new(6 * a->Tk, sizeof *out->work, "a fit", err);
    out->rows = mem_new(BLOCK * a->Tk, sizeof *out->rows, "rows of a map", err);
    bool ok = out->kept && out->queries && out->keys && out->work && out->rows;
    if (ok)
        memset(out->kept, 1, a->Tk);
    if (ok && (a->mask.lo || a->mask.hi || a->mask.bitmap))
        ok = mark_cells(a, out, err);
    if (!ok) {
        anova_free(out);
        *out = (struct anova){0};
    }
    return ok;
}

void anova_free(struct anova *anova)
{
    free(anova->kept);
    free(anova->cells);
    free(anova->queries);
    free(anova->keys);
    free(anova->work);
    free(anova->rows);
}

/* Per key Σ_i (s_ij − mean of row i), and all of Σ_ij (s_ij − mean of row i)², over the cells of the fit. */
static bool sum_columns(struct anova *anova, const struct run *run, struct site site, struct part part, double *b,
                        double *rss_rows, struct err *err)
{
    size_t Tk = anova->Tk;
    memset(b, 0, Tk * sizeof *b);
    *rss_rows = 0;
    for (size_t row = 0; row < anova->Tq; row += BLOCK) {
        size_t rows = anova->Tq - row < BLOCK ? anova->Tq - row : BLOCK;
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (!run_map(run, site, part, row, rows, anova->rows, err))
            return false;
        for (size_t r = 0; r < rows; r++) {
            const float *s = anova->rows + r * Tk;
            const unsigned char *cell = anova->cells ? anova->cells + (row + r) * Tk : NULL;
            double sum = 0, n = anova->full ? (double)Tk : anova->keys[row + r];
            for (size_t j = 0; j < Tk; j++)
                if (!cell || cell[j])
                    sum += s[j];
            for (size_t j = 0; j < Tk; j++)
                if (!cell || cell[j]) {
                    double d = s[j] - sum / n;
                    b[j] += d;
                    *rss_rows += d * d;
                }
        }
    }
    return true;
}

static double dot(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += x[j] * y[j];
    return sum;
}

/* y = N·x, N = diag(queries) − Σ_i cell_ij cell_ij' / keys_i: what is left of the normal equations without the rows. */
static void normal_times(const struct anova *anova, const double *x, double *y)
{
    size_t Tk = anova->Tk;
    for (size_t j = 0; j < Tk; j++)
        y[j] = anova->kept[j] ? anova->queries[j] * x[j] : 0;
    for (size_t i = 0; i < anova->Tq; i++) {
        const unsigned char *cell = anova->cells + i * Tk;
        double sum = 0;
        for (size_t j = 0; j < Tk; j++)
            sum += cell[j] ? x[j] : 0;
        if (anova->keys[i] > 0)
            sum /= anova->keys[i];
        for (size_t j = 0; j < Tk; j++)
            y[j] -= cell[j] ? sum : 0;
    }
}

/* Solve N·c = b by conjugate gradients, preconditioned by the diagonal. N is singular along constants (and along
 * keys that no query joins), b is orthogonal to them: the iteration stays in N's range. */
static bool solve(struct anova *anova, const double *b, double *c, struct err *err)
{
    size_t n = anova->Tk, bytes = n * sizeof(double);
    double *residual = anova->work + n, *p = residual + n, *z = p + n, *Np = z + n;
    memset(c, 0, bytes);
    memcpy(residual, b, bytes);
    double rz = 0, first = 0;
    memset(p, 0, bytes);
    for (size_t step = 0; step < 4 * n + 50; step++) {
        for (size_t j = 0; j < n; j++)
            z[j] = anova->kept[j] ? residual[j] / anova->queries[j] : 0;
        double next = dot(residual, z, n);
        if (step == 0)
            first = next;
        if (next <= 1e-28 * first || next <= 0)
            break;
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        for (size_t j = 0; j < n; j++)
            p[j] = z[j] + (step ? next / rz : 0) * p[j];
        rz = next;
        normal_times(anova, p, Np);
        double curvature = dot(p, Np, n);
        if (curvature <= 0)
            break;
        for (size_t j = 0; j < n; j++) {
            c[j] += rz / curvature * p[j];
            residual[j] -= rz / curvature * Np[j];
        }
    }
    return true;
}

bool anova_columns(struct anova *anova, const struct run *run, struct site site, struct part part, double *c_out,
                   double *share_out, struct err *err)
{
    size_t Tk = anova->Tk;
    double *b = anova->work, rss_rows, mean = 0;
    if (!sum_columns(anova, run, site, part, b, &rss_rows, err))
        return false;
    if (anova->full) {
        for (size_t j = 0; j < Tk; j++)
            c_out[j] = b[j] / (double)anova->Tq;
    } else if (!solve(anova, b, c_out, err)) {
        return false;
    }
    if (share_out) /* the fit's gain is c·b: b is the gradient of the sum of squares */
        *share_out = rss_rows > 0 ? dot(c_out, b, Tk) / rss_rows : NAN;
    if (Tk > anova->left_out)
        for (size_t j = 0; j < Tk; j++)
            mean += (anova->kept[j] ? c_out[j] : 0) / (double)(Tk - anova->left_out);
    for (size_t j = 0; j < Tk; j++)
        c_out[j] = anova->kept[j] ? c_out[j] - mean : NAN;
    return true;
}
