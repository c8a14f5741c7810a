/* Tensors of a file bound to the parameters of an architecture. See bind.h. */
#include "core/bind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool model_bind(struct model *model, struct err *err)
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
