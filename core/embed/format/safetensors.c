/* safetensors with a matrix `vectors` [V,E] (or tensor=NAME, or the only matrix of floats) and `words` U8, newline-separated.
 *
 *   0        8               8+N                      size
 *   | u64 N  | N bytes JSON  | tensors, row-major LE  | */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/source.h"
#include "core/embed/format/format.h"
#include "core/embed/vectors.h"

enum { MOST_HEADER = 100000000 };

static uint64_t header_size(const struct source *source)
{
    uint64_t n = 0;
    for (int i = 7; i >= 0; i--)
        n = n << 8 | source->data[i];
    return n;
}

static bool recognises(const struct source *source)
{
    return source->size >= 10 && header_size(source) <= (source->whole ? source->size - 8 : MOST_HEADER) && source->data[8] == '{';
}

struct entry {
    struct str name;
    const struct dtype *dtype;
    size_t shape[2], rank;
    const unsigned char *data;
    size_t bytes;
};

static bool read_entry(const struct vectors *v, struct str name, const struct json *json, struct entry *out, struct err *err)
{
    const struct source *source = v->source;
    size_t begin, end, numel = 1, bytes, data_at = 8 + (size_t)header_size(source);
    *out = (struct entry){
        .name = name, .dtype = dtype_named(json_str(json_get(json, "dtype"), "")), .rank = json_count(json_get(json, "shape"))};
    const struct json *offsets = json_get(json, "data_offsets");
    char what[500];
    snprintf(what, sizeof what, "%s: tensor %.*s: a size", v->path, STR_ARGS(name));
    if (!out->dtype || !json_is_array(json_get(json, "shape")) || out->rank > 2)
        return err_set(err, ERR_UNSUPPORTED, "%s: tensor %.*s: a known dtype and one or two sizes are needed", v->path,
                       STR_ARGS(name));
    for (size_t i = 0; i < out->rank; i++)
        if (!json_size(json_at(json_get(json, "shape"), i), what, &out->shape[i], err) || !size_mul(numel, out->shape[i], &numel))
            return err_set(err, ERR_FORMAT, "%s: tensor %.*s: its shape is none", v->path, STR_ARGS(name));
    if (!json_size(json_at(offsets, 0), what, &begin, err) || !json_size(json_at(offsets, 1), what, &end, err))
        return false;
    if (begin > end || end > source->size - data_at || !dtype_size(out->dtype, numel, &bytes) || bytes != end - begin)
        return err_set(err, ERR_FORMAT,
                       "%s: tensor %.*s: bytes [%zu,%zu) do not hold its %zu numbers, or lie outside the %zu bytes "
                       "of data",
                       v->path, STR_ARGS(name), begin, end, numel, source->size - data_at);
    out->data = source->data + data_at + begin;
    out->bytes = bytes;
    return true;
}

static bool is_matrix(const struct json *json)
{
    const struct dtype *dtype = dtype_named(json_str(json_get(json, "dtype"), ""));
    return dtype && dtype->is_float && json_count(json_get(json, "shape")) == 2;
}

/* tensor=NAME, else `vectors`, else the only matrix. */
static bool find_matrix(const struct vectors *v, const struct json *header, const char *wanted, struct entry *out,
                        struct err *err)
{
    struct json_cursor cursor = {0};
    struct str name, only = {0};
    const struct json *value, *found = json_get(header, wanted ? wanted : "vectors");
    struct buf there = {0};
    size_t n = 0;
    if (found)
        return read_entry(v, str_of(wanted ? wanted : "vectors"), found, out, err);
    while (json_next(header, &cursor, &name, &value))
        if (is_matrix(value)) {
            only = name;
            if (n++ < 20)
                buf_printf(&there, "%s%.*s", n > 1 ? ", " : "", STR_ARGS(name));
        }
    if (n == 1 && !wanted) {
        buf_free(&there);
        return read_entry(v, only, json_get_str(header, only), out, err);
    }
    err_set(err, ERR_NOT_FOUND, "%s: no tensor \"%s\"%s: tensor=NAME chooses one of %s", v->path, wanted ? wanted : "vectors",
            wanted ? "" : " and not one matrix alone", n ? buf_cstr(&there) : "none");
    buf_free(&there);
    return false;
}

