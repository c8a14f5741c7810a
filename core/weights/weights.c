/* Opening weights, and finding tensors by name. See weights.h. */
#include "core/weights/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/kind.h"
#include "core/weights/list.h"

enum { NAMES = 4096 }; /* bytes of names taken from the arena at once */

#define DECLARE(name) extern const struct weights_format weights_##name;
WEIGHTS_FORMATS(DECLARE)
#define ENTRY(name) &weights_##name,
const struct weights_format *const weights_formats[] = {WEIGHTS_FORMATS(ENTRY) NULL};

void weights_files(struct buf *out)
{
    for (size_t i = 0; weights_formats[i]; i++) {
        const struct weights_format *f = weights_formats[i];
        int n = (int)strcspn(f->suffixes, "|");
        buf_puts(out, i ? ", " : "");
        if (f->stem)
            buf_printf(out, "%s%.*s, %s%.*s.index.json", f->stem, n, f->suffixes, f->stem, n, f->suffixes);
        else
            buf_printf(out, "NAME%.*s", n, f->suffixes);
    }
}

const struct weights_format *weights_format_of(struct str name)
{
    for (size_t i = 0; weights_formats[i]; i++)
        for (const char *suffix = weights_formats[i]->suffixes; *suffix;) {
            size_t n = strcspn(suffix, "|");
            if (str_ends(name, (struct str){suffix, n}))
                return weights_formats[i];
            suffix += n + (suffix[n] == '|');
        }
    return NULL;
}

/* The format of a file: what its first bytes say, else its name. */
static const struct weights_format *format_of_file(const struct file *file, struct err *err)
{
    for (size_t i = 0; weights_formats[i]; i++)
        if (weights_formats[i]->is(file->data, file->size))
            return weights_formats[i];
    const struct weights_format *named = weights_format_of(str_of(file->path));
    if (named)
        return named;
    struct buf readable = {0};
    weights_files(&readable);
    err_set(err, ERR_UNSUPPORTED, "%s: not a weight format that is read (%s)", file->path, buf_cstr(&readable));
    buf_free(&readable);
    return NULL;
}

/* ---- opening ---- */

static struct weights *weights_new(const char *path, struct err *err)
{
    struct weights *weights = mem_new(1, sizeof *weights, "weights", err);
    if (!weights)
        return NULL;
    weights->users = 1;
    weights->path = mem_copy_str(str_of(path), err);
    weights->arena = weights->path ? arena_new(err) : NULL;
    if (weights->arena)
        return weights;
    weights_close(weights);
    return NULL;
}

/* `format` NULL: the one that its bytes or name tell. */
static bool read_one(struct weights *weights, const char *path, const struct weights_format *format, struct err *err)
{
    if (!mem_grow((void **)&weights->files, &weights->file_capacity, weights->n_files + 1, sizeof *weights->files,
                  "a list of files", err) ||
        !file_map(path, &weights->files[weights->n_files], err))
        return false;
    const struct file *file = &weights->files[weights->n_files++];
    struct str first = {(const char *)file->data, file->size < KIND_LOOK ? file->size : KIND_LOOK};
    if (!kind_not_pointer(path, first, "the weights", err))
        return false;
    if (!format)
        format = format_of_file(file, err);
    if (format && !weights->format)
        weights->format = format;
    return format && format->read(weights, file, err);
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct tensor *)a)->name, ((const struct tensor *)b)->name);
}

static int stand_in_by_name(const void *a, const void *b)
{
    return str_cmp(((const struct stand_in *)a)->name, ((const struct stand_in *)b)->name);
}

/* Does the index place this tensor in another file than the one it was found in? */
static bool misplaced(const struct tensor *tensor, const struct json *map)
{
    struct str place = json_str(json_get_str(map, tensor->name), NULL);
    const char *slash = strrchr(tensor->file, '/');
    return place.s && !str_is(place, slash ? slash + 1 : tensor->file);
}

/* Sort. Of a name that two shards hold, the one counts that the index names; else it is an error. */
static bool sort_names(struct weights *weights, const struct json *map, struct err *err)
{
    size_t n = 0;
    if (weights->n)
        qsort(weights->tensors, weights->n, sizeof *weights->tensors, by_name);
    for (size_t i = 0; i < weights->n; i++) {
        struct tensor *last = n ? &weights->tensors[n - 1] : NULL, *this = &weights->tensors[i];
        if (!last || !str_eq(last->name, this->name))
            weights->tensors[n++] = *this;
        else if (misplaced(last, map))
            *last = *this;
        else if (!misplaced(this, map))
            return err_set(err, ERR_FORMAT, "%s: tensor %.*s is there twice", weights->path, STR_ARGS(this->name));
    }
    weights->n = n;
    if (weights->n_stand_ins)
        qsort(weights->stand_ins, weights->n_stand_ins, sizeof *weights->stand_ins, stand_in_by_name);
    return true;
}

struct weights *weights_open_as(const char *path, const struct weights_format *format, struct err *err)
{
    struct weights *weights = weights_new(path, err);
    if (weights && read_one(weights, path, format, err) && sort_names(weights, NULL, err))
        return weights;
    weights_close(weights);
    return NULL;
}

struct weights *weights_open_files(const char *path, char *const *files, size_t n, const struct json *map, struct err *err)
{
    struct weights *weights = weights_new(path, err);
    bool ok = weights != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = cancel_requested() ? err_set(err, ERR_CANCELLED, "%s: interrupted", path) : read_one(weights, files[i], NULL, err);
    if (ok && sort_names(weights, map, err))
        return weights;
    if (err && err->code == ERR_NOT_FOUND) /* a shard, or what a link leads to: not the same as no weights */
        err->code = ERR_IO;
    weights_close(weights);
    return NULL;
}

