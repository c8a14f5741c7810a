/* Loading a model: configuration, weights, tokenizer; binding tensors to the architecture's table. See model.h. */
#include "core/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"

enum { MAX_LAYERS = 4096, MAX_WIDTH = 1 << 20 };

/* ---- configuration ---- */

bool config_dim(struct model *model, const char *key, char letter, long fallback, struct err *err)
{
    const struct json *value = json_get(model->config, key);
    size_t size = (size_t)fallback;
    if (!value && fallback < 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: %s is missing", model->folder, key);
    char what[600];
    snprintf(what, sizeof what, "%s/config.json: %s", model->folder, key);
    if (value && !json_size(value, what, &size, err))
        return false;
    /* Everything is a size of some array; the tensors' shapes are checked against it later. */
    if (size > ((size_t)1 << 31))
        return err_set(err, ERR_LIMIT, "%s: %zu is too large", what, size);
    model->dim[(unsigned char)letter & 127] = size;
    return true;
}

bool config_is(struct model *model, const char *key, enum config_kind kind, struct err *err)
{
    static const char *const names[] = {"true or false", "a number", "a number of at least 0", "a text"};
    const struct json *value = json_get(model->config, key);
    double number = json_number(value, 0);
    bool ok = !value || json_is_null(value) || (kind == CONFIG_BOOL && json_is_bool(value)) ||
              (kind == CONFIG_TEXT && json_is_string(value)) || (kind == CONFIG_NUMBER && json_is_number(value)) ||
              (kind == CONFIG_POSITIVE && json_is_number(value) && number >= 0);
    return ok || err_set(err, ERR_FORMAT, "%s/config.json: %s is not %s", model->folder, key, names[kind]);
}

bool config_only(struct model *model, const char *key, const char *only, struct err *err)
{
    const struct json *value = json_get(model->config, key);
    if (!value || json_is_null(value))
        return true;
    struct buf text = {0};
    if (json_is_bool(value))
        buf_puts(&text, json_bool(value, false) ? "true" : "false");
    else if (json_is_number(value))
        buf_printf(&text, "%.17g", json_number(value, 0));
    else if (json_is_string(value))
        json_quote(&text, json_str(value, ""));
    else if (json_count(value) == 0)
        buf_puts(&text, json_is_array(value) ? "[]" : "{}");
    else
        buf_puts(&text, json_is_array(value) ? "[…]" : "{…}");
    bool ok = strcmp(buf_cstr(&text), only) == 0;
    if (!ok)
        err_set(err, ERR_UNSUPPORTED, "%s/config.json: %s = %s is not read for %s (only %s)", model->folder, key, buf_cstr(&text),
                model->arch->name, only);
    buf_free(&text);
    return ok;
}

bool config_activation(struct model *model, const char *key, const char *fallback, struct err *err)
{
    if (!config_is(model, key, CONFIG_TEXT, err))
        return false;
    struct str name = json_str(json_get(model->config, key), fallback);
    model->activation = activation_named(name);
    if (!model->activation)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: %s = \"%.*s\" is no activation that is known", model->folder, key,
                       STR_ARGS(name));
    return true;
}

/* ---- binding parameters ---- */

/* Write the concrete name of a pattern: {l} becomes the layer. */
static void write_name(struct buf *out, struct str prefix, struct str pattern, size_t layer, const char *suffix)
{
    buf_str(out, prefix);
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.n - i >= 3 && memcmp(pattern.s + i, "{l}", 3) == 0) {
            buf_printf(out, "%zu", layer);
            i += 2;
        } else {
            buf_char(out, pattern.s[i]);
        }
    }
    buf_puts(out, suffix);
}

/* Call `look` for each name a parameter may go by: alternatives × prefixes × suffixes. */
static const struct tensor *find_tensor(const struct model *model, const char *names, size_t layer, const char *suffixes)
{
    struct buf name = {0};
    const struct tensor *found = NULL;
    for (size_t n; !found && *names; names += n + (names[n] == '|')) {
        n = strcspn(names, "|");
        const char *prefix = model->arch->prefixes;
        for (;;) {
            size_t p = strcspn(prefix, "|");
            const char *suffix = suffixes;
            for (;;) {
                size_t s = strcspn(suffix, "|");
                char one[16];
                snprintf(one, sizeof one, "%.*s", (int)s, suffix);
                name.n = 0;
                write_name(&name, (struct str){prefix, p}, (struct str){names, n}, layer, one);
                found = weights_find(model->weights, buf_view(&name));
                if (found || !suffix[s])
                    break;
                suffix += s + 1;
            }
            if (found || !*prefix)
                break;
            prefix += p + (prefix[p] == '|'); /* the last round is the empty prefix */
        }
    }
    buf_free(&name);
    return found;
}

