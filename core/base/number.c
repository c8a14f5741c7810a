/* Numbers and ranges. See number.h.
 *
 * Floats by the thousand (number_parse): digits are gathered eight at a time; a mantissa below 2^53 and a power of ten up to 22 are exact
 * as doubles, so that one division or multiplication gives the nearest double (Clinger 1990), and that rounds to the nearest
 * float unless it lies half-way between two; what is longer goes to strtof. */
#include "core/base/number.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- whole numbers ---- */

bool number_take(struct str text, size_t *at, long *out)
{
    size_t i = *at;
    bool negative = i < text.n && text.s[i] == '-';
    i += negative;
    if (i >= text.n || text.s[i] < '0' || text.s[i] > '9')
        return false;
    long n = 0;
    for (; i < text.n && text.s[i] >= '0' && text.s[i] <= '9'; i++) {
        long digit = text.s[i] - '0';
        n = n <= (NUMBER_MOST - digit) / 10 ? n * 10 + digit : NUMBER_MOST;
    }
    *out = negative ? -n : n;
    *at = i;
    return true;
}

bool number_whole(struct str text, long *out)
{
    size_t at = text.n && text.s[0] == '+';
    return !(at && text.n > 1 && text.s[1] == '-') && number_take(text, &at, out) && at == text.n;
}

bool number_range(struct str text, long *from, long *to)
{
    size_t at = 0;
    if (!number_take(text, &at, from))
        return false;
    *to = *from;
    if (at < text.n && text.s[at] == '-') {
        at++;
        if (!number_take(text, &at, to))
            return false;
    }
    return at == text.n;
}

/* ---- numbers ---- */

bool number_unit(struct str text, double *out, struct str *unit)
{
    char copy[64], *end = copy;
    size_t n = 0;
    while (n < text.n && n < sizeof copy - 1 && text.s[n] && strchr("0123456789+-.eE", text.s[n])) {
        copy[n] = text.s[n];
        n++;
    }
    copy[n] = 0;
    *out = strtod(copy, &end);
    *unit = (struct str){text.s + (end - copy), text.n - (size_t)(end - copy)};
    return end > copy && isfinite(*out);
}

bool number_real(struct str text, double *out)
{
    struct str rest;
    return number_unit(text, out, &rest) && rest.n == 0;
}

void number_put(struct buf *out, double value)
{
    size_t begin = out->n;
    buf_printf(out, "%.3f", fabs(value) < 0.0005 ? 0 : value);
    while (out->n > begin && out->data[out->n - 1] == '0')
        out->n--;
    if (out->n > begin && out->data[out->n - 1] == '.')
        out->n--;
}

/* ---- floats ---- */

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
static const uint64_t whole_powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

static bool is_end(const char *s, const char *end)
{
    return s == end || *s == ' ' || *s == '\n' || *s == '\t' || *s == '\r';
}

/* The system's reading, of a copy that ends in NUL. */
static const char *slow(const char *s, const char *end, float *out)
{
    char copy[512];
    size_t n = 0;
    while (n < sizeof copy - 1 && !is_end(s + n, end)) {
        copy[n] = s[n];
        n++;
    }
    copy[n] = 0;
    char *stop = copy;
    if (n == 0 || n == sizeof copy - 1 || strpbrk(copy, "xXpP("))
        return NULL;
    *out = strtof(copy, &stop);
    return *stop || stop == copy ? NULL : s + n;
}

/* How many of the eight bytes (the first lowest) are leading digits. */
static unsigned leading_digits(uint64_t bytes)
{
    uint64_t x = bytes ^ 0x3030303030303030u;                               /* digits become 0 … 9 */
    uint64_t other = (x | (x + 0x7676767676767676u)) & 0x8080808080808080u; /* set where above 9 */
    return other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
}

/* The number that eight digits stand for, the first lowest in memory. */
static uint64_t eight_digits(uint64_t bytes)
{
    bytes &= 0x0f0f0f0f0f0f0f0fu;
    bytes = bytes * 10 + (bytes >> 8);
    return ((bytes & 0x000000ff000000ffu) * 0x000f424000000064u + (bytes >> 16 & 0x000000ff000000ffu) * 0x0000271000000001u) >>
           32;
}