static bool split_words(struct vectors *v, struct str text, const char *where, struct err *err)
{
    struct str *words = arena_alloc(v->arena, v->V, sizeof *words, "words", err);
    if (!words)
        return false;
    size_t n = 0;
    for (const char *s = text.s, *end = text.s + text.n; s < end; n++) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        if (n < v->V)
            words[n] = (struct str){s, (size_t)((stop ? stop : end) - s)};
        s = stop ? stop + 1 : end;
    }
    v->words = words;
    return n == v->V || err_set(err, ERR_FORMAT, "%s: %zu word%s in %s for %zu row%s", v->path, n, n == 1 ? "" : "s", where, v->V,
                                v->V == 1 ? "" : "s");
}

static bool open_words(struct vectors *v, const struct json *header, const char *file, struct err *err)
{
    struct entry words;
    if (!file && json_get(header, "words")) {
        if (!read_entry(v, STR("words"), json_get(header, "words"), &words, err))
            return false;
        if (strcmp(words.dtype->name, "U8") != 0)
            return err_set(err, ERR_FORMAT, "%s: tensor words is %s, U8 is needed", v->path, words.dtype->name);
        return split_words(v, (struct str){(const char *)words.data, words.bytes}, "tensor words", err);
    }
    if (!file)
        return err_set(err, ERR_NOT_FOUND, "%s: no tensor \"words\"; words=FILE names a file with one a line", v->path);
    struct source *source = source_text(file, "a list of words", err);
    struct str text;
    bool ok = source && arena_str(v->arena, (struct str){(const char *)source->data, source->size}, &text, err) &&
              split_words(v, text, file, err);
    source_free(source);
    return ok;
}

static bool open_safetensors(struct vectors *v, const struct vectors_options *options, struct err *err)
{
    struct entry matrix;
    struct json *header = json_parse((struct str){(const char *)v->source->data + 8, (size_t)header_size(v->source)}, v->path,
                                     JSON_STRICT_KEYS, err);
    bool ok = header && find_matrix(v, header, options->tensor, &matrix, err);
    if (ok && (matrix.rank != 2 || !matrix.dtype->is_float))
        ok = err_set(err, ERR_FORMAT, "%s: tensor %.*s is no matrix of floats", v->path, STR_ARGS(matrix.name));
    if (ok) {
        v->V = matrix.shape[0];
        v->E = matrix.shape[1];
        v->data = matrix.data;
        v->dtype = matrix.dtype;
        v->stride = v->V ? matrix.bytes / v->V : 0;
        ok = v->V == 0 || v->E == 0 || open_words(v, header, options->words, err);
    }
    json_free(header);
    return ok;
}

static bool put_safetensors(const struct vectors *v, const char *path, struct out *out, struct err *err)
{
    size_t bytes = v->V * v->E * sizeof(float), text = v->V - 1;
    (void)path;
    for (size_t i = 0; i < v->V; i++) {
        text += v->words[i].n;
        if (memchr(v->words[i].s, '\n', v->words[i].n))
            return err_set(err, ERR_UNSUPPORTED, "word %zu holds a line end: it cannot stand in a list of words", i + 1);
    }
    struct buf header = {0};
    buf_printf(&header,
               "{\"vectors\":{\"dtype\":\"F32\",\"shape\":[%zu,%zu],\"data_offsets\":[0,%zu]},"
               "\"words\":{\"dtype\":\"U8\",\"shape\":[%zu],\"data_offsets\":[%zu,%zu]}}",
               v->V, v->E, bytes, text, bytes, bytes + text);
    while (header.n % 8 && !header.failed)
        buf_char(&header, ' ');
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)header.n >> 8 * i);
    float *row = mem_new(v->E, sizeof *row, "a vector", err);
    bool ok = row && buf_ok(&header, err) && out_write(out, length, 8, err) && out_write(out, header.data, header.n, err);
    for (size_t i = 0; ok && i < v->V; i++) {
        vectors_row(v, i, row);
        ok = out_write(out, row, v->E * sizeof *row, err);
    }
    for (size_t i = 0; ok && i < v->V; i++)
        ok = (i == 0 || out_write(out, "\n", 1, err)) && out_write(out, v->words[i].s, v->words[i].n, err);
    free(row);
    buf_free(&header);
    return ok;
}

const struct vectors_format vectors_safetensors = {
    .name = "safetensors",
    .summary = "safetensors with vectors [V,E] and words U8, newline-separated",
    .extensions = "safetensors",
    .recognises = recognises,
    .open = open_safetensors,
    .write = put_safetensors,
    .takes_words = true,
    .takes_tensor = true,
};
