/* A model: its stacks, its heads, its end. See model.h; load.c loads it. */
#include "core/model.h"

#include <stdlib.h>

#include "core/base/spare.h"

enum { MAX_LAYERS = 4096, MAX_WIDTH = 1 << 20 };

bool model_stack(struct model *model, enum stack_kind kind, size_t layers, struct layer_shape shape,
                 const struct term *const *terms, struct err *err)
{
    struct stack *stack = &model->stacks[kind];
    if (layers == 0 || layers > MAX_LAYERS || shape.H == 0 || shape.Hkv == 0 || shape.D == 0 || model->E == 0 ||
        model->E > MAX_WIDTH || shape.H > MAX_WIDTH / shape.D || shape.H % shape.Hkv)
        return err_set(err, ERR_FORMAT, "%s/config.json: %zu layers of %zu heads of width %zu in a width of %zu: not a model",
                       model->folder, layers, shape.H, shape.D, model->E);
    size_t size = kind == STACK_MAIN ? model->arch->layer_size : kind == STACK_DECODER ? model->arch->decoder_size : 0;
    stack->kind = kind;
    stack->layers = layers;
    stack->terms = terms;
    stack->layer_size = size;
    stack->shape = arena_alloc(model->arena, layers, sizeof *stack->shape, "the layers", err);
    if (size)
        stack->layer_data = arena_zalloc(model->arena, layers, size, "the layers", err);
    for (size_t l = 0; stack->shape && l < layers; l++)
        stack->shape[l] = shape;
    return stack->shape && (stack->layer_data || !size);
}

void model_free(struct model *model)
{
    if (!model)
        return;
    tokenizer_free(model->tokenizer);
    checkpoint_close(&model->checkpoint);
    arena_free(model->arena);
    spare_release(); /* the next model's runs are of another size */
    free(model->bound);
    free(model->tokenizer_problem);
    free(model->name);
    free(model);
}

bool model_prepare(struct model *model, struct err *err)
{
    if (model->prepared) /* nothing is written again: passes may run side by side */
        return true;
    if (model->arch && model->arch->prepare && !model->arch->prepare(model, err))
        return false;
    model->prepared = true;
    return true;
}

bool model_runs(const struct model *model)
{
    return model->weights != NULL;
}

bool model_unchanged(const struct model *model, struct err *err)
{
    const char *path = model->weights ? weights_rewritten(model->weights) : NULL;
    return !path || err_set(err, ERR_IO,
                            "%s was written to after it was loaded: %s is no longer the model that it was; unload it, and load it again",
                            path, model->name);
}

size_t model_vocabulary(const struct model *model)
{
    return model->dim['V'];
}

const struct output_head *model_head(const struct model *model, size_t i)
{
    for (const struct output_head *const *head = model->weights ? model->arch->heads : NULL; head && *head; head++)
        if ((*head)->present(model) && i-- == 0)
            return *head;
    return NULL;
}
