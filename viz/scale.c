/* Linear, square root, logarithmic and symmetric logarithmic scales. See scale.h. */
#include "viz/scale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"

static double linear(double size, double floor)
{
    (void)floor;
    return size;
}

static double square_root(double size, double floor)
{
    (void)floor;
    return sqrt(size);
}

static double logarithm(double size, double floor)
{
    return size > floor ? log(size / floor) : 0;
}

static double symmetric_logarithm(double size, double floor)
{
    return size <= floor ? size / floor : 1 + log(size / floor);
}

static const struct {
    const char *name;
    double floor;                             /* the default, 0: takes none */
    double (*of)(double size, double floor);  /* the function of |v|, before it is stretched to [0,1] */
} kinds[] = {
    [SCALE_LINEAR] = {"linear", 0, linear},
    [SCALE_SQRT] = {"sqrt", 0, square_root},
    [SCALE_LOG] = {"log", 1e-4, logarithm},
    [SCALE_SYMLOG] = {"symlog", 1, symmetric_logarithm},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

const char *scale_name(const struct scale *scale)
{
    return kinds[scale->kind].name;
}

double scale_floor(const struct scale *scale)
{
    return scale->floor > 0 ? scale->floor : kinds[scale->kind].floor;
}

/* Odd, except a logarithm that does not diverge: it is flat below its floor. */
static double warp(const struct scale *scale, double v)
{
    double w = kinds[scale->kind].of(fabs(v), scale_floor(scale));
    return v < 0 && scale->kind == SCALE_LOG && !scale->diverging ? 0 : copysign(w, v);
}

double scale_position(const struct scale *scale, double value)
{
    if (isnan(value))
        return NAN;
    double v = value < scale->lo ? scale->lo : value > scale->hi ? scale->hi : value;
    double lo = warp(scale, scale->lo), hi = warp(scale, scale->hi);
    if (!(hi > lo))
        return value > scale->lo ? 1 : 0;
    double position = (warp(scale, v) - lo) / (hi - lo);
    return position < 0 ? 0 : position > 1 ? 1 : position;
}

bool scale_parse(struct str text, struct scale *scale, struct err *err)
{
    struct str name = text, number = {0};
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] == ':') {
            name.n = i;
            number = (struct str){text.s + i + 1, text.n - i - 1};
            break;
        }
    }
    for (size_t k = 0; k < KINDS; k++) {
        if (!str_is(name, kinds[k].name))
            continue;
        double f = kinds[k].floor;
        if (name.n != text.n && (f == 0 || !number_real(number, &f) || f <= 0))
            break;
        scale->kind = (enum scale_kind)k;
        scale->floor = f;
        return true;
    }
    return err_set(err, ERR_ARG, "scale '%.*s': expected linear, sqrt, log, log:FLOOR, symlog or symlog:FLOOR, FLOOR > 0",
                   STR_ARGS(text));
}

bool scale_parse_clip(struct str text, struct scale *scale, struct err *err)
{
    double lo, hi;
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] == ':' && number_real((struct str){text.s, i}, &lo) &&
            number_real((struct str){text.s + i + 1, text.n - i - 1}, &hi) && lo >= 0 && lo < hi && hi <= 100) {
            scale->clip_lo = lo;
            scale->clip_hi = hi;
            return true;
        }
    }
    return err_set(err, ERR_ARG, "clip '%.*s': expected LOW:HIGH in percent, 0 ≤ LOW < HIGH ≤ 100, as 2:98",
                   STR_ARGS(text));
}

void scale_print(const struct scale *scale, struct buf *out)
{
    buf_puts(out, scale_name(scale));
    if (kinds[scale->kind].floor > 0)
        buf_printf(out, ":%g", scale_floor(scale));
}

/* ---- ticks ---- */

static double nice_step(double width, size_t want)
{
    double raw = width / (double)(want ? want : 1), power = pow(10, floor(log10(raw)));
    double unit = raw / power;
    return power * (unit <= 1.0001 ? 1 : unit <= 2.0001 ? 2 : unit <= 5.0001 ? 5 : 10);
}

