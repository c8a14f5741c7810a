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

/* Of each key/value head its queries, its key, its value in the family; in the file all queries, then all keys, then all values.
 */
static bool undo_groups(struct weights *weights, struct tensor *tensor, const struct heads *heads, struct err *err)
{
    size_t rows = tensor->rank ? tensor->shape[0] : 0, H = heads->H, Hkv = heads->Hkv;
    if (!H || !Hkv || H % Hkv || rows % (H + 2 * Hkv))
        return odd_rows(tensor, H, err);
    size_t D = rows / (H + 2 * Hkv), queries = H / Hkv, group = (queries + 2) * D;
    uint32_t *order = new_order(weights, tensor, err);
    for (size_t r = 0; order && r < rows; r++) {
        size_t g = r / group, which = r % group / D, i = r % D;
        size_t block = which < queries ? g * queries + which : which == queries ? H + g : H + Hkv + g;
        order[r] = (uint32_t)(block * D + i);
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
    case FIX_QKV: return undo_groups(weights, tensor, &(struct heads){heads->H, heads->H}, err);
    case FIX_GROUPS: return undo_groups(weights, tensor, heads, err);
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

/* Where a tensor of the file stands while it is renamed. */
struct renaming {
    struct list *list;
    struct weights *weights;
    const struct gguf_family *family;
    const struct heads *heads;
};

/* Rows [first, first + n) of a tensor. */
static struct tensor rows_of(const struct tensor *all, size_t first, size_t n)
{
    struct tensor part = *all;
    size_t row = all->bytes / all->shape[0];
    part.shape[0] = n;
    part.bytes = row * n;
    part.data = (const unsigned char *)all->data + row * first;
    return part;
}

/* The experts of one tensor [X, …], each one of its own. */
static bool add_experts(const struct renaming *r, const struct tensor *all, const char *to, struct str layer, struct str suffix,
                        struct err *err)
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
        if (!write_name(r->weights, to, layer, e, suffix, &one.name, err) || !list_add(r->list, one, err))
            return false;
    }
    return true;
}

/* The tensor under the family's name; `stem` is the file's, without ".weight". */
static bool rename_part(const struct renaming *r, struct tensor tensor, struct str stem, struct str suffix, struct err *err)
{
    struct str layer = {0};
    const struct gguf_name *name = find_name(r->family, stem, &layer);
    if (!name)
        return list_add(r->list, tensor, err);
    if (name->fix == FIX_CONFIG)
        return true;
    if (name->fix == FIX_EXPERTS || (name->fix == FIX_ROWS && tensor.rank == 2))
        return add_experts(r, &tensor, name->to, layer, suffix, err);
    if (name->fix == FIX_BARE)
        suffix.n = 0;
    else if (name->fix == FIX_WITH)
        suffix = str_is(suffix, ".bias") ? STR("_bias") : (struct str){0};
    return undo(r->weights, &tensor, name->fix, r->heads, err) &&
           write_name(r->weights, name->to, layer, 0, suffix, &tensor.name, err) && list_add(r->list, tensor, err);
}

/* Queries, keys and values in one tensor, one after another, where the family has three. */
static bool rename_fused(const struct renaming *r, const struct tensor *tensor, struct str stem, struct str suffix,
                         struct err *err)
{
    static const char last[] = "qkv";
    size_t H = r->heads->H, Hkv = r->heads->Hkv, rows = tensor->rank ? tensor->shape[0] : 0, first = 0;
    if (!H || !Hkv || !rows || rows % (H + 2 * Hkv))
        return odd_rows(tensor, H, err);
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        int length = snprintf(name, sizeof name, "%.*s%c", (int)(stem.n < 60 ? stem.n : 60) - 3, stem.s, last[i]);
        size_t n = rows / (H + 2 * Hkv) * (i ? Hkv : H);
        if (!rename_part(r, rows_of(tensor, first, n), (struct str){name, (size_t)length}, suffix, err))
            return false;
        first += n;
    }
    return true;
}

static bool rename_one(const struct renaming *r, const struct tensor *tensor, struct err *err)
{
    static const struct str suffixes[] = {{".weight", 7}, {".bias", 5}};
    struct str suffix = {0}, stem = tensor->name, layer;
    for (size_t i = 0; i < 2; i++)
        if (str_ends(tensor->name, suffixes[i])) {
            suffix = suffixes[i];
            stem.n -= suffix.n;
        }
    if (!find_name(r->family, stem, &layer) && matches(stem, "blk.{l}.attn_qkv", &layer))
        return rename_fused(r, tensor, stem, suffix, err);
    return rename_part(r, *tensor, stem, suffix, err);
}

bool gguf_rename(const struct gguf *gguf, const struct gguf_family *family, struct weights *weights, struct err *err)
{
    struct list list = {0};
    double H = gguf_own_number(gguf, "attention.head_count", 0), Hkv = gguf_own_number(gguf, "attention.head_count_kv", H);
    struct heads heads = {H >= 1 && H < 1e6 ? (size_t)H : 0, Hkv >= 1 && Hkv < 1e6 ? (size_t)Hkv : 0};
    const struct renaming renaming = {&list, weights, family, &heads};
    bool ok = true;
    for (size_t i = 0; ok && i < weights->n; i++)
        ok = rename_one(&renaming, &weights->tensors[i], err);
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
