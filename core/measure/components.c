/* Variance components by fitting constants. See components.h. */
#include "core/measure/components.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

const char *const component_names[COMPONENTS] = {"index", "token", "text", "residual"};

enum { FACTORS = 2 }; /* index, token */

/* The cells that count, with the levels of each factor numbered from 0. */
struct layout {
    size_t n, levels[FACTORS];
    size_t *level[FACTORS];   /* [n] */
    size_t *count[FACTORS];   /* [levels] cells of each */
    double *mean[FACTORS];    /* [levels] of y */
    double *y;                /* [n] mean of a cell's two halves */
    double within;            /* Σ (y_c0 − y_c1)²/2 */
};

struct keyed {
    int32_t key;
    size_t cell;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

/* Number the levels of one factor in the order of their keys, with their counts and means. */
static void number_levels(struct layout *l, int factor, struct keyed *keyed)
{
    size_t levels = 0;
    qsort(keyed, l->n, sizeof *keyed, by_key);
    for (size_t i = 0; i < l->n; i++) {
        levels += i == 0 || keyed[i].key != keyed[i - 1].key;
        l->level[factor][keyed[i].cell] = levels - 1;
        l->count[factor][levels - 1]++;
        l->mean[factor][levels - 1] += l->y[keyed[i].cell];
    }
    for (size_t i = 0; i < levels; i++)
        l->mean[factor][i] /= (double)l->count[factor][i];
    l->levels[factor] = levels;
}

static bool layout_of(const struct component_cell *cells, size_t n, struct layout *l, struct err *err)
{
    struct keyed *keyed = mem_new(n + 1, sizeof *keyed, "variance components", err);
    size_t *sizes = mem_new(2 * FACTORS * n + 1, sizeof *sizes, "variance components", err);
    double *numbers = mem_new(3 * n + 1, sizeof *numbers, "variance components", err);
    *l = (struct layout){0};
    if (!keyed || !sizes || !numbers) {
        free(keyed);
        free(sizes);
        free(numbers);
        return false;
    }
    l->y = numbers;
    for (int f = 0; f < FACTORS; f++) {
        l->level[f] = sizes + (size_t)f * n;
        l->count[f] = sizes + (size_t)(FACTORS + f) * n;
        l->mean[f] = numbers + (size_t)(1 + f) * n;
    }
    for (int f = 0; f < FACTORS; f++) {
        l->n = 0;
        for (size_t c = 0; c < n; c++) {
            double a = (double)cells[c].halves[0], b = (double)cells[c].halves[1];
            if (!isfinite(a) || !isfinite(b))
                continue;
            l->y[l->n] = (a + b) / 2;
            l->within += f == 0 ? (a - b) * (a - b) / 2 : 0;
            keyed[l->n] = (struct keyed){f == COMPONENT_INDEX ? cells[c].index : cells[c].token, l->n};
            l->n++;
        }
        number_levels(l, f, keyed);
    }
    free(keyed);
    return true;
}

static void layout_free(struct layout *l)
{
    free(l->level[0]);
    free(l->y);
}

/* ---- the additive fit of the cells' means ---- */

struct pair {
    size_t index, token;
    double n;
};

static int by_token(const void *x, const void *y)
{
    const struct pair *p = x, *q = y;
    if (p->token != q->token)
        return p->token < q->token ? -1 : 1;
    return (p->index > q->index) - (p->index < q->index);
}

/* The pairs of levels that cells have, by token, then index; how many cells each has. Returns how many pairs. */
static size_t pairs_of(const struct layout *l, struct pair *pairs)
{
    size_t n = 0;
    for (size_t c = 0; c < l->n; c++)
        pairs[c] = (struct pair){l->level[COMPONENT_INDEX][c], l->level[COMPONENT_TOKEN][c], 1};
    qsort(pairs, l->n, sizeof *pairs, by_token);
    for (size_t c = 0; c < l->n; c++) {
        if (n && pairs[n - 1].token == pairs[c].token && pairs[n - 1].index == pairs[c].index)
            pairs[n - 1].n++;
        else
            pairs[n++] = pairs[c];
    }
    return n;
}

/* How many parts the layout falls into, between which no index and no token is shared. of [levels of both] is scratch. */
static size_t parts_of(const struct layout *l, const struct pair *pairs, size_t n, size_t *of)
{
    size_t nodes = l->levels[0] + l->levels[1], parts = nodes;
    for (size_t i = 0; i < nodes; i++)
        of[i] = i;
    for (size_t p = 0; p < n; p++) {
        size_t a = pairs[p].index, b = l->levels[0] + pairs[p].token;
        while (of[a] != a)
            a = of[a] = of[of[a]];
        while (of[b] != b)
            b = of[b] = of[of[b]];
        parts -= a != b;
        of[a] = b;
    }
    return parts;
}

/* out = A x, A = diag(n_i·) − Σ_j n_·j⁻¹ n_ij n_i'j: the normal equations of indices once tokens are taken out. */
static void apply(const struct layout *l, const struct pair *pairs, size_t n, const double *x, double *out)
{
    for (size_t i = 0; i < l->levels[0]; i++)
        out[i] = (double)l->count[0][i] * x[i];
    for (size_t at = 0, end; at < n; at = end) {
        double sum = 0;
        for (end = at; end < n && pairs[end].token == pairs[at].token; end++)
            sum += pairs[end].n * x[pairs[end].index];
        sum /= (double)l->count[1][pairs[at].token];
        for (size_t p = at; p < end; p++)
            out[pairs[p].index] -= pairs[p].n * sum;
    }
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The squares that indices take beyond tokens: b·x of A x = b, by conjugate gradients (Hestenes & Stiefel 1952); the system is
 * singular and has a solution. work [5·indices]. */
static double squares_beyond(const struct layout *l, const struct pair *pairs, size_t n, double *work)
{
    size_t m = l->levels[0];
    double *b = work, *x = work + m, *r = work + 2 * m, *p = work + 3 * m, *q = work + 4 * m;
    for (size_t i = 0; i < m; i++)
        b[i] = x[i] = 0;
    for (size_t c = 0; c < l->n; c++)
        b[l->level[0][c]] += l->y[c] - l->mean[1][l->level[1][c]];
    for (size_t i = 0; i < m; i++)
        p[i] = r[i] = b[i];
    double rr = dot(r, r, m), first = rr;
    for (size_t step = 0; step < 4 * m + 20 && rr > 1e-26 * first && rr > 0; step++) {
        apply(l, pairs, n, p, q);
        double along = dot(p, q, m);
        if (!(along > 0))
            break;
        double a = rr / along, before = rr;
        for (size_t i = 0; i < m; i++) {
            x[i] += a * p[i];
            r[i] -= a * q[i];
        }
        rr = dot(r, r, m);
        for (size_t i = 0; i < m; i++)
            p[i] = r[i] + rr / before * p[i];
    }
    return dot(b, x, m);
}

/* Σ over levels of (cells)·(mean)², and Σ over pairs of n²/(cells of the factor's level). */
static double squares_of(const struct layout *l, int factor)
{
    double sum = 0;
    for (size_t i = 0; i < l->levels[factor]; i++)
        sum += (double)l->count[factor][i] * l->mean[factor][i] * l->mean[factor][i];
    return sum;
}

static double overlap(const struct layout *l, int factor, const struct pair *pairs, size_t n)
{
    double sum = 0;
    for (size_t p = 0; p < n; p++)
        sum += pairs[p].n * pairs[p].n / (double)l->count[factor][factor == COMPONENT_INDEX ? pairs[p].index : pairs[p].token];
    return sum;
}

static bool estimate(const struct layout *l, double *variance, struct err *err)
{
    struct pair *pairs = mem_new(l->n, sizeof *pairs, "variance components", err);
    double *work = mem_new(5 * l->levels[0], sizeof *work, "variance components", err), C = (double)l->n;
    size_t *of = mem_new(l->levels[0] + l->levels[1], sizeof *of, "variance components", err);
    bool ok = pairs && work && of;
    if (ok) {
        size_t n = pairs_of(l, pairs), rank = l->levels[0] + l->levels[1] - parts_of(l, pairs, n, of);
        double index = squares_beyond(l, pairs, n, work), both = squares_of(l, COMPONENT_TOKEN) + index;
        double token = both - squares_of(l, COMPONENT_INDEX), left = (double)(l->n - rank), all = dot(l->y, l->y, l->n);
        double cell = left > 0 ? (all - both) / left : NAN;
        double of_index = C - overlap(l, COMPONENT_TOKEN, pairs, n), of_token = C - overlap(l, COMPONENT_INDEX, pairs, n);
        variance[COMPONENT_RESIDUAL] = l->within / C;
        variance[COMPONENT_TEXT] = cell - variance[COMPONENT_RESIDUAL] / 2;
        variance[COMPONENT_INDEX] = of_index > 1e-9 * C ? (index - (double)(rank - l->levels[1]) * cell) / of_index : NAN;
        variance[COMPONENT_TOKEN] = of_token > 1e-9 * C ? (token - (double)(rank - l->levels[0]) * cell) / of_token : NAN;
    }
    free(pairs);
    free(work);
    free(of);
    return ok;
}

bool components(const struct component_cell *cells, size_t n, struct components *out, struct err *err)
{
    struct layout l;
    double sum = 0;
    bool known = true;
    *out = (struct components){0};
    for (int k = 0; k < COMPONENTS; k++)
        out->variance[k] = out->share[k] = NAN;
    if (!layout_of(cells, n, &l, err))
        return false;
    out->cells = l.n;
    bool ok = !l.n || estimate(&l, out->variance, err);
    layout_free(&l);
    for (int k = 0; k < COMPONENTS; k++) {
        known = known && !isnan(out->variance[k]);
        sum += out->variance[k] > 0 ? out->variance[k] : 0;
    }
    for (int k = 0; k < COMPONENTS && known && sum > 0; k++)
        out->share[k] = fmax(out->variance[k], 0) / sum;
    return ok;
}