static size_t linear_ticks(double lo, double hi, size_t want, double *out)
{
    double step = nice_step(hi - lo, want), slack = 1e-9 * (hi - lo);
    size_t n = 0;
    if (!isfinite(step) || step <= 0)
        return 0;
    for (double k = ceil((lo - slack) / step); k * step <= hi + slack && n < TICKS_MAX; k++)
        out[n++] = k == 0 ? 0 : k * step;
    return n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Powers of ten and, where few of them are inside, their multiples; with a sign where the scale has one. */
static size_t log_ticks(const struct scale *scale, size_t want, double *out)
{
    double f = scale_floor(scale), top = fmax(fabs(scale->lo), fabs(scale->hi));
    double decades = log10(top / f);
    bool fine = decades * 2 <= (double)want;
    double stride = fmax(1, ceil(decades / (double)(want ? want : 1)));
    size_t n = 0;
    bool zero = scale->lo <= 0 && scale->hi >= 0 && (scale->diverging || scale->kind == SCALE_SYMLOG);
    if (zero)
        out[n++] = 0;
    for (double e = floor(log10(f)); e <= log10(top) + 1e-9 && n + 6 <= TICKS_MAX; e += stride) {
        for (int m = 1; m <= (fine ? 5 : 1); m = m == 1 ? 2 : m == 2 ? 5 : 10) {
            double v = m * pow(10, e);
            if (v < f * (1 - 1e-9))
                continue;
            if (v >= scale->lo && v <= scale->hi)
                out[n++] = v;
            if (-v >= scale->lo && -v <= scale->hi && scale->lo < 0)
                out[n++] = -v;
        }
    }
    qsort(out, n, sizeof *out, by_value);
    return n;
}

size_t scale_ticks(const struct scale *scale, size_t want, double ticks_out[TICKS_MAX])
{
    if (!(scale->hi > scale->lo) || !isfinite(scale->hi - scale->lo))
        return 0;
    want = want < 1 ? 1 : want > TICKS_MAX / 2 ? TICKS_MAX / 2 : want;
    if (kinds[scale->kind].floor > 0)
        return log_ticks(scale, want, ticks_out);
    return linear_ticks(scale->lo, scale->hi, want, ticks_out);
}

/* A number as short as `decimals` allow, with "1e-04" told as "1e-4"; `trim`: without zeros at its end. */
static void put_number(struct buf *out, double value, int decimals, bool exponent, bool trim)
{
    char text[400];
    size_t n = (size_t)snprintf(text, sizeof text, exponent ? "%.*e" : "%.*f", decimals, value);
    char *e = exponent ? memchr(text, 'e', n) : NULL;
    if (!e && !trim) {
        buf_add(out, text, n);
        return;
    }
    char *end = e ? e : text + n;
    if (memchr(text, '.', (size_t)(end - text))) {
        while (end > text && end[-1] == '0')
            end--;
        if (end > text && end[-1] == '.')
            end--;
    }
    buf_add(out, text, (size_t)(end - text));
    if (e)
        buf_printf(out, "e%d", atoi(e + 1));
}

void scale_label(struct buf *out, double value, double step, bool typographic)
{
    double size = fabs(value);
    if (!isfinite(value)) {
        buf_puts(out, isnan(value) ? "nan" : value > 0 ? "inf" : typographic ? "−inf" : "-inf");
        return;
    }
    double scale = step > 0 ? step : size > 0 ? size / 100 : 1;
    double digits = -floor(log10(scale) + 1e-9);
    if (value < 0 && !(step > 0 && digits <= 4 && size < 0.5 * pow(10, -fmax(digits, 0)))) /* no "-0.0" */
        buf_puts(out, typographic ? "−" : "-");
    if (size == 0 && (digits > 4 || digits < 0))
        buf_char(out, '0');
    else if (digits > (step > 0 ? 4 : 5) || size >= 1e6)
        put_number(out, size, step > 0 ? (int)fmin(fmax(floor(log10(fmax(size, 1e-300))) - floor(log10(scale)), 0), 3) : 2,
                   true, true);
    else
        put_number(out, size, (int)fmax(digits, 0), false, step == 0);
}
