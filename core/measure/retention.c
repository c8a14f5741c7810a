/* Ratios of means over texts. See retention.h. */
#include "core/measure/retention.h"

#include <math.h>

/* ---- Student's distribution ---- */

/* The continued fraction of the incomplete beta function, by Lentz's method (Thompson & Barnett 1986). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1), h;
    d = 1 / (fabs(d) < tiny ? tiny : d);
    h = d;
    for (int m = 1; m < 500; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double steps[] = {even, odd}, last = h;
        for (int k = 0; k < 2; k++) {
            d = 1 + steps[k] * d;
            c = 1 + steps[k] / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            h *= d * c;
        }
        if (fabs(h - last) < 1e-15 * fabs(h))
            break;
    }
    return h;
}

/* I_x(a,b), regularised. */
static double incomplete_beta(double a, double b, double x)
{
    if (x <= 0 || x >= 1)
        return x >= 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_tail(double t, double df)
{
    if (isnan(t))
        return NAN;
    if (isinf(t))
        return t < 0;
    double tail = 0.5 * incomplete_beta(df / 2, 0.5, df / (df + t * t));
    return t >= 0 ? tail : 1 - tail;
}

double student_quantile(double p, double df)
{
    double low = -1, high = 1;
    while (student_tail(low, df) < p)
        low *= 2;
    while (student_tail(high, df) > p)
        high *= 2;
    for (int step = 0; step < 200 && high - low > 1e-12 * (1 + fabs(low)); step++) {
        double middle = (low + high) / 2;
        if (student_tail(middle, df) > p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* ---- means over texts ---- */

struct moments {
    size_t n;
    double x, y, xx, yy, xy; /* means; variances and covariance of those means */
};

static struct moments moments_of(const double *x, const double *y, size_t n)
{
    struct moments m = {0};
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]) && !isnan(y[i])) {
            m.x += x[i];
            m.y += y[i];
            m.n++;
        }
    if (!m.n)
        return m;
    m.x /= (double)m.n;
    m.y /= (double)m.n;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]) && !isnan(y[i])) {
            m.xx += (x[i] - m.x) * (x[i] - m.x);
            m.yy += (y[i] - m.y) * (y[i] - m.y);
            m.xy += (x[i] - m.x) * (y[i] - m.y);
        }
    double scale = m.n > 1 ? 1 / ((double)(m.n - 1) * (double)m.n) : NAN;
    m.xx *= scale;
    m.yy *= scale;
    m.xy *= scale;
    return m;
}

/* p that mean(x) − r·mean(y) is not above 0 (sign 1), or not below it (sign −1). */
static double one_sided(const struct moments *m, double r, double sign)
{
    double mean = sign * (m->x - r * m->y), variance = m->xx - 2 * r * m->xy + r * r * m->yy;
    if (m->n < 2)
        return 1;
    if (variance <= 0)
        return mean > 0 ? 0 : 1;
    return student_tail(mean / sqrt(variance), (double)(m->n - 1));
}

/* Where the two one-sided tests of 5 % turn: the roots of (x − r·y)² = t²·var(x − r·y). */
static void fieller(const struct moments *m, double *low_out, double *high_out)
{
    *low_out = -INFINITY;
    *high_out = INFINITY;
    if (m->n < 2)
        return;
    double t = student_quantile(0.05, (double)(m->n - 1)), tt = t * t;
    double a = m->y * m->y - tt * m->yy, b = m->x * m->y - tt * m->xy, c = m->x * m->x - tt * m->xx;
    double root = b * b - a * c;
    if (a <= 0 || root < 0 || m->y <= 0)
        return; /* the base is not clear of 0: every ratio is possible */
    *low_out = (b - sqrt(root)) / a;
    *high_out = (b + sqrt(root)) / a;
}

static double within(const struct moments *m, double low, double high)
{
    double above = one_sided(m, low, 1), below = one_sided(m, high, -1);
    return above > below ? above : below;
}

void retention(const double *changed, const double *base, size_t n, struct retention *out)
{
    struct moments m = moments_of(changed, base, n);
    *out = (struct retention){.value = m.n ? m.x / m.y : NAN, .texts = m.n};
    fieller(&m, &out->low, &out->high);
    out->holds = within(&m, RETENTION_LOW, RETENTION_HIGH);
    out->holds_wide = within(&m, RETENTION_WIDE_LOW, RETENTION_WIDE_HIGH);
    out->fails = one_sided(&m, RETENTION_LOST, -1);
}

double mean_above(const double *x, size_t n, double than)
{
    struct moments m = moments_of(x, x, n);
    if (m.n < 2)
        return 1;
    m.xx = m.xx > 0 ? m.xx : 0;
    m.x -= than;
    m.xy = m.yy = 0;
    return one_sided(&m, 0, 1);
}
