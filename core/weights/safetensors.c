/* safetensors, one file.
 *
 *   0        8               8+N                      size
 *   | u64 N  | N bytes JSON  | tensors, row-major LE  |
 *
 * The header maps names to {"dtype","shape","data_offsets":[begin,end)}, offsets counted from 8+N; the tensors
 * lie without holes or overlap. Data may be unaligned. `__metadata__` is no tensor; safetensors.torch.save_model
 * stores tensors that share memory once and keeps their other names there: {other name: name in the file}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/weights/weights.h"

enum { HEADER_LIMIT = 100000000 };

static int by_offset(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* Every byte of the data belongs to exactly one tensor. */
static bool check_holes(const struct weights *weights, size_t first, const struct file *file, size_t data_at, struct err *err)
{
    size_t n = weights->n - first;
    const unsigned char *at = file->data + data_at;
    if (n == 0)
        return file->size == data_at ||
               err_set(err, ERR_FORMAT, "%s: %zu bytes and no tensor that they belong to: truncated header or foreign data",
                       file->path, file->size - data_at);
    struct tensor *sorted = mem_new(n, sizeof *sorted, "a list of tensors", err);
    if (!sorted)
        return false;
    memcpy(sorted, weights->tensors + first, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_offset);
    bool ok = true;
    for (size_t i = 0; ok && i < n; at += sorted[i].bytes, i++)
        if (sorted[i].data != at)
            ok = err_set(err, ERR_FORMAT, "%s: tensor %.*s does not begin where the one before it ends", file->path,
                         STR_ARGS(sorted[i].name));
    if (ok && at != file->data + file->size)
        ok = err_set(err, ERR_FORMAT, "%s: %zu bytes after the last tensor: truncated header or foreign data", file->path,
                     (size_t)(file->data + file->size - at));
    free(sorted);
    return ok;
}

static bool read_tensor(struct weights *weights, const struct file *file, size_t data_at, struct str name,
                        const struct json *entry, bool alias, struct err *err)
{
    struct tensor tensor = {.name = name, .file = file->path};
    struct str type = json_str(json_get(entry, "dtype"), NULL);
    tensor.dtype = dtype_named(type);
    if (!tensor.dtype)
        return err_set(err, type.s ? ERR_UNSUPPORTED : ERR_FORMAT, "%s: tensor %.*s: unknown dtype \"%.*s\"", file->path,
                       STR_ARGS(name), STR_ARGS(type));
    const struct json *shape = json_get(entry, "shape"), *offsets = json_get(entry, "data_offsets");
    if (!json_is_array(shape) || !json_is_array(offsets) || json_count(offsets) != 2)
        return err_set(err, ERR_FORMAT, "%s: tensor %.*s: no shape or data_offsets", file->path, STR_ARGS(name));
    if (json_count(shape) > TENSOR_RANK)
        return err_set(err, ERR_UNSUPPORTED, "%s: tensor %.*s: rank %zu, at most %d is read", file->path, STR_ARGS(name),
                       json_count(shape), TENSOR_RANK);
    tensor.rank = (int)json_count(shape);
    char what[600];
    snprintf(what, sizeof what, "%s: tensor %.*s: a size", file->path, STR_ARGS(name));
    for (int i = 0; i < tensor.rank; i++)
        if (!json_size(json_at(shape, (size_t)i), what, &tensor.shape[i], err))
            return false;
    size_t begin, end, available = file->size - data_at;
    if (!json_size(json_at(offsets, 0), what, &begin, err) || !json_size(json_at(offsets, 1), what, &end, err))
        return false;
    if (begin > end || end > available)
        return err_set(err, ERR_FORMAT, "%s: tensor %.*s: offsets [%zu,%zu) outside the %zu bytes of data", file->path,
                       STR_ARGS(name), begin, end, available);
    tensor.data = file->data + data_at + begin;
    tensor.bytes = end - begin;
    return alias ? weights_add_alias(weights, tensor, err) : weights_add(weights, tensor, err);
}

/* The other names of tensors that are stored once. Pairs of the metadata that name no tensor ("format": "pt") are not ours. */
static bool read_aliases(struct weights *weights, const struct file *file, size_t data_at, const struct json *header,
                         struct err *err)
{
    struct json_cursor cursor = {0};
    struct str name;
    const struct json *value;
    while (json_next(json_get(header, "__metadata__"), &cursor, &name, &value)) {
        struct str kept = json_str(value, NULL);
        const struct json *entry = kept.s && !str_is(kept, "__metadata__") ? json_get_str(header, kept) : NULL;
        if (entry && !json_get_str(header, name) && !read_tensor(weights, file, data_at, name, entry, true, err))
            return false;
    }
    return true;
}

static bool read_header(struct weights *weights, const struct file *file, size_t data_at, const struct json *header,
                        struct err *err)
{
    size_t first = weights->n;
    struct json_cursor cursor = {0};
    struct str name;
    const struct json *entry;
    while (json_next(header, &cursor, &name, &entry))
        if (!str_is(name, "__metadata__") && !read_tensor(weights, file, data_at, name, entry, false, err))
            return false;
    return check_holes(weights, first, file, data_at, err) && read_aliases(weights, file, data_at, header, err);
}

static uint64_t header_bytes(const unsigned char *data)
{
    uint64_t n = 0;
    for (int i = 7; i >= 0; i--)
        n = n << 8 | data[i];
    return n;
}

static bool safetensors_is(const unsigned char *data, size_t size)
{
    return size > 9 && data[8] == '{' && header_bytes(data) <= HEADER_LIMIT;
}

struct json *safetensors_header(const struct file *file, size_t *data_at_out, struct err *err)
{
    uint64_t header = file->size < 8 ? 0 : header_bytes(file->data);
    if (file->size < 8)
        err_set(err, ERR_FORMAT, "%s: %zu bytes are too few for safetensors", file->path, file->size);
    else if (header > HEADER_LIMIT || header > file->size - 8)
        err_set(err, ERR_FORMAT, "%s: header of %llu bytes in a file of %zu: not safetensors, or truncated", file->path,
                (unsigned long long)header, file->size);
    else if (header == 0 || file->data[8] != '{')
        err_set(err, ERR_FORMAT, "%s: the header does not begin with '{': not safetensors", file->path);
    else {
        *data_at_out = 8 + (size_t)header;
        return json_parse((struct str){(const char *)file->data + 8, (size_t)header}, file->path, JSON_STRICT_KEYS, err);
    }
    return NULL;
}

static bool safetensors_read(struct weights *weights, const struct file *file, struct err *err)
{
    size_t data_at = 0;
    struct json *json = safetensors_header(file, &data_at, err);
    bool ok = json && read_header(weights, file, data_at, json, err);
    json_free(json);
    return ok;
}

const struct weights_format weights_safetensors = {
    .name = "safetensors",
    .summary = "safetensors, one file or shards with their index",
    .stem = "model",
    .suffixes = ".safetensors",
    .is = safetensors_is,
    .read = safetensors_read,
};
