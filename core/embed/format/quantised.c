/* Rows out of codes. See quantised.h. */
#include "core/embed/format/quantised.h"

#include <string.h>

enum { CENTROIDS = 256 };

/* The next `n` bytes, or NULL. */
static const unsigned char *take(const unsigned char **at, const unsigned char *end, size_t n)
{
    const unsigned char *here = *at;
    if (n > (size_t)(end - here))
        return NULL;
    *at = here + n;
    return here;
}

static bool take_number(const unsigned char **at, const unsigned char *end, size_t bytes, size_t *out)
{
    const unsigned char *p = take(at, end, bytes);
    *out = 0;
    for (size_t i = bytes; p && i-- > 0;)
        *out = *out << 8 | p[i];
    return p && *out <= (size_t)1 << 40; /* more than any, and no negative number */
}

static bool read_quantiser(const unsigned char **at, const unsigned char *end, size_t columns, struct quantiser *q)
{
    size_t bytes;
    return take_number(at, end, 4, &q->columns) && take_number(at, end, 4, &q->parts) && take_number(at, end, 4, &q->width) &&
           take_number(at, end, 4, &q->last) && q->columns == columns && q->parts > 0 && q->width > 0 && q->last > 0 &&
           q->last <= q->width && q->parts <= columns && (q->parts - 1) * q->width + q->last == columns &&
           size_mul(columns, CENTROIDS * sizeof(float), &bytes) && (q->centroids = take(at, end, bytes));
}

static bool read_codes(const unsigned char **at, const unsigned char *end, struct quantised *q, size_t *parts_out)
{
    size_t apart, n;
    if (!take_number(at, end, 1, &apart) || !take_number(at, end, 8, &q->rows) || !take_number(at, end, 8, &q->columns) ||
        !take_number(at, end, 4, &n) || q->columns == 0 || apart > 1)
        return false;
    *parts_out = q->rows ? n / q->rows : 0;
    q->codes = take(at, end, n);
    if (!q->codes || *parts_out * q->rows != n || !read_quantiser(at, end, q->columns, &q->quantiser))
        return false;
    return !apart || ((q->norm_codes = take(at, end, q->rows)) && read_quantiser(at, end, 1, &q->norms));
}

bool quantised_read(const unsigned char **at, const unsigned char *end, const char *path, struct quantised *out, struct err *err)
{
    size_t parts;
    *out = (struct quantised){0};
    if (read_codes(at, end, out, &parts) && (parts == out->quantiser.parts || !out->rows))
        return true;
    return err_set(err, ERR_FORMAT, "%s: the quantised matrix is cut short or damaged: [%zu,%zu]", path, out->rows, out->columns);
}

static float number_at(const unsigned char *floats, size_t i)
{
    float value;
    memcpy(&value, floats + i * sizeof value, sizeof value);
    return value;
}

void quantised_add(const struct quantised *q, size_t i, float *sum)
{
    const struct quantiser *z = &q->quantiser;
    const unsigned char *code = q->codes + i * z->parts;
    float length = q->norm_codes ? number_at(q->norms.centroids, q->norm_codes[i]) : 1;
    for (size_t part = 0; part < z->parts; part++) {
        size_t width = part + 1 < z->parts ? z->width : z->last;
        size_t from = part * CENTROIDS * z->width + code[part] * width;
        for (size_t d = 0; d < width; d++)
            sum[part * z->width + d] += length * number_at(z->centroids, from + d);
    }
}
