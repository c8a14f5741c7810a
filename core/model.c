/* Loading a model: configuration, weights, tokenizer. See model.h. */
#include "core/model.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/bind.h"
#include "core/config.h"

enum { MAX_LAYERS = 4096, MAX_WIDTH = 1 << 20 };

static bool unknown_type(const struct model *model, struct str type, struct err *err)
{
    struct buf known = {0};
    for (size_t i = 0; archs[i]; i++)
        buf_printf(&known, "%s%s", i ? ", " : "", archs[i]->model_types);
    for (size_t i = 0; i < known.n; i++)
        if (known.data[i] == '|')
            known.data[i] = ',';
    if (type.s)
        err_set(err, ERR_UNSUPPORTED, "%s/config.json: model_type \"%.*s\" is not read yet; known are: %s", model->folder,
                STR_ARGS(type), buf_cstr(&known));
    else
        err_set(err, ERR_FORMAT, "%s/config.json: no model_type; known are: %s", model->folder, buf_cstr(&known));
    buf_free(&known);
    return false;
}

static bool configure(struct model *model, struct err *err)
{
    char *path = path_join(model->folder, "config.json", err);
    if (!path)
        return false;
    model->config = json_load(path, 0, err);
    free(path);
    if (!model->config)
        return false;
    struct str type = json_str(json_get(model->config, "model_type"), NULL);
    model->arch = arch_of_type(type);
    if (!model->arch)
        return unknown_type(model, type, err);
    model->own = arena_zalloc(model->arena, 1, model->arch->own_size ? model->arch->own_size : 1, "the model", err);
    return model->own && config_is(model, "tie_word_embeddings", CONFIG_BOOL, err) &&
           config_read(model, model->arch->keys, err) && model->arch->configure(model, model->config, err);
}

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

/* The folder of a path: itself, or that of a file in it. */
static char *folder_of(const char *path, struct err *err)
{
    if (!file_exists(path)) {
        err_set(err, ERR_NOT_FOUND, "%s: no such file or folder", path);
        return NULL;
    }
    size_t n = strlen(path);
    if (!file_is_folder(path)) {
        const char *slash = strrchr(path, '/');
        if (!slash)
            return mem_copy_str(STR("."), err);
        n = slash == path ? 1 : (size_t)(slash - path);
    }
    while (n > 1 && path[n - 1] == '/')
        n--;
    return mem_copy_str((struct str){path, n}, err);
}

static char *name_of(const char *folder, struct err *err)
{
    char *real = realpath(folder, NULL);
    const char *path = real ? real : folder, *slash = strrchr(path, '/');
    char *name = mem_copy_str(str_of(slash && slash[1] ? slash + 1 : path), err);
    free(real);
    return name;
}

/* Tokenizer and weights; either may be missing, not both. A tokenizer that cannot be read does not keep a model with
 * weights from running ids: the reason is kept. */
static bool load_parts(struct model *model, struct err *err)
{
    struct err no_tokenizer = {0}, no_weights = {0};
    model->tokenizer = tokenizer_load(model->folder, &no_tokenizer);
    if (!model->tokenizer && no_tokenizer.code == ERR_MEMORY) {
        *err = no_tokenizer;
        return false;
    }
    model->weights = weights_open(model->folder, &no_weights);
    if (!model->weights && no_weights.code != ERR_NOT_FOUND) {
        *err = no_weights;
        return false;
    }
    if (!model->weights && !model->tokenizer) {
        struct buf files = {0};
        weights_files(&files);
        if (no_tokenizer.code != ERR_NOT_FOUND)
            *err = no_tokenizer;
        else
            err_set(err, ERR_NOT_FOUND, "%s: holds no model: neither weights (%s) nor a tokenizer (tokenizer.json, vocab.txt, …)",
                    model->folder, buf_cstr(&files));
        buf_free(&files);
        return false;
    }
    if (!model->tokenizer && no_tokenizer.code != ERR_NOT_FOUND && no_tokenizer.code != ERR_UNSUPPORTED) {
        *err = no_tokenizer;
        return false;
    }
    if (!model->tokenizer) {
        model->tokenizer_problem = mem_copy_str(str_of(no_tokenizer.message), err);
        if (!model->tokenizer_problem)
            return false;
    }
    return !model->weights || (configure(model, err) && model_bind(model, err));
}

struct model *model_load(const char *path, const char *name, struct err *err)
{
    struct err ignored;
    if (!err)
        err = &ignored;
    struct model *model = mem_new(1, sizeof *model, "a model", err);
    if (!model)
        return NULL;
    model->arena = arena_new(err);
    model->folder = model->arena ? folder_of(path, err) : NULL;
    if (!model->folder)
        goto fail;
    model->name = name ? mem_copy_str(str_of(name), err) : name_of(model->folder, err);
    if (!model->name || !load_parts(model, err))
        goto fail;
    return model;
fail:
    model_free(model);
    return NULL;
}

void model_free(struct model *model)
{
    if (!model)
        return;
    tokenizer_free(model->tokenizer);
    weights_close(model->weights);
    json_free(model->config);
    arena_free(model->arena);
    free(model->bound);
    free(model->tokenizer_problem);
    free(model->folder);
    free(model->name);
    free(model);
}

bool model_prepare(struct model *model, struct err *err)
{
    if (!model->prepared && model->arch && model->arch->prepare && !model->arch->prepare(model, err))
        return false;
    model->prepared = true;
    return true;
}

bool model_runs(const struct model *model)
{
    return model->weights != NULL;
}

const struct output_head *model_head(const struct model *model, size_t i)
{
    for (const struct output_head *const *head = model->weights ? model->arch->heads : NULL; head && *head; head++)
        if ((*head)->present(model) && i-- == 0)
            return *head;
    return NULL;
}
