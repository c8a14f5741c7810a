/* The tensors of a run as promises. See export_tensors.h.
 *
 *   input_ids [T]          hidden.{l} [T,E], 0 the embedding output        logits [T,V] of the head over the vocabulary
 *   contacts [T-2,T-2] of a head of pairs
 *   attn.{l} scores.{l} and each term NAME.{l} [H,T,T]                     q.{l} k.{l} v.{l} z.{l} [H,T,D]
 *
 * Nothing is copied: a slab is made from the run when the writer asks for it. */
#include "repl/run/export_tensors.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"

/* What a tensor is filled from. */
struct source {
    const struct run *run;
    const struct attention *attention;
    const size_t *heads; /* [n] of the run's numbering */
    size_t n_heads;
    struct part part;
    struct strided view;
    bool kv;             /* the view has key/value heads */
    const struct kept *kept;
    const struct tokens *tokens;
    const struct output_head *head;
    const float *values; /* [rows, row] made before */
    size_t row;
};

/* ---- filling ---- */

static bool fill_ids(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct source *s = context;
    (void)err;
    for (size_t i = 0; i < rows; i++)
        ((int64_t *)out)[i] = s->tokens->ids[row + i];
    return true;
}

static bool fill_heads(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct source *s = context;
    (void)err;
    for (size_t i = 0; i < rows; i++)
        ((int64_t *)out)[i] = (int64_t)s->heads[row + i];
    return true;
}

/* Rows of the first text: they stand first. */
static bool fill_kept(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct kept *kept = ((const struct source *)context)->kept;
    size_t width = kept->dtype->bytes;
    (void)err;
    for (size_t i = 1; i < kept->rank; i++)
        width *= kept->shape[i];
    memcpy(out, (const char *)kept->data + row * width, rows * width);
    return true;
}

static bool fill_map(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct source *s = context;
    const struct attention *a = s->attention;
    float *to = out;
    while (rows) { /* a slab may run over several heads */
        size_t head = row / a->Tq, i = row % a->Tq, n = a->Tq - i < rows ? a->Tq - i : rows;
        struct site site = {a->stack->kind, a->text, a->layer, s->heads[head]};
        if (!run_map(s->run, site, s->part, i, n, to, err))
            return false;
        to += n * a->Tk;
        row += n;
        rows -= n;
    }
    return true;
}

static bool fill_view(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct source *s = context;
    const struct attention *a = s->attention;
    size_t T = s->kv ? a->Tk : a->Tq, group = a->H / a->Hkv;
    (void)err;
    for (size_t r = 0; r < rows; r++) {
        size_t head = s->heads[(row + r) / T], t = (row + r) % T;
        memcpy((float *)out + r * a->D, s->view.data + t * s->view.row + (s->kv ? head / group : head) * s->view.step,
               a->D * sizeof(float));
    }
    return true;
}

static bool fill_sink(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct source *s = context;
    (void)err;
    for (size_t i = 0; i < rows; i++)
        ((float *)out)[i] = s->attention->sink[s->heads[row + i]];
    return true;
}

static bool fill_logits(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct source *s = context;
    size_t *which = mem_new(rows, sizeof *which, "the rows", err);
    for (size_t i = 0; which && i < rows; i++)
        which[i] = row + i;
    bool ok = which && run_logits(s->run, s->head, 0, which, rows, out, err);
    free(which);
    return ok;
}

static bool fill_values(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct source *s = context;
    (void)err;
    memcpy(out, s->values + row * s->row, rows * s->row * sizeof(float));
    return true;
}

/* ---- the list ---- */

/* A new promise and its source; NULL on failure. */
static struct source *add(struct tensor_list *list, const struct run *run, struct tensor_promise promise, struct err *err)
{
    struct source *source = arena_zalloc(list->arena, 1, sizeof *source, "the tensors", err);
    if (!source || !mem_grow((void **)&list->promises, &list->capacity, list->n + 1, sizeof *list->promises, "the tensors", err))
        return NULL;
    source->run = run;
    promise.context = source;
    list->promises[list->n++] = promise;
    return source;
}

static struct tensor_promise named(enum stack_kind stack, const char *name, const char *side, size_t layer)
{
    struct tensor_promise p = {.rank = 3, .axes = {"head", "query", "key"}};
    char text[TENSOR_NAME];
    tensor_name(stack, name, side, layer, text);
    snprintf(p.name, sizeof p.name, "%s", text);
    return p;
}

static bool add_map(struct tensor_list *list, const struct source *like, const char *name, struct part part, struct err *err)
{
    const struct attention *a = like->attention;
    struct tensor_promise p = named(a->stack->kind, name, NULL, a->layer);
    p.shape[0] = like->n_heads;
    p.shape[1] = a->Tq;
    p.shape[2] = a->Tk;
    p.fill = fill_map;
    struct source *source = add(list, like->run, p, err);
    if (!source)
        return false;
    *source = *like;
    source->part = part;
    return true;
}

