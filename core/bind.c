/* Tensors of a file bound to the parameters of an architecture. See bind.h. */
#include "core/bind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fresh.h"

#define WHATEVER SIZE_MAX /* an axis as long as the file has it */

/* One parameter to bind: its row, the layer, and which of its experts. */
struct place {
    const struct param *param;
    size_t layer, expert;
};

/* Write the concrete name of a pattern: {l} becomes the layer, {e} the expert. */
static void write_name(const struct model *model, struct buf *out, struct str prefix, struct str pattern, const struct place *at,
                       const char *suffix)
{
    buf_str(out, prefix);
    for (size_t i = 0; i < pattern.n; i++) {
        bool layer = pattern.n - i >= 3 && memcmp(pattern.s + i, "{l}", 3) == 0;
        bool expert = pattern.n - i >= 3 && memcmp(pattern.s + i, "{e}", 3) == 0;
        if (layer && model->arch->layer_name)
            model->arch->layer_name(model, at->layer, out);
        else if (layer || expert)
            buf_printf(out, "%zu", layer ? at->layer : at->expert);
        else
            buf_char(out, pattern.s[i]);
        i += layer || expert ? 2 : 0;
    }
    buf_puts(out, suffix);
}

/* The next of the pieces that `|` separates; false behind the last. */
static bool next_piece(const char **rest, struct str *piece)
{
    if (!*rest)
        return false;
    size_t n = strcspn(*rest, "|");
    *piece = (struct str){*rest, n};
    *rest = (*rest)[n] ? *rest + n + 1 : NULL;
    return true;
}

/* The first tensor among the names that a parameter may go by: alternatives × (prefixes, none) × suffixes. */
static const struct tensor *find_tensor(const struct model *model, const struct place *at, const char *suffixes)
{
    struct buf name = {0};
    const struct tensor *found = NULL;
    struct str pattern, prefix, suffix;
    for (const char *names = at->param->name; !found && next_piece(&names, &pattern);) {
        const char *prefixes = *model->arch->prefixes ? model->arch->prefixes : NULL;
        for (bool more = true; !found && more;) {
            more = next_piece(&prefixes, &prefix);
            for (const char *rest = suffixes; !found && next_piece(&rest, &suffix);) {
                char one[16];
                snprintf(one, sizeof one, "%.*s", (int)suffix.n, suffix.s);
                name.n = 0;
                write_name(model, &name, more ? prefix : (struct str){0}, pattern, at, one);
                found = weights_find(model->weights, buf_view(&name));
            }
        }
    }
    buf_free(&name);
    return found;
}

/* What a letter stands for: a layer's own heads where the parameter is a layer's. */
static size_t letter_size(const struct model *model, const struct place *at, char letter)
{
    const struct stack *stack = &model->stacks[at->param->stack];
    if (at->param->layered) {
        const struct layer_shape *shape = &stack->shape[at->layer];
        switch (letter) { /* closed: a shape's own letters */
        case 'H': return shape->H;
        case 'D': return shape->D;
        case 'A': return shape->H * shape->D;
        case 'C': return shape->Hkv * shape->D;
        default: break;
        }
    }
    return model->dim[(unsigned char)letter & 127];
}

static void symbolic_shape(const struct model *model, const struct place *at, size_t shape[TENSOR_RANK], int *rank)
{
    *rank = 0;
    for (const char *s = at->param->shape; *s && *rank < TENSOR_RANK; s += *s == ',') {
        if (*s == '*') {
            shape[(*rank)++] = WHATEVER;
            s++;
        } else if (*s >= '0' && *s <= '9') {
            char *end;
            shape[(*rank)++] = strtoul(s, &end, 10);
            s = end;
        } else {
            shape[(*rank)++] = letter_size(model, at, *s++);
        }
    }
}

