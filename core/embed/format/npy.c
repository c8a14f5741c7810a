/* NumPy's .npy (numpy.lib.format, versions 1 to 3): a matrix [V,E] of little-endian floats, and its words, one a line, in
 * words=FILE or in PATH.vocab.
 *
 *   0         6  7  8        10 (version 1: u16) or 12 (u32)
 *   | \x93NUMPY | major | minor | length | {'descr': '<f4', 'fortran_order': False, 'shape': (V, E), } | data | */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/source.h"
#include "core/embed/format/format.h"
#include "core/embed/vectors.h"

static bool recognises(const struct source *source)
{
    return source->size >= 10 && memcmp(source->data, "\x93NUMPY", 6) == 0;
}

/* The text behind 'KEY': in the header, up to `stop`. */
static struct str value_of(struct str header, const char *key, char stop)
{
    const char *at = memmem(header.s, header.n, key, strlen(key)), *end = header.s + header.n;
    at = at ? memchr(at + strlen(key), ':', (size_t)(end - at) - strlen(key)) : NULL;
    if (!at)
        return (struct str){0};
    for (at++; at < end && *at == ' ';)
        at++;
    const char *last = memchr(at, stop, (size_t)(end - at));
    return last ? (struct str){at, (size_t)(last - at)} : (struct str){0};
}

static bool read_shape(struct str text, size_t shape[2])
{
    size_t n = 0;
    for (size_t i = 1; i < text.n;) { /* behind "(" */
        size_t digits = 0, value = 0;
        for (; i < text.n && text.s[i] >= '0' && text.s[i] <= '9' && digits < 19; i++, digits++)
            value = value * 10 + (size_t)(text.s[i] - '0');
        if (!digits || n == 2)
            return false;
        shape[n++] = value;
        while (i < text.n && (text.s[i] == ',' || text.s[i] == ' '))
            i++;
    }
    return n == 2;
}

static bool read_header(struct vectors *v, size_t *data_at, bool *columns_out, struct err *err)
{
    static const struct {
        const char *descr;
        const struct dtype *dtype;
    } types[] = {{"<f4", &DTYPE_F32}, {"<f2", &DTYPE_F16}, {"<f8", &DTYPE_F64}};
    const unsigned char *d = v->source->data;
    size_t at = d[6] == 1 ? 10 : 12, n = d[8] | (size_t)d[9] << 8, shape[2];
    if (d[6] < 1 || d[6] > 3)
        return err_set(err, ERR_UNSUPPORTED, "%s: .npy version %d is not read", v->path, d[6]);
    if (v->source->size < at)
        return err_set(err, ERR_FORMAT, "%s: %zu bytes are too few for a .npy header", v->path, v->source->size);
    if (d[6] > 1)
        n |= (size_t)d[10] << 16 | (size_t)d[11] << 24;
    if (n > v->source->size - at)
        return err_set(err, ERR_FORMAT, "%s: a header of %zu bytes in a file of %zu: truncated", v->path, n, v->source->size);
    struct str header = {(const char *)d + at, n}, descr = value_of(header, "'descr'", ','),
               order = value_of(header, "'fortran_order'", ',');
    struct str dims = value_of(header, "'shape'", ')');
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (descr.n == 5 && memcmp(descr.s + 1, types[i].descr, 3) == 0)
            v->dtype = types[i].dtype;
    if (!v->dtype)
        return err_set(err, ERR_UNSUPPORTED, "%s: numbers of type %.*s; '<f4', '<f2' and '<f8' are read", v->path,
                       STR_ARGS(descr));
    while (order.n && order.s[order.n - 1] == ' ')
        order.n--;
    *columns_out = str_is(order, "True");
    if (!*columns_out && !str_is(order, "False"))
        return err_set(err, ERR_FORMAT, "%s: fortran_order is \"%.*s\", not True or False", v->path, STR_ARGS(order));
    if (!read_shape(dims, shape))
        return err_set(err, ERR_FORMAT, "%s: a matrix [words, dimensions] is needed, the shape is %.*s)", v->path,
                       STR_ARGS(dims));
    v->V = shape[0];
    v->E = shape[1];
    *data_at = at + n;
    return true;
}

