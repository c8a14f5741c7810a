/* Opening weights by what a folder holds, and finding tensors by name. See weights.h. */
#include "core/weights/weights.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/weights/list.h"

#define DECLARE(name) extern const struct weights_format weights_##name;
WEIGHTS_FORMATS(DECLARE)
#define ENTRY(name) &weights_##name,
const struct weights_format *const weights_formats[] = {WEIGHTS_FORMATS(ENTRY) NULL};

/* Files that hold weights in formats of the field that are not read: to name what is there. */
static const char *const known_suffixes[] = {".bin", ".gguf", ".pt", ".pth", ".h5", ".msgpack", ".onnx", NULL};

static bool has_suffix(const char *name, const char *suffix)
{
    return str_ends(str_of(name), str_of(suffix));
}

/* A name in a folder, be it that of a link whose file is gone: an unfinished download is no folder without weights. */
static bool name_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* The first file of the format that the folder holds, on the heap; NULL where there is none. */
static char *file_in_folder(const struct weights_format *format, const char *folder, struct err *err)
{
    for (const char *name = format->files; *name;) {
        size_t n = strcspn(name, "|");
        char file[128];
        snprintf(file, sizeof file, "%.*s", (int)n, name);
        char *path = path_join(folder, file, err);
        if (!path)
            return NULL;
        if (name_exists(path))
            return path;
        free(path);
        name += n + (name[n] == '|');
    }
    return NULL;
}

void weights_files(struct buf *out)
{
    for (size_t i = 0; weights_formats[i]; i++) {
        buf_puts(out, i ? ", " : "");
        for (const char *c = weights_formats[i]->files; *c; c++)
            buf_puts(out, *c == '|' ? ", " : (char[]){*c, 0});
    }
}

static bool nothing_to_open(const char *folder, struct err *err)
{
    struct buf readable = {0}, found = {0};
    weights_files(&readable);
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        for (size_t i = 0; known_suffixes[i]; i++)
            if (has_suffix(entry->d_name, known_suffixes[i]) && found.n < 300)
                buf_printf(&found, "%s%s", found.n ? ", " : "", entry->d_name);
    if (dir)
        closedir(dir);
    if (found.n)
        err_set(err, ERR_UNSUPPORTED, "%s: weights in a format that is not read yet: %s (read are: %s)", folder, buf_cstr(&found),
                buf_cstr(&readable));
    else
        err_set(err, ERR_NOT_FOUND, "%s: holds no weights (looked for %s)", folder, buf_cstr(&readable));
    buf_free(&readable);
    buf_free(&found);
    return false;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct tensor *)a)->name, ((const struct tensor *)b)->name);
}

static struct weights *open_with(const struct weights_format *format, const char *path, struct err *err)
{
    struct weights *weights = mem_new(1, sizeof *weights, "weights", err);
    if (!weights)
        return NULL;
    weights->format = format;
    weights->arena = arena_new(err);
    if (!weights->arena || !format->open(path, weights, err)) {
        if (err && err->code == ERR_NOT_FOUND) /* a shard, or what a link leads to: not the same as no weights */
            err->code = ERR_IO;
        weights_close(weights);
        return NULL;
    }
    if (weights->n)
        qsort(weights->tensors, weights->n, sizeof *weights->tensors, by_name);
    for (size_t i = 1; i < weights->n; i++)
        if (str_eq(weights->tensors[i - 1].name, weights->tensors[i].name)) {
            err_set(err, ERR_FORMAT, "%s: tensor %.*s is there twice", path, STR_ARGS(weights->tensors[i].name));
            weights_close(weights);
            return NULL;
        }
    return weights;
}

struct weights *weights_open(const char *path, struct err *err)
{
    if (!file_exists(path)) {
        err_set(err, ERR_NOT_FOUND, "%s: no such file or folder", path);
        return NULL;
    }
    bool folder = file_is_folder(path);
    for (size_t i = 0; weights_formats[i]; i++) {
        if (!folder) {
            if (has_suffix(path, weights_formats[i]->suffix))
                return open_with(weights_formats[i], path, err);
            continue;
        }
        struct err failed = {0};
        char *file = file_in_folder(weights_formats[i], path, &failed);
        if (file) {
            struct weights *weights = open_with(weights_formats[i], file, err);
            free(file);
            return weights;
        }
        if (failed.code) {
            if (err)
                *err = failed;
            return NULL;
        }
    }
    if (folder)
        nothing_to_open(path, err);
    else
        err_set(err, ERR_UNSUPPORTED, "%s: not a weight format that is read (%s)", path, weights_formats[0]->suffix);
    return NULL;
}

void weights_close(struct weights *weights)
{
    if (!weights)
        return;
    if (weights->format->close)
        weights->format->close(weights);
    arena_free(weights->arena);
    free(weights->tensors);
    free(weights);
}

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

bool weights_add(struct weights *weights, struct tensor tensor, struct err *err)
{
    size_t numel = 1, bytes;
    for (int i = 0; i < tensor.rank; i++)
        if (!size_mul(numel, tensor.shape[i], &numel))
            return err_set(err, ERR_FORMAT, "%s: tensor %.*s: its shape overflows", tensor.file, STR_ARGS(tensor.name));
    if (!dtype_size(tensor.dtype, numel, &bytes) || bytes != tensor.bytes)
        return err_set(err, ERR_FORMAT, "%s: tensor %.*s: %zu bytes for %zu elements of %s", tensor.file, STR_ARGS(tensor.name),
                       tensor.bytes, numel, tensor.dtype->name);
    if (!mem_grow((void **)&weights->tensors, &weights->capacity, weights->n + 1, sizeof tensor, "the list of tensors", err) ||
        !arena_str(weights->arena, tensor.name, &tensor.name, err))
        return false;
    weights->tensors[weights->n++] = tensor;
    weights->bytes += bytes;
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
    tensor->dtype->widen((const unsigned char *)tensor->data + row * stride, width, out);
}
