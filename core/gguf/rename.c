/* Tensors of a GGUF file under the names of their family's own files. See family.h. */
#include "core/gguf/family.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Heads and their widths, by which rows were moved. */
struct heads {
    size_t H, Hkv;
};

/* Does the name match the pattern, whose {l} is a number? *layer_out: those digits. */
static bool matches(struct str name, const char *pattern, struct str *layer_out)
{
    size_t at = 0;
    for (; *pattern; pattern++) {
        if (strncmp(pattern, "{l}", 3) == 0) {
            size_t first = at;
            while (at < name.n && name.s[at] >= '0' && name.s[at] <= '9')
                at++;
            *layer_out = (struct str){name.s + first, at - first};
            if (at == first)
                return false;
            pattern += 2;
        } else if (at >= name.n || name.s[at++] != *pattern) {
            return false;
        }
    }
    return at == name.n;
}

static const struct gguf_name *find_name(const struct gguf_family *family, struct str stem, struct str *layer)
{
    for (size_t i = 0; family->names[i]; i++)
        for (const struct gguf_name *name = family->names[i]; name->from; name++)
            if (matches(stem, name->from, layer))
                return name;
    return NULL;
}

/* The family's name in the weights' arena. */
static bool write_name(struct weights *weights, const char *to, struct str layer, size_t expert, struct str suffix,
                       struct str *out, struct err *err)
{
    struct buf text = {0};
    for (; *to; to++) {
        bool is_layer = strncmp(to, "{l}", 3) == 0, is_expert = strncmp(to, "{e}", 3) == 0;
        if (is_layer)
            buf_str(&text, layer);
        else if (is_expert)
            buf_printf(&text, "%zu", expert);
        else
            buf_char(&text, *to);
        to += is_layer || is_expert ? 2 : 0;
    }
    buf_str(&text, suffix);
    bool ok = buf_ok(&text, err) && arena_str(weights->arena, buf_view(&text), out, err);
    buf_free(&text);
    return ok;
}

static bool odd_rows(const struct tensor *tensor, size_t heads, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: tensor %.*s: %zu rows for %zu heads", tensor->file, STR_ARGS(tensor->name),
                   tensor->shape[0], heads);
}

static uint32_t *new_order(struct weights *weights, struct tensor *tensor, struct err *err)
{
    uint32_t *order = NULL;
    if (tensor->shape[0] > UINT32_MAX)
        err_set(err, ERR_LIMIT, "%s: tensor %.*s: too many rows", tensor->file, STR_ARGS(tensor->name));
    else
        order = arena_alloc(weights->arena, tensor->shape[0] + 1, sizeof *order, "the order of rows", err);
    tensor->order = order;
    return order;
}

/* Row (head, half s, i) of the family lies at (head, i, s). */
static bool undo_pairs(struct weights *weights, struct tensor *tensor, size_t heads, struct err *err)
{
    size_t rows = tensor->rank ? tensor->shape[0] : 0;
    if (!heads || rows % (2 * heads))
        return odd_rows(tensor, heads, err);
    size_t half = rows / heads / 2;
    uint32_t *order = new_order(weights, tensor, err);
    for (size_t r = 0; order && r < rows; r++) {
        size_t head = r / (2 * half), s = r / half % 2, i = r % half;
        order[r] = (uint32_t)((head * half + i) * 2 + s);
    }
    return order != NULL;
}

/* Row (head, which, i) of the family lies at (which, head, i). */
static bool undo_blocks(struct weights *weights, struct tensor *tensor, size_t heads, struct err *err)
{
    size_t rows = tensor->rank ? tensor->shape[0] : 0;
    if (!heads || rows % (3 * heads))
        return odd_rows(tensor, heads, err);
    size_t D = rows / heads / 3;
    uint32_t *order = new_order(weights, tensor, err);
    for (size_t r = 0; order && r < rows; r++) {
        size_t head = r / (3 * D), which = r / D % 3, i = r % D;
        order[r] = (uint32_t)((which * heads + head) * D + i);
    }
    return order != NULL;
}

/* A copy of a vector, less one. */
static bool less_one(struct weights *weights, struct tensor *tensor, struct err *err)
{
    size_t n = tensor_numel(tensor);
    float *copy = arena_alloc(weights->arena, n + 256, sizeof *copy, "a norm", err);
    if (!copy)
        return false;
    tensor->dtype->widen(tensor->data, n, copy);
    for (size_t i = 0; i < n; i++)
        copy[i] -= 1;
    tensor->dtype = &DTYPE_F32;
    tensor->data = copy;
    tensor->bytes = n * sizeof *copy;
    return true;
}

