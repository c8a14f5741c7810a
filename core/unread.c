/* What is not used of a checkpoint. See unread.h. */
#include "core/unread.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 8 };

/* Buffers that old versions of the reference stored, which follow from the configuration; and the table of positions, which its
 * embeddings hold even where the configuration has another kind of positions. */
static const char *const buffers[] = {"position_ids",        "embeddings.token_type_ids", "attn.bias",
                                      "attention.bias",      "masked_bias",               "inv_freq",
                                      "num_batches_tracked", "embeddings.position_embeddings.weight",
                                      NULL};

/* First parts of the names of heads, below which no attention lies. Which of them is run is the architecture's to say. */
static const char *const heads[] = {"pooler",
                                    "cls",
                                    "classifier",
                                    "pre_classifier",
                                    "classification_head",
                                    "qa_outputs",
                                    "score",
                                    "scores",
                                    "lm_head",
                                    "lm_predictions",
                                    "mask_predictions",
                                    "generator_predictions",
                                    "generator_lm_head",
                                    "discriminator_predictions",
                                    "predictions",
                                    "sop_classifier",
                                    "seq_relationship",
                                    "vocab_transform",
                                    "vocab_layer_norm",
                                    "vocab_projector",
                                    "multiple_choice_head",
                                    "sequence_summary",
                                    "contact_head",
                                    "logits_proj",
                                    "dropout",
                                    NULL};

/* A name without the prefix that the architecture's checkpoints give their trunk. */
static struct str without_prefix(const struct model *model, struct str name)
{
    for (const char *prefix = model->arch->prefixes; *prefix;) {
        size_t n = strcspn(prefix, "|");
        if (n && str_starts(name, (struct str){prefix, n}))
            return (struct str){name.s + n, name.n - n};
        prefix += n + (prefix[n] == '|');
    }
    return name;
}

static bool is_buffer(struct str name)
{
    for (size_t i = 0; buffers[i]; i++) {
        struct str tail = str_of(buffers[i]);
        if (str_ends(name, tail) && (name.n == tail.n || name.s[name.n - tail.n - 1] == '.'))
            return true;
    }
    return false;
}

static bool is_head(const struct model *model, struct str name)
{
    struct str inner = without_prefix(model, name);
    const char *dot = memchr(inner.s, '.', inner.n);
    struct str first = {inner.s, dot ? (size_t)(dot - inner.s) : inner.n};
    for (size_t i = 0; heads[i]; i++)
        if (str_is(first, heads[i]))
            return true;
    return false;
}

/* ---- groups ---- */

struct group {
    struct str name;
    size_t n;
};

struct groups {
    struct group *items;
    size_t n, capacity, tensors;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What a tensor is counted under: its layer ("encoder.layer.2"), else its name without weight and bias. */
static struct str group_name(struct str name)
{
    for (size_t i = 0; i + 1 < name.n; i++)
        if (name.s[i] == '.' && is_digit(name.s[i + 1])) {
            size_t end = i + 1;
            while (end < name.n && is_digit(name.s[end]))
                end++;
            if (end < name.n && name.s[end] == '.')
                return (struct str){name.s, end};
        }
    static const char *const ends[] = {".weight", ".bias", ".gamma", ".beta"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_ends(name, str_of(ends[i])))
            return (struct str){name.s, name.n - strlen(ends[i])};
    return name;
}

/* Names come sorted, so that those of a group follow each other. */
static bool groups_add(struct groups *groups, struct str name, struct err *err)
{
    struct group *last = groups->n ? &groups->items[groups->n - 1] : NULL;
    struct str key = group_name(name);
    groups->tensors++;
    if (last && str_eq(last->name, key)) {
        last->n++;
        return true;
    }
    if (!mem_grow((void **)&groups->items, &groups->capacity, groups->n + 1, sizeof *groups->items, "a list of names", err))
        return false;
    groups->items[groups->n++] = (struct group){key, 1};
    return true;
}

/* By name, layer 2 before layer 10. */
static int by_layer(const void *a, const void *b)
{
    struct str x = ((const struct group *)a)->name, y = ((const struct group *)b)->name;
    size_t i = 0, m = 0, n = 0;
    while (i < x.n && i < y.n && x.s[i] == y.s[i])
        i++;
    while (i + m < x.n && is_digit(x.s[i + m]))
        m++;
    while (i + n < y.n && is_digit(y.s[i + n]))
        n++;
    return m && n && m != n ? (m > n) - (m < n) : str_cmp(x, y);
}

static void groups_write(struct groups *groups, struct buf *out)
{
    if (groups->n)
        qsort(groups->items, groups->n, sizeof *groups->items, by_layer);
    size_t shown = 0;
    for (size_t i = 0; i < groups->n && i < MOST_GROUPS; shown += groups->items[i++].n) {
        buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARGS(groups->items[i].name));
        if (groups->items[i].n > 1)
            buf_printf(out, " (%zu)", groups->items[i].n);
    }
    if (shown < groups->tensors)
        buf_printf(out, " and %zu more", groups->tensors - shown);
}