/* Also writes the length of axes that the file decides into the shape. */
static bool check_shape(const struct model *model, const struct tensor *tensor, size_t *shape, int rank, struct err *err)
{
    bool same = tensor->rank == rank;
    for (int i = 0; same && i < rank; i++) {
        if (shape[i] == WHATEVER)
            shape[i] = tensor->shape[i];
        same = tensor->shape[i] == shape[i];
    }
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
    if (tensor->dtype == &DTYPE_F32 && !tensor->order && ((uintptr_t)tensor->data & 3) == 0)
        return tensor->data;
    size_t n = tensor_numel(tensor);
    float *out = arena_alloc(model->arena, n, sizeof *out, "a parameter", err);
    if (out && tensor->order)
        for (size_t r = 0; r < tensor->shape[0]; r++)
            tensor_row(tensor, r, out + r * (n / tensor->shape[0]));
    else if (out)
        tensor->dtype->widen(tensor->data, n, out);
    return out;
}

static bool missing(const struct model *model, const struct place *at, const char *suffix, struct err *err)
{
    struct buf name = {0};
    const char *first = at->param->name;
    write_name(model, &name, (struct str){0}, (struct str){first, strcspn(first, "|")}, at, suffix);
    err_set(err, ERR_FORMAT, "%s: tensor %s is missing, which %s needs under this config.json",
            model->weights->n ? model->weights->tensors[0].file : model->folder, buf_cstr(&name), model->arch->name);
    buf_free(&name);
    return false;
}

/* The tensor is some parameter's: counted once, however often; where the model's weights are fresh or shuffled, made anew once. */
static bool mark_bound(struct model *model, const struct tensor *tensor, enum init init, struct err *err)
{
    size_t i = (size_t)(tensor - model->weights->tensors);
    if (model->bound[i])
        return true;
    model->bound[i] = 1;
    model->parameters += tensor_numel(tensor);
    if (model->shuffled)
        return shuffled_tensor(&model->weights->tensors[i], model->seed, model->weights->arena, err);
    if (!model->fresh)
        return true;
    float deviation = (float)json_number(json_get(model->config, "initializer_range"), 0.02);
    return fresh_tensor(&model->weights->tensors[i], init, deviation, model->seed, model->weights->arena, err);
}

/* A parameter of that shape, found under one of the suffixes and widened to *out. */
static bool bind_floats(struct model *model, const struct place *at, const char *suffixes, size_t *shape, int rank,
                        enum init init, bool optional, const float **out, struct err *err)
{
    const struct tensor *tensor = find_tensor(model, at, suffixes);
    char first[16];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(suffixes, "|"), suffixes);
    if (!tensor)
        return optional || missing(model, at, first, err);
    if (!check_shape(model, tensor, shape, rank, err))
        return false;
    return mark_bound(model, tensor, init, err) && (*out = widen_vector(model, tensor, err)) != NULL;
}

static enum init init_of(const struct param *param, enum init usual)
{
    return param->init == INIT_DEFAULT ? usual : param->init;
}

static bool bind_linear(struct model *model, const struct place *at, struct linear *linear, struct err *err)
{
    const struct param *param = at->param;
    size_t shape[TENSOR_RANK];
    int rank;
    symbolic_shape(model, at, shape, &rank);
    const struct tensor *tensor = find_tensor(model, at, ".weight");
    if (!tensor)
        return param->optional || missing(model, at, ".weight", err);
    enum layout layout = tensor->turned ? LAYOUT_OUT_IN : param->layout;
    size_t stored[2] = {shape[0], shape[1]};
    if (layout == LAYOUT_IN_OUT)
        stored[0] = shape[1], stored[1] = shape[0];
    if (!check_shape(model, tensor, stored, 2, err))
        return false;
    shape[0] = stored[layout == LAYOUT_IN_OUT];
    if (!mark_bound(model, tensor, init_of(param, INIT_NORMAL), err))
        return false;
    *linear = (struct linear){.w = *tensor, .out = shape[0], .in = shape[1], .layout = layout};
    return param->kind == PARAM_LINEAR_NO_BIAS ||
           bind_floats(model, at, ".bias", shape, 1, INIT_ZEROS, false, &linear->bias, err);
}

static bool bind_table(struct model *model, const struct place *at, struct tensor *out, struct err *err)
{
    size_t shape[TENSOR_RANK];
    int rank;
    symbolic_shape(model, at, shape, &rank);
    const struct tensor *tensor = find_tensor(model, at, "");
    if (!tensor)
        return at->param->optional || missing(model, at, "", err);
    if (!check_shape(model, tensor, shape, rank, err))
        return false;
    if (!mark_bound(model, tensor, init_of(at->param, INIT_NORMAL), err))
        return false;
    *out = *tensor;
    return true;
}