/* Gather digits into *mantissa; returns behind them. *mantissa may wrap where there are more than 19: the caller counts. */
static const char *digits(const char *s, const char *end, uint64_t *mantissa)
{
    uint64_t m = *mantissa, bytes;
    while (end - s >= 8) {
        memcpy(&bytes, s, 8);
        unsigned n = leading_digits(bytes);
        if (n == 0)
            break;
        m = m * whole_powers[n] + (n == 8 ? eight_digits(bytes) : eight_digits(bytes << 8 * (8 - n)));
        s += n;
        if (n < 8)
            break;
    }
    while (s < end && *s >= '0' && *s <= '9' && end - s < 8)
        m = m * 10 + (uint64_t)(*s++ - '0');
    *mantissa = m;
    return s;
}

/* One digit, a point and up to fifteen digits, as nearly all files have them: with few branches that depend on the number. The
 * next 24 bytes are there. NULL where it is not of that form. */
static inline const char *common(const char *s, float *out)
{
    size_t negative = *s == '-';
    s += negative;
    uint64_t first = (uint64_t)(unsigned char)*s - '0', bytes;
    memcpy(&bytes, s + 2, 8);
    unsigned n = leading_digits(bytes);
    if (first > 9 || s[1] != '.' || n == 0)
        return NULL;
    uint64_t mantissa = first * whole_powers[n] + eight_digits(bytes << 8 * (8 - n));
    if (n == 8) {
        memcpy(&bytes, s + 10, 8);
        unsigned more = leading_digits(bytes);
        if (more == 8)
            return NULL;
        if (more)
            mantissa = mantissa * whole_powers[more] + eight_digits(bytes << 8 * (8 - more));
        n += more;
    }
    if ((s[2 + n] != ' ' && s[2 + n] != '\n') || mantissa >> 53)
        return NULL;
    double value = (double)mantissa / powers[n];
    uint64_t bits;
    memcpy(&bits, &value, 8);
    if ((bits & 0x1fffffff) == 0x10000000 || (mantissa && value < 1.2e-38))
        return NULL;
    bits |= negative << 63;
    memcpy(&value, &bits, 8);
    *out = (float)value;
    return s + 2 + n;
}

const char *number_parse(const char *s, const char *end, float *out)
{
    const char *begin = s, *quick = end - s >= 24 ? common(s, out) : NULL;
    if (quick)
        return quick;
    bool negative = s < end && *s == '-';
    s += negative || (s < end && *s == '+');
    uint64_t mantissa = 0;
    const char *first = s, *stop = digits(s, end, &mantissa);
    long count = stop - first, scale = 0;
    s = stop;
    if (s < end && *s == '.') {
        stop = digits(++s, end, &mantissa);
        scale = s - stop;
        count += stop - s;
        s = stop;
    }
    if (count == 0 || count > 19 || mantissa >> 53)
        return slow(begin, end, out);
    if (s < end && (*s == 'e' || *s == 'E')) {
        const char *at = s + 1;
        bool minus = at < end && *at == '-';
        long power = 0;
        at += minus || (at < end && *at == '+');
        const char *from = at;
        while (at < end && *at >= '0' && *at <= '9' && at - from < 4)
            power = power * 10 + (*at++ - '0');
        if (at == from)
            return NULL;
        scale += minus ? -power : power;
        s = at;
    }
    if (!is_end(s, end) || scale < -22 || scale > 22)
        return slow(begin, end, out);
    double value = scale < 0 ? (double)mantissa / powers[-scale] : (double)mantissa * powers[scale];
    uint64_t bits;
    memcpy(&bits, &value, 8);
    if ((bits & 0x1fffffff) == 0x10000000 || (value < 1.2e-38 && value > 0)) /* half-way between floats, or a subnormal one */
        return slow(begin, end, out);
    *out = (float)(negative ? -value : value);
    return s;
}