static bool symbolic_shape(const struct model *model, const char *symbols, size_t shape[TENSOR_RANK], int *rank)
{
    *rank = 0;
    for (const char *s = symbols; *s && *rank < TENSOR_RANK; s += *s == ',') {
        if (*s >= '0' && *s <= '9') {
            char *end;
            shape[(*rank)++] = strtoul(s, &end, 10);
            s = end;
        } else {
            shape[(*rank)++] = model->dim[(unsigned char)*s++ & 127];
        }
    }
    return true;
}

static bool check_shape(const struct model *model, const struct tensor *tensor, const size_t *shape, int rank, struct err *err)
{
    bool same = tensor->rank == rank;
    for (int i = 0; same && i < rank; i++)
        same = tensor->shape[i] == shape[i];
    if (!same) {
        char found[96];
        struct buf wanted = {0};
        for (int i = 0; i < rank; i++)
            buf_printf(&wanted, "%s%zu", i ? "," : "", shape[i]);
        err_set(err, ERR_FORMAT, "%s: tensor %.*s is %s, config.json of %s asks for [%s]", tensor->file, STR_ARGS(tensor->name),
                tensor_describe(tensor, found), model->arch->name, buf_cstr(&wanted));
        buf_free(&wanted);
        return false;
    }
    if (!tensor->dtype->is_float)
        return err_set(err, ERR_FORMAT, "%s: tensor %.*s holds %s, a float type is needed", tensor->file, STR_ARGS(tensor->name),
                       tensor->dtype->name);
    return true;
}

/* A vector as floats: borrowed where it lies as aligned F32, else widened into the model's arena. */
static const float *widen_vector(struct model *model, const struct tensor *tensor, struct err *err)
{
    if (tensor->dtype == &DTYPE_F32 && ((uintptr_t)tensor->data & 3) == 0)
        return tensor->data;
    size_t n = tensor_numel(tensor);
    float *out = arena_alloc(model->arena, n, sizeof *out, "a parameter", err);
    if (out)
        tensor->dtype->widen(tensor->data, n, out);
    return out;
}

static bool missing(const struct model *model, const struct param *param, size_t layer, const char *suffix, struct err *err)
{
    struct buf name = {0};
    const char *first = param->name;
    write_name(&name, (struct str){0}, (struct str){first, strcspn(first, "|")}, layer, suffix);
    err_set(err, ERR_FORMAT, "%s: tensor %s is missing, which %s needs under this config.json",
            model->weights->n ? model->weights->tensors[0].file : model->folder, buf_cstr(&name), model->arch->name);
    buf_free(&name);
    return false;
}

/* A parameter of that shape, found under one of the suffixes and widened to *out. */
static bool bind_floats(struct model *model, const struct param *param, size_t layer, const char *suffixes, const size_t *shape,
                        int rank, bool optional, const float **out, struct err *err)
{
    const struct tensor *tensor = find_tensor(model, param->name, layer, suffixes);
    char first[16];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(suffixes, "|"), suffixes);
    if (!tensor)
        return optional || missing(model, param, layer, first, err);
    if (!check_shape(model, tensor, shape, rank, err))
        return false;
    model->parameters += tensor_numel(tensor);
    return (*out = widen_vector(model, tensor, err)) != NULL;
}

static bool bind_linear(struct model *model, const struct param *param, size_t layer, struct linear *linear, struct err *err)
{
    size_t shape[TENSOR_RANK];
    int rank;
    symbolic_shape(model, param->shape, shape, &rank);
    const struct tensor *tensor = find_tensor(model, param->name, layer, ".weight");
    if (!tensor)
        return param->optional || missing(model, param, layer, ".weight", err);
    size_t stored[2] = {shape[0], shape[1]};
    if (param->layout == LAYOUT_IN_OUT)
        stored[0] = shape[1], stored[1] = shape[0];
    if (!check_shape(model, tensor, stored, 2, err))
        return false;
    *linear = (struct linear){.w = *tensor, .out = shape[0], .in = shape[1], .layout = param->layout};
    model->parameters += tensor_numel(tensor);
    return param->kind == PARAM_LINEAR_NO_BIAS || bind_floats(model, param, layer, ".bias", shape, 1, false, &linear->bias, err);
}