/* ---- the list ---- */

static int by_place(const void *a, const void *b)
{
    const struct tensor *x = *(const struct tensor *const *)a, *y = *(const struct tensor *const *)b;
    return (x->data > y->data) - (x->data < y->data);
}

/* Marks every tensor whose bytes some parameter reads under this or another name. */
static bool mark_same_bytes(const struct model *model, unsigned char *read, struct err *err)
{
    const struct weights *w = model->checkpoint.weights;
    const struct tensor **sorted = mem_new(w->n, sizeof *sorted, "a list of tensors", err);
    if (!sorted)
        return false;
    for (size_t i = 0; i < w->n; i++)
        sorted[i] = &w->tensors[i];
    if (w->n)
        qsort(sorted, w->n, sizeof *sorted, by_place);
    for (size_t begin = 0, end; begin < w->n; begin = end) {
        bool any = false;
        for (end = begin; end < w->n && sorted[end]->data == sorted[begin]->data; end++)
            any = any || (model->bound[sorted[end] - w->tensors] && sorted[end]->bytes);
        for (size_t i = begin; i < end; i++)
            read[sorted[i] - w->tensors] = model->bound[sorted[i] - w->tensors] || any;
    }
    free(sorted);
    return true;
}

bool unread_uses(const struct model *model, enum tensor_use *out, struct err *err)
{
    const struct weights *w = model->checkpoint.weights;
    unsigned char *read = mem_new(w->n, 1, "a list of tensors", err);
    bool ok = read && mark_same_bytes(model, read, err);
    for (size_t i = 0; ok && i < w->n; i++) {
        struct str name = w->tensors[i].name;
        out[i] = model->bound[i]        ? TENSOR_READ
                 : read[i]              ? TENSOR_SAME
                 : is_buffer(name)      ? TENSOR_BUFFER
                 : is_head(model, name) ? TENSOR_HEAD
                                        : TENSOR_UNREAD;
    }
    free(read);
    return ok;
}

/* ".3." in a name: a layer's. */
static bool is_layers(struct str name)
{
    struct str group = group_name(name);
    return group.n < name.n && is_digit(group.s[group.n - 1]);
}

bool unread_parts(const struct model *model, struct model_parts *out, struct err *err)
{
    const struct weights *w = model->checkpoint.weights;
    const struct tensor **sorted = mem_new(w->n, sizeof *sorted, "a list of tensors", err);
    size_t n = 0;
    *out = (struct model_parts){0};
    if (!sorted)
        return false;
    for (size_t i = 0; i < w->n; i++)
        if (model->bound[i])
            sorted[n++] = &w->tensors[i];
    if (n)
        qsort(sorted, n, sizeof *sorted, by_place);
    for (size_t i = 0; i < n; i++) {
        size_t *part = is_head(model, sorted[i]->name) ? &out->heads : is_layers(sorted[i]->name) ? &out->layers : &out->rest;
        if (!i || sorted[i]->data != sorted[i - 1]->data)
            *part += tensor_numel(sorted[i]);
    }
    free(sorted);
    return true;
}