static bool undo(struct weights *weights, struct tensor *tensor, enum gguf_fix fix, const struct heads *heads, struct err *err)
{
    switch (fix) { /* closed: what the converter does */
    case FIX_PAIRS: return undo_pairs(weights, tensor, heads->H, err);
    case FIX_PAIRS_KV: return undo_pairs(weights, tensor, heads->Hkv, err);
    case FIX_QKV: return undo_blocks(weights, tensor, heads->H, err);
    case FIX_LESS_ONE: return tensor->rank != 1 || less_one(weights, tensor, err);
    case FIX_TURNED: tensor->turned = tensor->rank == 2; return true;
    case FIX_MATRIX:
        if (tensor->rank == 1) {
            tensor->rank = 2;
            tensor->shape[1] = tensor->shape[0];
            tensor->shape[0] = 1;
        }
        return true;
    default: return true;
    }
}

/* New tensors behind the old ones, while they are named. */
struct list {
    struct tensor *at;
    size_t n, capacity;
};

static bool list_add(struct list *list, struct tensor tensor, struct err *err)
{
    if (!mem_grow((void **)&list->at, &list->capacity, list->n + 1, sizeof tensor, "a list of tensors", err))
        return false;
    list->at[list->n++] = tensor;
    return true;
}

/* The experts of one tensor [X, …], each one of its own. */
static bool add_experts(struct list *list, struct weights *weights, const struct tensor *all, const char *to, struct str layer,
                        struct str suffix, struct err *err)
{
    size_t X = all->rank ? all->shape[0] : 0;
    if (all->rank < 2 || !X || all->bytes % X)
        return err_set(err, ERR_FORMAT, "%s: tensor %.*s: no experts", all->file, STR_ARGS(all->name));
    for (size_t e = 0; e < X; e++) {
        struct tensor one = *all;
        one.rank--;
        memmove(one.shape, one.shape + 1, (size_t)one.rank * sizeof *one.shape);
        one.bytes = all->bytes / X;
        one.data = (const unsigned char *)all->data + e * one.bytes;
        if (!write_name(weights, to, layer, e, suffix, &one.name, err) || !list_add(list, one, err))
            return false;
    }
    return true;
}

static bool rename_one(struct list *list, struct weights *weights, const struct gguf_family *family, const struct heads *heads,
                       const struct tensor *from, struct err *err)
{
    struct tensor tensor = *from;
    struct str suffix = {0}, stem = tensor.name, layer = {0};
    static const struct str suffixes[] = {{".weight", 7}, {".bias", 5}};
    for (size_t i = 0; i < 2; i++)
        if (str_ends(tensor.name, suffixes[i])) {
            suffix = suffixes[i];
            stem.n -= suffix.n;
        }
    const struct gguf_name *name = find_name(family, stem, &layer);
    if (!name)
        return list_add(list, tensor, err);
    if (name->fix == FIX_EXPERTS)
        return add_experts(list, weights, &tensor, name->to, layer, suffix, err);
    if (name->fix == FIX_BARE)
        suffix.n = 0;
    return undo(weights, &tensor, name->fix, heads, err) && write_name(weights, name->to, layer, 0, suffix, &tensor.name, err) &&
           list_add(list, tensor, err);
}

bool gguf_rename(const struct gguf *gguf, const struct gguf_family *family, struct weights *weights, struct err *err)
{
    struct list list = {0};
    double H = gguf_own_number(gguf, "attention.head_count", 0), Hkv = gguf_own_number(gguf, "attention.head_count_kv", H);
    struct heads heads = {H >= 1 && H < 1e6 ? (size_t)H : 0, Hkv >= 1 && Hkv < 1e6 ? (size_t)Hkv : 0};
    bool ok = true;
    for (size_t i = 0; ok && i < weights->n; i++)
        ok = rename_one(&list, weights, family, &heads, &weights->tensors[i], err);
    if (!ok) {
        free(list.at);
        return false;
    }
    free(weights->tensors);
    weights->tensors = list.at;
    weights->n = list.n;
    weights->capacity = list.capacity;
    return weights_sort(weights, err);
}
