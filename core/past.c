/* What earlier passes left. See past.h. */
#include "core/past.h"

#include <stdlib.h>
#include <string.h>

static void free_texts(struct past_layer *at, size_t n_at, struct past_rows *rows, size_t n_texts)
{
    for (size_t i = 0; at && i < n_at; i++) {
        free(at[i].k);
        free(at[i].v);
    }
    for (size_t t = 0; rows && t < n_texts; t++) {
        free(rows[t].q);
        free(rows[t].z);
    }
    free(at);
    free(rows);
}

/* [capacity, heads·D], or NULL. */
static float *new_rows(const struct past *past, size_t heads, size_t D, struct err *err)
{
    size_t n;
    if (size_mul(past->capacity, heads * D, &n))
        return mem_new(n, sizeof(float), "the keys of a text", err);
    err_memory(err, SIZE_MAX, "the keys of a text");
    return NULL;
}

/* Room for n texts in place of what there is, which stays where this fails. */
static bool new_texts(const struct past *past, const struct model *model, size_t n_texts, struct past_layer **at_out,
                      struct past_rows **rows_out, struct err *err)
{
    const struct stack *stack = &model->stacks[past->stack];
    struct past_layer *at = mem_new(n_texts * past->layers, sizeof *at, "the keys of a text", err);
    struct past_rows *rows = mem_new(n_texts, sizeof *rows, "the keys of a text", err);
    size_t widest = 0;
    bool ok = at && rows;
    for (size_t i = 0; ok && i < n_texts * past->layers; i++) {
        const struct layer_shape *shape = &stack->shape[i % past->layers];
        widest = shape->H * shape->D > widest ? shape->H * shape->D : widest;
        ok = (at[i].k = new_rows(past, shape->Hkv, shape->D, err)) && (at[i].v = new_rows(past, shape->Hkv, shape->D, err));
    }
    for (size_t t = 0; ok && t < n_texts; t++)
        ok = (rows[t].q = new_rows(past, widest, 1, err)) && (rows[t].z = new_rows(past, widest, 1, err));
    if (!ok) {
        free_texts(at, n_texts * past->layers, rows, n_texts);
        return false;
    }
    *at_out = at;
    *rows_out = rows;
    return true;
}

struct past *past_new(const struct model *model, size_t capacity, struct err *err)
{
    struct past *past = mem_new(1, sizeof *past, "the keys of a text", err);
    if (!past)
        return NULL;
    past->stack = model->stacks[STACK_DECODER].layers ? STACK_DECODER : STACK_MAIN;
    past->layers = model->stacks[past->stack].layers;
    past->capacity = capacity;
    past->n_texts = 1;
    if (new_texts(past, model, 1, &past->at, &past->rows, err))
        return past;
    past_free(past);
    return NULL;
}

void past_free(struct past *past)
{
    if (!past)
        return;
    free_texts(past->at, past->n_texts * past->layers, past->rows, past->n_texts);
    free(past);
}

bool past_choose(struct past *past, const struct model *model, const size_t *parents, size_t n, struct err *err)
{
    bool same = n == past->n_texts;
    for (size_t i = 0; same && i < n; i++)
        same = parents[i] == i;
    if (same)
        return true;
    struct past_layer *at;
    struct past_rows *rows;
    if (!new_texts(past, model, n, &at, &rows, err))
        return false;
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < past->layers; l++) {
            const struct layer_shape *shape = &model->stacks[past->stack].shape[l];
            const struct past_layer *from = &past->at[parents[i] * past->layers + l];
            struct past_layer *to = &at[i * past->layers + l];
            size_t bytes = past->length * shape->Hkv * shape->D * sizeof(float);
            memcpy(to->k, from->k, bytes);
            memcpy(to->v, from->v, bytes);
        }
    free_texts(past->at, past->n_texts * past->layers, past->rows, past->n_texts);
    past->at = at;
    past->rows = rows;
    past->n_texts = n;
    return true;
}
