/* safetensors, one file or shards behind an index.
 *
 *   0        8               8+N                      size
 *   | u64 N  | N bytes JSON  | tensors, row-major LE  |
 *
 * The header maps names to {"dtype","shape","data_offsets":[begin,end)}, offsets counted from 8+N; the tensors
 * lie without holes or overlap. `__metadata__` is no tensor. Data may be unaligned. Shards are named by
 * model.safetensors.index.json: {"weight_map": {tensor: file}}; a file outside the folder is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/weights/weights.h"

enum { HEADER_LIMIT = 100000000 };

struct maps {
    struct file *files;
    size_t n, capacity;
};

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
    struct tensor *sorted = mem_new(n, sizeof *sorted, "a list of tensors", err);
    if (!sorted)
        return false;
    memcpy(sorted, weights->tensors + first, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_offset);
    const unsigned char *at = file->data + data_at;
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
                        const struct json *entry, struct err *err)
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
    return weights_add(weights, tensor, err);
}

/* Map one file and add its tensors; `only`, where not NULL, keeps those that the index places in it. */
static bool read_file(struct weights *weights, const char *path, struct err *err)
{
    struct maps *maps = weights->own;
    if (!mem_grow((void **)&maps->files, &maps->capacity, maps->n + 1, sizeof *maps->files, "a list of files", err) ||
        !file_map(path, &maps->files[maps->n], err))
        return false;
    const struct file *file = &maps->files[maps->n++];
    if (file->size < 8)
        return err_set(err, ERR_FORMAT, "%s: %zu bytes are too few for safetensors", path, file->size);
    uint64_t header = 0;
    for (int i = 7; i >= 0; i--)
        header = header << 8 | file->data[i];
    if (header > HEADER_LIMIT || header > file->size - 8)
        return err_set(err, ERR_FORMAT, "%s: header of %llu bytes in a file of %zu: not safetensors, or truncated", path,
                       (unsigned long long)header, file->size);
    if (header == 0 || file->data[8] != '{')
        return err_set(err, ERR_FORMAT, "%s: the header does not begin with '{': not safetensors", path);
    struct json *json = json_parse((struct str){(const char *)file->data + 8, (size_t)header}, path, JSON_STRICT_KEYS, err);
    if (!json)
        return false;
    size_t first = weights->n, data_at = 8 + (size_t)header;
    struct json_cursor cursor = {0};
    struct str name;
    const struct json *entry;
    bool ok = true;
    while (ok && json_next(json, &cursor, &name, &entry))
        if (!str_is(name, "__metadata__"))
            ok = read_tensor(weights, file, data_at, name, entry, err);
    ok = ok && check_holes(weights, first, file, data_at, err);
    json_free(json);
    return ok;
}

static bool file_known(const struct maps *maps, const char *path)
{
    for (size_t i = 0; i < maps->n; i++)
        if (strcmp(maps->files[i].path, path) == 0)
            return true;
    return false;
}

/* Every tensor that the index names must be in one of the shards. */
static bool check_index(const struct weights *weights, const char *path, const struct json *map, struct err *err)
{
    struct json_cursor cursor = {0};
    struct str tensor;
    const struct json *value;
    while (json_next(map, &cursor, &tensor, &value)) {
        bool found = false;
        for (size_t i = 0; !found && i < weights->n; i++)
            found = str_eq(weights->tensors[i].name, tensor);
        if (!found)
            return err_set(err, ERR_FORMAT, "%s: names tensor %.*s, which is in none of the shards", path, STR_ARGS(tensor));
    }
    return true;
}

static bool read_index(struct weights *weights, const char *path, struct err *err)
{
    struct json *index = json_load(path, 0, err);
    if (!index)
        return false;
    char *folder = path_folder(path, err);
    const struct json *map = json_get(index, "weight_map"), *value;
    bool ok = folder != NULL;
    if (ok && !json_is_object(map))
        ok = err_set(err, ERR_FORMAT, "%s: no weight_map", path);
    struct json_cursor cursor = {0};
    struct str tensor;
    while (ok && json_next(map, &cursor, &tensor, &value)) {
        struct str file = json_str(value, NULL);
        if (!file.n || memchr(file.s, '/', file.n) || memchr(file.s, 0, file.n)) {
            ok = err_set(err, ERR_FORMAT, "%s: tensor %.*s: \"%.*s\" is no file name in this folder", path, STR_ARGS(tensor),
                         STR_ARGS(file));
            break;
        }
        char *shard = path_join(folder, file.s, err);
        ok = shard && (file_known(weights->own, shard) || read_file(weights, shard, err));
        free(shard);
    }
    ok = ok && check_index(weights, path, map, err);
    free(folder);
    json_free(index);
    return ok;
}

static bool safetensors_open(const char *path, struct weights *weights, struct err *err)
{
    weights->own = mem_new(1, sizeof(struct maps), "a list of files", err);
    if (!weights->own)
        return false;
    return str_ends(str_of(path), STR(".json")) ? read_index(weights, path, err) : read_file(weights, path, err);
}

static void safetensors_close(struct weights *weights)
{
    struct maps *maps = weights->own;
    if (!maps)
        return;
    for (size_t i = 0; i < maps->n; i++)
        file_unmap(&maps->files[i]);
    free(maps->files);
    free(maps);
}

const struct weights_format weights_safetensors = {
    .name = "safetensors",
    .summary = "safetensors, one file or shards with their index",
    .files = "model.safetensors|model.safetensors.index.json",
    .suffix = ".safetensors",
    .open = safetensors_open,
    .close = safetensors_close,
};