const char *weights_rewritten(const struct weights *weights)
{
    for (size_t i = 0; i < weights->n_files; i++)
        if (file_rewritten(&weights->files[i]))
            return weights->files[i].path;
    return NULL;
}

struct weights *weights_share(struct weights *weights)
{
    weights->users++;
    return weights;
}

void weights_close(struct weights *weights)
{
    if (!weights || --weights->users)
        return;
    for (size_t i = 0; i < weights->n_files; i++)
        file_unmap(&weights->files[i]);
    arena_free(weights->arena);
    free(weights->files);
    free(weights->tensors);
    free(weights->stand_ins);
    free(weights->path);
    free(weights);
}

/* ---- tensors ---- */

const struct tensor *weights_find(const struct weights *weights, struct str name)
{
    size_t lo = 0, hi = weights ? weights->n : 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = str_cmp(name, weights->tensors[mid].name);
        if (order == 0)
            return &weights->tensors[mid];
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

const struct stand_in *weights_find_stand_in(const struct weights *weights, struct str name)
{
    const struct stand_in key = {.name = name};
    if (!weights->n_stand_ins)
        return NULL;
    return bsearch(&key, weights->stand_ins, weights->n_stand_ins, sizeof key, stand_in_by_name);
}

bool weights_strip(struct weights *weights, struct str prefix, struct err *err)
{
    for (size_t i = 0; i < weights->n; i++) {
        struct str *name = &weights->tensors[i].name;
        if (str_starts(*name, prefix) && name->n > prefix.n)
            *name = (struct str){name->s + prefix.n, name->n - prefix.n};
    }
    return sort_names(weights, NULL, err);
}

bool weights_sort(struct weights *weights, struct err *err)
{
    return sort_names(weights, NULL, err);
}

/* A copy of a name, packed beside the others. */
static bool keep_name(struct weights *weights, struct str name, struct str *out, struct err *err)
{
    if (!name.n) { /* nothing may have been taken from the arena yet */
        *out = STR("");
        return true;
    }
    if (name.n > weights->names_left) {
        size_t room = name.n > NAMES / 4 ? name.n : NAMES;
        char *block = arena_alloc(weights->arena, room, 1, "names of tensors", err);
        if (!block)
            return false;
        if (room == name.n) { /* a long name has a piece of its own */
            memcpy(block, name.s, name.n);
            *out = (struct str){block, name.n};
            return true;
        }
        weights->names = block;
        weights->names_left = room;
    }
    memcpy(weights->names, name.s, name.n);
    *out = (struct str){weights->names, name.n};
    weights->names += name.n;
    weights->names_left -= name.n;
    return true;
}

bool weights_add_alias(struct weights *weights, struct tensor tensor, struct err *err)
{
    size_t numel = 1, bytes;
    for (int i = 0; i < tensor.rank; i++)
        if (!size_mul(numel, tensor.shape[i], &numel))
            return err_set(err, ERR_FORMAT, "%s: tensor %.*s: its shape overflows", tensor.file, STR_ARGS(tensor.name));
    if (!dtype_size(tensor.dtype, numel, &bytes) || bytes != tensor.bytes)
        return err_set(err, ERR_FORMAT, "%s: tensor %.*s: %zu bytes for %zu elements of %s", tensor.file, STR_ARGS(tensor.name),
                       tensor.bytes, numel, tensor.dtype->name);
    if (!mem_grow((void **)&weights->tensors, &weights->capacity, weights->n + 1, sizeof tensor, "the list of tensors", err) ||
        !keep_name(weights, tensor.name, &tensor.name, err))
        return false;
    weights->tensors[weights->n++] = tensor;
    return true;
}

bool weights_add(struct weights *weights, struct tensor tensor, struct err *err)
{
    weights->bytes += tensor.bytes;
    return weights_add_alias(weights, tensor, err);
}

bool weights_add_stand_in(struct weights *weights, struct str name, struct str what, struct err *err)
{
    struct stand_in one = {.what = what};
    if (!mem_grow((void **)&weights->stand_ins, &weights->stand_in_capacity, weights->n_stand_ins + 1, sizeof one,
                  "a list of objects", err) ||
        !keep_name(weights, name, &one.name, err) || !keep_name(weights, what, &one.what, err))
        return false;
    weights->stand_ins[weights->n_stand_ins++] = one;
    return true;
}

size_t tensor_numel(const struct tensor *tensor)
{
    size_t n = 1;
    for (int i = 0; i < tensor->rank; i++)
        n *= tensor->shape[i];
    return n;
}

const char *tensor_describe(const struct tensor *tensor, char out[96])
{
    size_t n = (size_t)snprintf(out, 96, "[");
    for (int i = 0; i < tensor->rank && n < 80; i++)
        n += (size_t)snprintf(out + n, 96 - n, "%s%zu", i ? "," : "", tensor->shape[i]);
    snprintf(out + (n < 80 ? n : 80), 96 - (n < 80 ? n : 80), "] %s", tensor->dtype->name);
    return out;
}

void tensor_row(const struct tensor *tensor, size_t row, float *out)
{
    size_t width = tensor->rank > 1 ? tensor_numel(tensor) / tensor->shape[0] : 1;
    size_t stride = width / tensor->dtype->block * tensor->dtype->bytes;
    size_t at = tensor->order ? tensor->order[row] : row;
    tensor->dtype->widen((const unsigned char *)tensor->data + at * stride, width, out);
}