static const size_t kind_sizes[] = {
    [PARAM_LINEAR] = sizeof(struct linear), [PARAM_LINEAR_NO_BIAS] = sizeof(struct linear),
    [PARAM_NORM] = sizeof(struct norm),     [PARAM_NORM_NO_BIAS] = sizeof(struct norm),
    [PARAM_TABLE] = sizeof(struct tensor),  [PARAM_FLOATS] = sizeof(const float *),
};

static bool bind_one(struct model *model, const struct place *at, void *to, struct err *err)
{
    const struct param *param = at->param;
    struct norm *norm = to;
    size_t shape[TENSOR_RANK];
    int rank;
    symbolic_shape(model, at, shape, &rank);
    switch (param->kind) { /* closed: the ways a tensor enters a forward pass */
    case PARAM_LINEAR:
    case PARAM_LINEAR_NO_BIAS: return bind_linear(model, at, to, err);
    case PARAM_NORM:
        return bind_floats(model, at, ".weight|.gamma", shape, 1, init_of(param, INIT_ONES), param->optional, &norm->weight,
                           err) &&
               bind_floats(model, at, ".bias|.beta", shape, 1, INIT_ZEROS, param->optional, &norm->bias, err);
    case PARAM_NORM_NO_BIAS:
        return bind_floats(model, at, ".weight", shape, 1, init_of(param, INIT_ONES), param->optional, &norm->weight, err);
    case PARAM_FLOATS: return bind_floats(model, at, "", shape, rank, init_of(param, INIT_ZEROS), param->optional, to, err);
    case PARAM_TABLE: return bind_table(model, at, to, err);
    }
    return true;
}

/* One row in one layer: a field, or the array of experts that it points to. */
static bool bind_param(struct model *model, const struct param *param, size_t layer, struct err *err)
{
    char *base = param->layered ? stack_layer(&model->stacks[param->stack], layer) : model->own;
    struct place at = {param, layer, 0};
    if (!param->count)
        return bind_one(model, &at, base + param->offset, err);
    size_t n = model->dim[(unsigned char)param->count & 127];
    char *array = arena_zalloc(model->arena, n, kind_sizes[param->kind], "the experts", err);
    if (!array)
        return false;
    memcpy(base + param->offset, &array, sizeof array);
    for (; at.expert < n; at.expert++)
        if (!bind_one(model, &at, array + at.expert * kind_sizes[param->kind], err))
            return false;
    return true;
}

static size_t layers_of(const struct model *model, const struct param *param)
{
    return param->layered ? model->stacks[param->stack].layers : 1;
}

bool model_bind(struct model *model, struct err *err)
{
    const struct arch *arch = model->arch;
    model->bound = mem_new(model->weights->n, 1, "the weights", err);
    if (!model->bound)
        return false;
    for (const struct param *param = arch->params; param->name; param++)
        for (size_t l = 0; l < layers_of(model, param); l++)
            if ((!param->when || param->when(model, l)) && !bind_param(model, param, l, err))
                return false;
    return !arch->bound || arch->bound(model, err);
}

void model_each_param(const struct model *model, void (*visit)(void *, const struct param *, size_t, const struct tensor *),
                      void *context)
{
    for (const struct param *param = model->arch ? model->arch->params : NULL; param && param->name; param++) {
        bool whole = param->kind == PARAM_TABLE || param->kind == PARAM_FLOATS;
        size_t n = param->count ? model->dim[(unsigned char)param->count & 127] : 1;
        for (size_t l = 0; l < layers_of(model, param); l++)
            for (size_t e = 0; (!param->when || param->when(model, l)) && e < n; e++)
                visit(context, param, l, find_tensor(model, &(struct place){param, l, e}, whole ? "" : ".weight|.gamma"));
    }
}

const struct tensor *model_word_table(const struct model *model)
{
    if (!model->weights)
        return NULL;
    for (const struct param *param = model->arch->params; param->name; param++)
        if (param->kind == PARAM_TABLE && !param->layered && strncmp(param->shape, "V,", 2) == 0 &&
            (!param->when || param->when(model, 0)))
            return find_tensor(model, &(struct place){param, 0, 0}, "");
    return NULL;
}