static bool bind_param(struct model *model, const struct param *param, size_t layer, struct err *err)
{
    char *base = param->layered ? (char *)model->layer_data + layer * model->arch->layer_size : model->own;
    void *to = base + param->offset;
    size_t shape[TENSOR_RANK];
    int rank;
    symbolic_shape(model, param->shape, shape, &rank);
    switch (param->kind) { /* closed: the five ways a tensor enters a forward pass */
    case PARAM_LINEAR:
    case PARAM_LINEAR_NO_BIAS: return bind_linear(model, param, layer, to, err);
    case PARAM_NORM: {
        struct norm *norm = to;
        return bind_floats(model, param, layer, ".weight|.gamma", shape, 1, param->optional, &norm->weight, err) &&
               bind_floats(model, param, layer, ".bias|.beta", shape, 1, param->optional, &norm->bias, err);
    }
    case PARAM_FLOATS: return bind_floats(model, param, layer, "", shape, rank, param->optional, to, err);
    case PARAM_TABLE: break;
    }
    const struct tensor *tensor = find_tensor(model, param->name, layer, "");
    if (!tensor)
        return param->optional || missing(model, param, layer, "", err);
    if (!check_shape(model, tensor, shape, rank, err))
        return false;
    model->parameters += tensor_numel(tensor);
    *(struct tensor *)to = *tensor;
    return true;
}

static bool bind_all(struct model *model, struct err *err)
{
    const struct arch *arch = model->arch;
    model->own = arena_zalloc(model->arena, 1, arch->own_size ? arch->own_size : 1, "the model", err);
    model->layer_data = arena_zalloc(model->arena, model->layers, arch->layer_size ? arch->layer_size : 1, "the layers", err);
    if (!model->own || !model->layer_data)
        return false;
    for (const struct param *param = arch->params; param->name; param++) {
        if (param->when && !param->when(model))
            continue;
        for (size_t l = 0; l < (param->layered ? model->layers : 1); l++)
            if (!bind_param(model, param, l, err))
                return false;
    }
    return !arch->bound || arch->bound(model, err);
}

void model_each_param(const struct model *model, void (*visit)(void *, const struct param *, size_t, const struct tensor *),
                      void *context)
{
    for (const struct param *param = model->arch ? model->arch->params : NULL; param && param->name; param++) {
        if (param->when && !param->when(model))
            continue;
        bool whole = param->kind == PARAM_TABLE || param->kind == PARAM_FLOATS;
        for (size_t l = 0; l < (param->layered ? model->layers : 1); l++)
            visit(context, param, l, find_tensor(model, param->name, l, whole ? "" : ".weight|.gamma"));
    }
}

/* ---- loading ---- */

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
    if (!config_is(model, "tie_word_embeddings", CONFIG_BOOL, err) || !model->arch->configure(model, model->config, err))
        return false;
    if (model->layers == 0 || model->layers > MAX_LAYERS || model->H == 0 || model->D == 0 || model->E == 0 ||
        model->E > MAX_WIDTH || model->H * model->D > MAX_WIDTH)
        return err_set(err, ERR_FORMAT, "%s/config.json: %zu layers of %zu heads of width %zu in a width of %zu: not a model",
                       model->folder, model->layers, model->H, model->D, model->E);
    return true;
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
    return !model->weights || (configure(model, err) && bind_all(model, err));
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

const void *model_layer(const struct model *model, size_t layer)
{
    return (const char *)model->layer_data + layer * model->arch->layer_size;
}

bool model_runs(const struct model *model)
{
    return model->weights != NULL;
}

const struct output_head *model_head(const struct model *model, const char *name)
{
    for (size_t i = 0; model->weights && model->arch && model->arch->heads[i]; i++)
        if (strcmp(model->arch->heads[i]->name, name) == 0 && model->arch->heads[i]->present(model))
            return model->arch->heads[i];
    return NULL;
}

size_t model_terms(const struct model *model)
{
    size_t n = 0;
    while (model->terms && model->terms[n])
        n++;
    return n;
}

const struct tensor *model_word_table(const struct model *model)
{
    if (!model->weights)
        return NULL;
    for (const struct param *param = model->arch->params; param->name; param++)
        if (param->kind == PARAM_TABLE && !param->layered && strncmp(param->shape, "V,", 2) == 0 &&
            (!param->when || param->when(model)))
            return find_tensor(model, param->name, 0, "");
    return NULL;
}