static bool add_view(struct tensor_list *list, const struct source *like, const char *name, struct strided view, bool kv,
                     struct err *err)
{
    const struct attention *a = like->attention;
    struct tensor_promise p = named(a->stack->kind, name, NULL, a->layer);
    p.axes[1] = "token";
    p.axes[2] = "dim";
    p.shape[0] = like->n_heads;
    p.shape[1] = kv ? a->Tk : a->Tq;
    p.shape[2] = a->D;
    p.fill = fill_view;
    struct source *source = add(list, like->run, p, err);
    if (!source)
        return false;
    *source = *like;
    source->view = view;
    source->kv = kv;
    return true;
}

/* The logits of learned sinks, where a head has one. */
static bool add_sink(struct tensor_list *list, const struct source *like, struct err *err)
{
    const struct attention *a = like->attention;
    struct tensor_promise p = named(a->stack->kind, "sink", NULL, a->layer);
    if (!a->sink)
        return true;
    p.rank = 1;
    p.shape[0] = like->n_heads;
    p.fill = fill_sink;
    struct source *source = add(list, like->run, p, err);
    if (source)
        *source = *like;
    return source != NULL;
}

/* The per-head tensors of one attention. */
static bool add_attention(struct tensor_list *list, const struct run *run, const struct attention *a, const size_t *heads,
                          size_t n_heads, struct err *err)
{
    struct source like = {.run = run, .attention = a, .heads = heads, .n_heads = n_heads};
    if (!add_map(list, &like, "attn", (struct part){PART_PROBS, 0}, err) ||
        (attention_has_scores(a) && !add_map(list, &like, "scores", (struct part){PART_SCORES, 0}, err)) || !add_sink(list, &like, err))
        return false;
    for (unsigned t = 0; a->terms[t]; t++)
        if (!add_map(list, &like, a->terms[t]->name, (struct part){PART_LOGITS, 1u << t}, err))
            return false;
    return !a->q.data || (add_view(list, &like, "q", a->q, false, err) && add_view(list, &like, "k", a->k, true, err) &&
           add_view(list, &like, "v", a->v, true, err) && add_view(list, &like, "z", a->z, false, err));
}

static bool add_ids(struct tensor_list *list, const struct run *run, const char *name, const struct tokens *tokens, struct err *err)
{
    if (!tokens)
        return true;
    struct tensor_promise p = {.is_i64 = true, .rank = 1, .shape = {tokens_length(tokens, 0)}, .axes = {"token"}};
    snprintf(p.name, sizeof p.name, "%s", name);
    p.fill = fill_ids;
    struct source *source = add(list, run, p, err);
    if (source)
        source->tokens = tokens;
    return source != NULL;
}

static bool add_kept(struct tensor_list *list, const struct run *run, struct err *err)
{
    for (size_t i = 0; i < run->n_kept; i++) {
        const struct kept *kept = &run->kept[i];
        struct tensor_promise p = named(kept->stack, kept->name, kept->side, kept->layer);
        p.rank = (int)kept->rank;
        p.is_i64 = kept->dtype == &DTYPE_I64;
        for (size_t axis = 0; axis < kept->rank; axis++) {
            p.shape[axis] = axis || !kept->tokens ? kept->shape[axis] : tokens_length(kept->tokens, 0);
            p.axes[axis] = kept->axes[axis];
        }
        p.fill = fill_kept;
        struct source *source = add(list, run, p, err);
        if (!source)
            return false;
        source->kept = kept;
    }
    return true;
}

/* What the heads that answer a token give. The vocabulary is read once a slab: sixteen rows together. */
static bool add_logits(struct tensor_list *list, const struct run *run, struct err *err)
{
    const struct output_head *head;
    for (size_t i = 0; (head = run_head(run, i)); i++) {
        const struct tokens *tokens = head->stack == STACK_DECODER ? run->target : run->tokens;
        struct tensor_promise p = {.rank = 2,
                                   .shape = {head->place == HEAD_TEXT ? 1 : tokens_length(tokens, 0), head->width(run->model)},
                                   .axes = {"token", "id"},
                                   .slab = 16,
                                   .fill = fill_logits};
        snprintf(p.name, sizeof p.name, "%s", head->tensor);
        struct source *source = add(list, run, p, err);
        if (!source)
            return false;
        source->head = head;
    }
    return true;
}

/* What heads of pairs give of the first text: all rows are made at once, for each of them needs every map. */
static bool add_pairs(struct tensor_list *list, const struct run *run, struct err *err)
{
    const struct pair_head *head;
    for (size_t i = 0; (head = run_pair_head(run, i)); i++) {
        size_t n = run_pairs(run, head, 0);
        struct tensor_promise p = {.rank = 2, .shape = {n, n}, .axes = {"token", "token"}, .fill = fill_values};
        snprintf(p.name, sizeof p.name, "%s", head->name);
        float *values = n ? arena_alloc(list->arena, n * n, sizeof *values, "the pairs", err) : NULL;
        struct source *source = values && head->values(run, 0, values, err) ? add(list, run, p, err) : NULL;
        if (n && !source)
            return false;
        if (source) {
            source->values = values;
            source->row = n;
        }
    }
    return true;
}