static bool sort_out(struct model *model, struct groups *tensors, struct groups *others, struct err *err)
{
    const struct weights *w = model->checkpoint.weights;
    enum tensor_use *uses = mem_new(w->n, sizeof *uses, "a list of tensors", err);
    bool ok = uses && unread_uses(model, uses, err);
    for (size_t i = 0; ok && i < w->n; i++) {
        if (uses[i] == TENSOR_BUFFER)
            model->unread.n_buffers++;
        else if (uses[i] == TENSOR_HEAD || uses[i] == TENSOR_UNREAD)
            ok = groups_add(uses[i] == TENSOR_HEAD ? others : tensors, w->tensors[i].name, err);
    }
    for (size_t i = 0; ok && i < w->n_stand_ins; i++)
        ok = groups_add(tensors, w->stand_ins[i].name, err);
    free(uses);
    return ok;
}

static bool keep(struct model *model, struct buf *text, const char **out, struct err *err)
{
    struct str copy = {0};
    bool ok = buf_ok(text, err) && arena_str(model->arena, str_of(buf_cstr(text)), &copy, err);
    buf_free(text);
    *out = ok ? copy.s : "";
    return ok;
}

bool unread_remark(struct model *model, struct err *err, const char *format, ...)
{
    struct buf text = {0};
    char one[600];
    va_list args;
    va_start(args, format);
    vsnprintf(one, sizeof one, format, args);
    va_end(args);
    if (model->unread.remarks)
        buf_printf(&text, "%s; ", model->unread.remarks);
    buf_puts(&text, one);
    return keep(model, &text, &model->unread.remarks, err);
}

/* The weights have no usual name: which they are. */
static bool say_name(struct model *model, struct err *err)
{
    const struct lying *lying = &model->checkpoint.lying;
    const struct lying_file *file = &lying->files[lying->chosen];
    if (file->kind == LYING_SHARD)
        return unread_remark(model, err, "weights: %zu shards from %.*s on, without their index", model->weights->n_files,
                             STR_ARGS(file->name));
    return unread_remark(model, err, "weights: %.*s", STR_ARGS(file->name));
}

bool unread_list(struct model *model, struct err *err)
{
    struct checkpoint *checkpoint = &model->checkpoint;
    struct groups tensors = {0}, others = {0};
    struct buf files = {0}, names = {0}, head_names = {0};
    bool ok = !checkpoint->weights || sort_out(model, &tensors, &others, err);
    if (ok && checkpoint->lying.by_other_name)
        ok = say_name(model, err);
    model->unread.n_tensors = tensors.tensors;
    model->unread.n_heads = others.tensors;
    lying_rest(&checkpoint->lying, &files);
    groups_write(&tensors, &names);
    groups_write(&others, &head_names);
    ok = keep(model, &files, &model->unread.files, err) && ok;
    ok = keep(model, &names, &model->unread.tensors, err) && ok;
    ok = keep(model, &head_names, &model->unread.heads, err) && ok;
    free(tensors.items);
    free(others.items);
    return ok;
}

bool unread_line(const struct model *model, struct buf *out)
{
    const struct unread *u = &model->unread;
    size_t begin = out->n;
    if (u->remarks)
        buf_puts(out, u->remarks);
    if (u->n_tensors)
        buf_printf(out, "%s%zu tensor%s of %zu %s not read: %s", out->n > begin ? "; " : "", u->n_tensors,
                   u->n_tensors == 1 ? "" : "s", model->checkpoint.weights->n + model->checkpoint.weights->n_stand_ins,
                   u->n_tensors == 1 ? "is" : "are", u->tensors);
    if (*u->files)
        buf_printf(out, "%snot read in the folder: %s", out->n > begin ? "; " : "", u->files);
    return out->n > begin;
}
