/* Storages of PyTorch files. See storages.h. */
#include "core/weights/storages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *storage, *torch, *dtype; /* class, torch.dtype, name here; storage NULL: made since classes are untyped */
} types[] = {
    {"FloatStorage", "float32", "F32"},   {"HalfStorage", "float16", "F16"},  {"BFloat16Storage", "bfloat16", "BF16"},
    {"DoubleStorage", "float64", "F64"},  {"LongStorage", "int64", "I64"},    {"IntStorage", "int32", "I32"},
    {"ShortStorage", "int16", "I16"},     {"CharStorage", "int8", "I8"},      {"ByteStorage", "uint8", "U8"},
    {"BoolStorage", "bool", "BOOL"},      {NULL, "uint16", "U16"},            {NULL, "uint32", "U32"},
    {NULL, "uint64", "U64"},              {NULL, "float8_e4m3fn", "F8_E4M3"}, {NULL, "float8_e5m2", "F8_E5M2"},
    {NULL, "float8_e8m0fnu", "F8_E8M0"},
};

bool storage_class(struct str name, const struct dtype **dtype_out)
{
    *dtype_out = NULL;
    if (str_is(name, "UntypedStorage") || str_is(name, "_UntypedStorage"))
        return true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].storage && str_is(name, types[i].storage))
            *dtype_out = dtype_named(str_of(types[i].dtype));
    return *dtype_out != NULL;
}

const struct dtype *torch_dtype(struct str name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_is(name, types[i].torch))
            return dtype_named(str_of(types[i].dtype));
    return NULL;
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct piece *)a)->key, ((const struct piece *)b)->key);
}

static bool find_bytes(const struct storages *storages, struct str key, const unsigned char **data, size_t *bytes)
{
    if (storages->zip) {
        char name[400];
        int n = snprintf(name, sizeof name, "%.*s%.*s", STR_ARGS(storages->root), STR_ARGS(key));
        bool fits = n > 0 && (size_t)n < sizeof name;
        const struct zip_member *member = fits ? zip_find(storages->zip, (struct str){name, (size_t)n}) : NULL;
        *data = member ? member->data : NULL;
        *bytes = member ? member->size : 0;
        return member != NULL;
    }
    const struct piece wanted = {.key = key},
                       *found = storages->n ? bsearch(&wanted, storages->pieces, storages->n, sizeof wanted, by_key) : NULL;
    *data = found ? found->data : NULL;
    *bytes = found ? found->bytes : 0;
    return found && found->data;
}

/* An int of a tuple that is a size. */
static bool size_of_item(const struct pickle *pickle, pickle_ref tuple, size_t i, size_t *out)
{
    const struct pickle_value *v = pickle_get(pickle, pickle_item(pickle, tuple, i));
    *out = v->kind == PICKLE_INT && v->as.integer >= 0 ? (size_t)v->as.integer : 0;
    return v->kind == PICKLE_INT && v->as.integer >= 0;
}

bool storages_find(const struct storages *storages, const struct pickle *pickle, pickle_ref ref, struct storage *out,
                   struct err *err)
{
    const struct pickle_value *v = pickle_get(pickle, ref);
    pickle_ref id = v->kind == PICKLE_PERSISTENT ? v->as.id : 0;
    const struct pickle_value *class = pickle_get(pickle, pickle_item(pickle, id, 1));
    struct str key = pickle_text(pickle, pickle_item(pickle, id, 2));
    struct str name = class->kind == PICKLE_GLOBAL ? pickle_text(pickle, class->as.global.name) : (struct str){0};
    size_t numel, bytes, first, size;
    if (!id || !str_is(pickle_text(pickle, pickle_item(pickle, id, 0)), "storage") || !key.s ||
        !size_of_item(pickle, id, 4, &numel))
        return err_set(err, ERR_FORMAT, "%s: a tensor refers to something that is no storage", storages->path);
    if (!storage_class(name, &out->dtype))
        return err_set(err, ERR_UNSUPPORTED, "%s: storage %.*s is of class \"%.*s\", which is not read", storages->path,
                       STR_ARGS(key), STR_ARGS(name));
    size_t element = out->dtype ? out->dtype->bytes : 1;
    pickle_ref view = pickle_item(pickle, id, 5);
    if (!size_mul(numel, element, &bytes) || !find_bytes(storages, key, &out->data, &out->bytes) || bytes > out->bytes)
        return err_set(err, ERR_FORMAT, "%s: storage %.*s should hold %zu elements of %zu bytes, and the file has %zu bytes of it",
                       storages->path, STR_ARGS(key), numel, element, out->data ? out->bytes : 0);
    out->bytes = bytes;
    if (pickle_get(pickle, view)->kind != PICKLE_TUPLE)
        return true;
    if (!size_of_item(pickle, view, 1, &first) || !size_of_item(pickle, view, 2, &size) || first > numel || size > numel - first)
        return err_set(err, ERR_FORMAT, "%s: a view of storage %.*s reaches beyond it", storages->path, STR_ARGS(key));
    out->data += first * element;
    out->bytes = size * element;
    return true;
}
