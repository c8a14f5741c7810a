/* What earlier passes left. See past.h. */
#include "core/past.h"

#include <stdlib.h>
#include <string.h>

static void free_layers(struct past_layer *at, size_t n)
{
    for (size_t i = 0; at && i < n; i++) {
        free(at[i].q);
        free(at[i].k);
        free(at[i].v);
        free(at[i].z);
    }
    free(at);
}

static struct past_layer *new_layers(const struct past *past, const struct model *model, size_t n_texts, struct err *err)
{
    const struct stack *stack = &model->stacks[past->stack];
    struct past_layer *at = mem_new(n_texts * past->layers, sizeof *at, "the keys of a text", err);
    for (size_t i = 0; at && i < n_texts * past->layers; i++) {
        const struct layer_shape *shape = &stack->shape[i % past->layers];
        size_t queries, keys;
        if (!size_mul(past->capacity, shape->H * shape->D, &queries) || !size_mul(past->capacity, shape->Hkv * shape->D, &keys)) {
            err_memory(err, SIZE_MAX, "the keys of a text");
            free_layers(at, i);
            return NULL;
        }
        at[i].q = mem_new(queries, sizeof(float), "the keys of a text", err);
        at[i].k = mem_new(keys, sizeof(float), "the keys of a text", err);
        at[i].v = mem_new(keys, sizeof(float), "the keys of a text", err);
        at[i].z = mem_new(queries, sizeof(float), "the keys of a text", err);
        if (!at[i].q || !at[i].k || !at[i].v || !at[i].z) {
            free_layers(at, i + 1);
            return NULL;
        }
    }
    return at;
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
    past->at = new_layers(past, model, 1, err);
    if (past->at)
        return past;
    past_free(past);
    return NULL;
}

void past_free(struct past *past)
{
    if (!past)
        return;
    free_layers(past->at, past->n_texts * past->layers);
    free(past);
}

bool past_choose(struct past *past, const struct model *model, const size_t *parents, size_t n, struct err *err)
{
    bool same = n == past->n_texts;
    for (size_t i = 0; same && i < n; i++)
        same = parents[i] == i;
    if (same)
        return true;
    struct past_layer *at = new_layers(past, model, n, err);
    if (!at)
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
    free_layers(past->at, past->n_texts * past->layers);
    past->at = at;
    past->n_texts = n;
    return true;
}