/* One word a line; borrowed from the bytes, which the arena holds. */
static bool read_words(struct vectors *v, const char *path, struct err *err)
{
    struct source *source = source_text(path, "a list of words", err);
    struct str text;
    if (!source)
        return false;
    bool ok = arena_str(v->arena, (struct str){(const char *)source->data, source->size}, &text, err);
    source_free(source);
    struct str *words = ok ? arena_alloc(v->arena, v->V, sizeof *words, "words", err) : NULL;
    if (!words)
        return false;
    size_t n = 0;
    for (const char *s = text.s, *end = text.s + text.n; s < end; n++) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        size_t length = (size_t)((stop ? stop : end) - s);
        if (n < v->V)
            words[n] = (struct str){s, length && s[length - 1] == '\r' ? length - 1 : length};
        s = stop ? stop + 1 : end;
    }
    v->words = words;
    return n == v->V ||
           err_set(err, ERR_FORMAT, "%s: %zu word%s, but %s holds %zu rows", path, n, n == 1 ? "" : "s", v->path, v->V);
}

/* A matrix that lies column by column (fortran_order, as of a transposed array): copied row by row. */
static bool turn(struct vectors *v, struct err *err)
{
    size_t bytes = v->dtype->bytes;
    unsigned char *rows = arena_alloc(v->arena, v->V * v->E, bytes, "vectors", err);
    if (!rows)
        return false;
    for (size_t i = 0; i < v->V && !cancel_requested(); i++)
        for (size_t d = 0; d < v->E; d++)
            memcpy(rows + (i * v->E + d) * bytes, (const unsigned char *)v->data + (d * v->V + i) * bytes, bytes);
    v->data = rows;
    return !cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled");
}

static bool open_npy(struct vectors *v, const struct vectors_options *options, struct err *err)
{
    size_t at = 0, numbers, bytes;
    bool columns = false;
    if (!read_header(v, &at, &columns, err))
        return false;
    if (!size_mul(v->V, v->E, &numbers) || !dtype_size(v->dtype, numbers, &bytes) || bytes != v->source->size - at)
        return err_set(err, ERR_FORMAT, "%s: %zu bytes behind the header, [%zu,%zu] of %s needs %zu of each", v->path,
                       v->source->size - at, v->V, v->E, v->dtype->name, v->dtype->bytes);
    if (v->V == 0 || v->E == 0)
        return true;
    v->data = v->source->data + at;
    v->stride = v->E * v->dtype->bytes;
    if (columns && !turn(v, err))
        return false;
    struct buf path = {0};
    buf_printf(&path, "%s.vocab", v->path);
    bool ok = buf_ok(&path, err);
    if (ok && !options->words && !file_exists(buf_cstr(&path)))
        ok = err_set(err, ERR_NOT_FOUND, "%s: its words are missing: words=FILE names a file with one a line, or %s holds them",
                     v->path, buf_cstr(&path));
    ok = ok && read_words(v, options->words ? options->words : buf_cstr(&path), err);
    buf_free(&path);
    return ok;
}

static bool put_words(const struct vectors *v, const char *path, struct err *err)
{
    struct out out;
    if (!out_open(path, &out, err))
        return false;
    for (size_t i = 0; i < v->V; i++) {
        if (memchr(v->words[i].s, '\n', v->words[i].n)) {
            out_abort(&out);
            return err_set(err, ERR_UNSUPPORTED, "%s: word %zu holds a line end: it cannot stand in a list of words", path,
                           i + 1);
        }
        if (!out_write(&out, v->words[i].s, v->words[i].n, err) || !out_write(&out, "\n", 1, err)) {
            out_abort(&out);
            return false;
        }
    }
    return out_commit(&out, err);
}

static bool put_npy(const struct vectors *v, const char *path, struct out *out, struct err *err)
{
    char header[128];
    if (!path)
        return err_set(err, ERR_ARG, "npy needs a file: the words go beside it, into FILE.vocab");
    int n = snprintf(header, sizeof header, "\x93NUMPY\x01%c%c%c{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }",
                     0, 118, 0, v->V, v->E);
    memset(header + n, ' ', sizeof header - (size_t)n);
    header[127] = '\n';
    float *row = mem_new(v->E, sizeof *row, "a vector", err);
    bool ok = row && out_write(out, header, sizeof header, err);
    for (size_t i = 0; ok && i < v->V; i++) {
        vectors_row(v, i, row);
        ok = out_write(out, row, v->E * sizeof *row, err);
    }
    free(row);
    struct buf vocab = {0};
    buf_printf(&vocab, "%s.vocab", path);
    /* A disk that is full is met before the old words are replaced. */
    ok = ok && buf_ok(&vocab, err) && out_flush(out, err) && put_words(v, buf_cstr(&vocab), err);
    buf_free(&vocab);
    return ok;
}

const struct vectors_format vectors_npy = {
    .name = "npy",
    .summary = "NumPy matrix, its words in FILE.vocab or words=FILE",
    .extensions = "npy",
    .recognises = recognises,
    .open = open_npy,
    .write = put_npy,
    .takes_words = true,
    .beside = true,
};