/* The heads of one layer: those selected, or all. */
static bool layer_heads(struct tensor_list *list, const struct attention *a, const struct sites *sites, const size_t **heads,
                        size_t *n_out, struct err *err)
{
    size_t *out = arena_alloc(list->arena, a->H, sizeof *out, "the heads", err), n = 0;
    if (!out)
        return false;
    for (size_t h = 0; !sites && h < a->H; h++)
        out[n++] = h;
    for (size_t i = 0; sites && i < sites->n; i++)
        if (sites->site[i].stack == a->stack->kind && sites->site[i].layer == a->layer)
            out[n++] = sites->site[i].head;
    *heads = out;
    *n_out = n;
    return true;
}

static bool add_layers(struct tensor_list *list, const struct run *run, const struct sites *sites, struct err *err)
{
    for (size_t i = 0; i < run->n_attentions; i++) {
        const struct attention *a = &run->attentions[i];
        const size_t *heads;
        size_t n;
        if (a->text != 0)
            continue;
        if (!layer_heads(list, a, sites, &heads, &n, err))
            return false;
        if (n && !add_attention(list, run, a, heads, n, err))
            return false;
        if (!n || !sites)
            continue;
        struct tensor_promise p = named(a->stack->kind, "heads", NULL, a->layer);
        p.is_i64 = true;
        p.rank = 1;
        p.shape[0] = n;
        p.fill = fill_heads;
        struct source *source = add(list, run, p, err);
        if (!source)
            return false;
        source->heads = heads;
    }
    return true;
}

bool tensor_list_make(const struct run *run, const struct sites *sites, struct tensor_list *out, struct err *err)
{
    *out = (struct tensor_list){.arena = arena_new(err)};
    if (out->arena && add_ids(out, run, "input_ids", run->tokens, err) &&
        add_ids(out, run, "dec_input_ids", run->target, err) && (sites || add_kept(out, run, err)) && add_layers(out, run, sites, err) &&
        (sites || (add_logits(out, run, err) && add_pairs(out, run, err))))
        return true;
    tensor_list_free(out);
    return false;
}

void tensor_list_free(struct tensor_list *list)
{
    free(list->promises);
    arena_free(list->arena);
    *list = (struct tensor_list){0};
}

/* ---- names ---- */

/* "attn" of "attn.3", and 3; the whole name and SIZE_MAX where there is no layer. */
static struct str family(const char *name, size_t *layer)
{
    const char *point = strrchr(name, '.');
    long number;
    *layer = point && number_whole(str_of(point + 1), &number) && number >= 0 ? (size_t)number : SIZE_MAX;
    return (struct str){name, *layer == SIZE_MAX ? strlen(name) : (size_t)(point - name)};
}

void tensor_list_names(const struct tensor_list *list, struct buf *out)
{
    for (size_t i = 0; i < list->n; i++) {
        size_t first, last, layer;
        struct str name = family(list->promises[i].name, &first);
        bool before = false, gap = false;
        for (size_t j = 0; j < i; j++)
            before |= str_eq(family(list->promises[j].name, &layer), name);
        if (before)
            continue;
        last = first;
        for (size_t j = i + 1; j < list->n; j++)
            if (str_eq(family(list->promises[j].name, &layer), name)) {
                gap |= layer != last + 1;
                last = layer;
            }
        buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARGS(name));
        if (first != SIZE_MAX)
            buf_printf(out, ".%zu", first);
        if (last != first)
            buf_printf(out, "%s%zu", gap ? " to " : "-", last);
    }
}

bool tensor_list_keep(struct tensor_list *list, struct str names, struct err *err)
{
    unsigned char *wanted = arena_zalloc(list->arena, list->n, 1, "the tensors", err);
    if (!wanted)
        return false;
    for (size_t at = 0; at <= names.n;) {
        size_t end = at, layer;
        while (end < names.n && names.s[end] != ',')
            end++;
        struct str name = {names.s + at, end - at};
        bool found = false;
        for (size_t i = 0; i < list->n; i++)
            if (str_is(name, list->promises[i].name) || str_eq(family(list->promises[i].name, &layer), name))
                wanted[i] = 1, found = true;
        if (!found) {
            struct buf there = {0};
            tensor_list_names(list, &there);
            err_set(err, ERR_NOT_FOUND, "there is no tensor \"%.*s\"; there is %s", STR_ARGS(name), buf_cstr(&there));
            buf_free(&there);
            return false;
        }
        at = end + 1;
    }
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        if (wanted[i])
            list->promises[n++] = list->promises[i];
    list->n = n;
    return true;
}
