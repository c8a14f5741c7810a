/* Loading a model: the checkpoint's parts, its family, its tensors bound to parameters. See model.h. */
#include <stdlib.h>
#include <string.h>

#include "core/bind.h"
#include "core/config.h"
#include "core/family.h"
#include "core/gguf/gguf.h"
#include "core/tokenizer/load.h"
#include "core/unread.h"
#include "core/weights/mxfp4.h"
#include "core/weights/scales.h"

static bool configure(struct model *model, struct err *err)
{
    model->own = arena_zalloc(model->arena, 1, model->arch->own_size ? model->arch->own_size : 1, "the model", err);
    return model->own && config_is(model, "tie_word_embeddings", CONFIG_BOOL, err) &&
           config_read(model, model->arch->keys, err) && model->arch->configure(model, model->config, err);
}

static char *name_of(const char *folder, struct err *err)
{
    char *real = realpath(folder, NULL);
    const char *path = real ? real : folder, *slash = strrchr(path, '/');
    char *name = mem_copy_str(str_of(slash && slash[1] ? slash + 1 : path), err);
    free(real);
    return name;
}

/* The tokenizer; none is fine beside weights, and so is one that is not read: the reason is kept. */
static bool load_tokenizer(struct model *model, struct err *err)
{
    struct err none = {0};
    bool own = model->checkpoint.gguf.path != NULL;
    model->tokenizer = own ? gguf_tokenizer(&model->checkpoint.gguf, &none) : tokenizer_load(model->folder, &none);
    if (model->tokenizer)
        return own || checkpoint_is_tokenizer(&model->checkpoint, tokenizer_path(model->tokenizer), err);
    if (none.code != ERR_NOT_FOUND && (none.code != ERR_UNSUPPORTED || !model->weights)) {
        *err = none;
        return false;
    }
    model->tokenizer_problem = mem_copy_str(str_of(none.message), err);
    return model->tokenizer_problem != NULL;
}

static bool nothing_there(const struct model *model, struct err *err)
{
    struct buf files = {0};
    weights_files(&files);
    err_set(err, ERR_NOT_FOUND, "%s: holds no model: neither weights (%s) nor a tokenizer (tokenizer.json, vocab.txt, …)",
            model->folder, buf_cstr(&files));
    buf_free(&files);
    return false;
}

static bool load_weights(struct model *model, struct err *err)
{
    size_t scaled, blocks;
    if (!family_find(model, err) || !family_unwrap(model, err) ||
        !scales_apply(model->weights, json_get(model->config, "quantization_config"), &scaled, err) ||
        (scaled && !unread_remark(model, err, "%zu weights of 8 bits are read with their scales, as floats", scaled)) ||
        !mxfp4_apply(model->weights, &blocks, err) ||
        (blocks && !unread_remark(model, err, "%zu weights of 4 bits are read with their scales, as BF16", blocks)))
        return false;
    return configure(model, err) && model_bind(model, err);
}

static bool load_parts(struct model *model, struct err *err)
{
    if (!load_tokenizer(model, err))
        return false;
    if (!model->weights && !model->tokenizer)
        return nothing_there(model, err);
    if (!model->weights && (model->fresh || model->shuffled))
        return err_set(err, ERR_NOT_FOUND, "%s: holds no weights, whose names and shapes %s ones take", model->folder,
                       model->fresh ? "fresh" : "shuffled");
    return (!model->weights || load_weights(model, err)) && unread_list(model, err);
}

enum made { AS_STORED, FRESH, SHUFFLED };

static struct model *load(const char *path, const char *name, enum made made, uint64_t seed, struct err *err)
{
    struct err ignored;
    if (!err)
        err = &ignored;
    struct model *model = mem_new(1, sizeof *model, "a model", err);
    if (!model)
        return NULL;
    model->fresh = made == FRESH;
    model->shuffled = made == SHUFFLED;
    model->seed = seed;
    model->arena = arena_new(err);
    if (!model->arena || !checkpoint_open(path, &model->checkpoint, err))
        goto fail;
    model->folder = model->checkpoint.folder;
    model->config = model->checkpoint.config;
    model->weights = model->checkpoint.weights;
    model->name = name ? mem_copy_str(str_of(name), err) : name_of(model->folder, err);
    if (!model->name || !load_parts(model, err))
        goto fail;
    return model;
fail:
    model_free(model);
    return NULL;
}

struct model *model_load(const char *path, const char *name, struct err *err)
{
    return load(path, name, AS_STORED, 0, err);
}

struct model *model_load_fresh(const char *path, const char *name, uint64_t seed, struct err *err)
{
    return load(path, name, FRESH, seed, err);
}

struct model *model_load_shuffled(const char *path, const char *name, uint64_t seed, struct err *err)
{
    return load(path, name, SHUFFLED, seed, err);
}
