/* The range of a picture's scale, from its data. See picture_fit_scale in picture.h. */
#include "viz/scale.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/extent.h"

static struct extent extent_of(const struct picture *picture)
{
    struct extent e = EXTENT_NONE;
    for (size_t p = 0; p < picture->n_panels; p++)
        extent_add(&e, picture->panels[p].values, picture->panels[p].rows * picture->panels[p].cols);
    return e;
}

/* The k-th smallest of v[n], reordering v (Hoare's selection). */
static float select_nth(float *v, size_t n, size_t k)
{
    ptrdiff_t lo = 0, hi = (ptrdiff_t)n - 1, want = (ptrdiff_t)k;
    while (lo < hi) {
        float pivot = v[lo + (hi - lo) / 2];
        ptrdiff_t i = lo, j = hi;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                float swap = v[i];
                v[i++] = v[j];
                v[j--] = swap;
            }
        }
        if (want <= j)
            hi = j;
        else if (want >= i)
            lo = i;
        else
            break;
    }
    return v[k];
}

/* Narrow to percentiles (nearest rank). Without memory for the copy the full range stays. */
static void clip(const struct picture *picture, struct extent *e)
{
    double low = picture->scale.clip_lo, high = picture->scale.clip_hi;
    if (high <= 0 || high > 100)
        high = 100;
    if (e->n == 0 || (low <= 0 && high >= 100) || low >= high)
        return;
    float *v = malloc(e->n * sizeof *v);
    if (!v)
        return;
    size_t n = 0;
    for (size_t p = 0; p < picture->n_panels; p++)
        for (size_t i = 0; i < picture->panels[p].rows * picture->panels[p].cols; i++)
            if (isfinite(picture->panels[p].values[i]))
                v[n++] = picture->panels[p].values[i];
    double last = (double)(n - 1);
    e->lo = select_nth(v, n, (size_t)floor(fmax(low, 0) / 100 * last + 0.5));
    e->hi = select_nth(v, n, (size_t)floor(high / 100 * last + 0.5));
    free(v);
}

static void fit_diverging(struct scale *s, const struct extent *e)
{
    double most = 0;
    if (!isnan(s->lo) || !isnan(s->hi))
        most = fmax(isnan(s->lo) ? 0 : fabs(s->lo), isnan(s->hi) ? 0 : fabs(s->hi));
    else if (e->n)
        most = fmax(fabs((double)e->lo), fabs((double)e->hi));
    if (!(most > 0) || !isfinite(most))
        most = 1;
    if (s->kind == SCALE_LOG && most <= s->floor)
        most = s->floor * 10;
    s->lo = -most;
    s->hi = most;
}

void picture_fit_scale(struct picture *picture)
{
    struct scale *s = &picture->scale;
    struct extent e = extent_of(picture);
    clip(picture, &e);
    s->floor = scale_floor(s);
    if (s->diverging) {
        fit_diverging(s, &e);
        return;
    }
    double lo = e.n ? (double)e.lo : 0, hi = e.n ? (double)e.hi : 1;
    if (lo >= 0 && (lo <= hi / 2 || lo == hi)) /* what cannot be negative starts at 0, unless far from it */
        lo = 0;
    if (hi <= 0 && lo == hi)
        hi = 0;
    if (s->kind == SCALE_LOG)
        lo = s->floor;
    if (!isnan(s->lo))
        lo = s->lo;
    if (!isnan(s->hi))
        hi = s->hi;
    if (!(hi > lo)) {
        if (isnan(s->hi) || !isnan(s->lo))
            hi = s->kind == SCALE_LOG ? lo * 10 : lo + fmax(1, fabs(lo) * 1e-3);
        else
            lo = hi - fmax(1, fabs(hi) * 1e-3);
    }
    s->lo = lo;
    s->hi = hi;
}
