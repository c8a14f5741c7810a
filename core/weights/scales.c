/* Scales of F8 weights. See scales.h.
 *
 * The value is always stored · scale, whatever the name: DeepSeek's weight_scale_inv [⌈out/128⌉, ⌈in/128⌉] is a factor too
 * (transformers, quantizers/finegrained_fp8; fbgemm_fp8 and compressed-tensors: weight_scale [out,1] or one number). The scales
 * of activations (input_scale, activation_scale) quantise what a layer is given; here activations stay floats. */
#include "core/weights/scales.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"

/* Methods whose weights are read: those of F8 are stored · scale. */
static const char *const methods[] = {"fp8", "fbgemm_fp8", "compressed-tensors", "modelopt", "quark",
                                      "mxfp4" /* of another kind: mxfp4.h */, NULL};
static const char *const suffixes[] = {"_scale", "_scale_inv", NULL};

static bool is_f8(const struct tensor *tensor)
{
    return strncmp(tensor->dtype->name, "F8_E4M3", 7) == 0 || strncmp(tensor->dtype->name, "F8_E5M2", 7) == 0;
}

static bool check_method(const struct weights *weights, const struct json *config, struct err *err)
{
    struct str method = json_str(json_get(config, "quant_method"), NULL);
    for (size_t i = 0; methods[i]; i++)
        if (str_is(method, methods[i]))
            return true;
    return err_set(err, ERR_UNSUPPORTED, "%s: quantization_config: quant_method \"%.*s\" is not read (fp8, fbgemm_fp8, mxfp4 and the F8 of "
                   "compressed-tensors are)", weights->path, STR_ARGS(method));
}

/* The scale of a tensor; NULL where there is none. Also X.scale_weight of X.weight. */
static const struct tensor *scale_of(const struct weights *weights, const struct tensor *tensor)
{
    struct buf name = {0};
    const struct tensor *found = NULL;
    for (size_t i = 0; !found && suffixes[i]; i++) {
        name.n = 0;
        buf_str(&name, tensor->name);
        buf_puts(&name, suffixes[i]);
        found = weights_find(weights, buf_view(&name));
    }
    if (!found && str_ends(tensor->name, STR(".weight"))) {
        name.n = 0;
        buf_str(&name, (struct str){tensor->name.s, tensor->name.n - strlen("weight")});
        buf_puts(&name, "scale_weight");
        found = weights_find(weights, buf_view(&name));
    }
    buf_free(&name);
    return found;
}

/* Rows and columns of the tensor that one number of the scale covers. False: the shapes do not go together. */
static bool blocks(const struct tensor *tensor, const struct tensor *scale, const struct json *config, size_t rows, size_t cols,
                   size_t block[2])
{
    size_t n = tensor_numel(scale);
    const struct json *given = json_get(config, "weight_block_size");
    block[0] = rows ? rows : 1;
    block[1] = cols ? cols : 1;
    if (n == 1)
        return true;
    if (n == rows && (scale->rank == 1 || scale->shape[0] == rows)) {
        block[0] = 1;
        return true;
    }
    if (scale->rank != 2 || tensor->rank != 2)
        return false;
    for (size_t i = 0; i < 2; i++) {
        size_t side = i ? cols : rows, parts = scale->shape[i];
        if (!parts)
            return false;
        block[i] = (size_t)json_number(json_at(given, i), 128);
        if (!block[i] || (side + block[i] - 1) / block[i] != parts)
            block[i] = side % parts == 0 ? side / parts : 0;
        if (!block[i])
            return false;
    }
    return true;
}

static bool apply(struct weights *weights, struct tensor *tensor, const struct tensor *scale, const struct json *config,
                  struct err *err)
{
    char found[96], wanted[96];
    size_t n = tensor_numel(tensor), rows = tensor->rank ? tensor->shape[0] : 1, cols = rows ? n / rows : 0, block[2];
    if (!scale->dtype->is_float || !blocks(tensor, scale, config, rows, cols, block))
        return err_set(err, ERR_FORMAT, "%s: %.*s %s is no scale of %.*s %s", scale->file, STR_ARGS(scale->name),
                       tensor_describe(scale, found), STR_ARGS(tensor->name), tensor_describe(tensor, wanted));
    size_t parts = (cols + block[1] - 1) / block[1], n_scales = tensor_numel(scale);
    float *out = arena_alloc(weights->arena, n, sizeof *out, "weights of 8 bits with their scales", err);
    float *factors = out ? mem_new(n_scales, sizeof *factors, "scales", err) : NULL;
    if (!factors)
        return false;
    scale->dtype->widen(scale->data, n_scales, factors);
    tensor->dtype->widen(tensor->data, n, out);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            out[r * cols + c] *= factors[r / block[0] * parts + c / block[1]];
    free(factors);
    tensor->dtype = &DTYPE_F32;
    tensor->data = out;
    tensor->bytes = n * sizeof *out;
    return true;
}

bool scales_apply(struct weights *weights, const struct json *config, size_t *applied, struct err *err)
{
    *applied = 0;
    if (json_is_object(config) && !check_method(weights, config, err))
        return false;
    unsigned char *used = mem_new(weights->n, 1, "scales", err);
    bool ok = used != NULL;
    for (size_t i = 0; ok && i < weights->n; i++) {
        struct tensor *tensor = &weights->tensors[i];
        const struct tensor *scale = is_f8(tensor) ? scale_of(weights, tensor) : NULL;
        if (!is_f8(tensor))
            continue;
        if (cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "%s: interrupted", weights->path);
        else if (scale && (ok = apply(weights, tensor, scale, config, err)))
            used[scale - weights->tensors] = 1, ++*applied;
        else if (!scale && json_is_object(config))
            ok = err_set(err, ERR_UNSUPPORTED, "%s: tensor %.*s is %s, and no tensor holds its scale (%.*s_scale)", tensor->file,
                         STR_ARGS(tensor->name), tensor->dtype->name, STR_ARGS(tensor->name));
    }
    size_t n = 0;
    for (size_t i = 0; ok && i < weights->n; i++)
        if (!used[i])
            weights->tensors[n++] = weights->tensors[i];
    if (ok)
        weights->n = n;
    free(used);
    return ok;
}
