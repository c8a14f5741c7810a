/* State dicts. See state_dict.h.
 *
 * A tensor is a call of torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …), offsets and strides in elements; a
 * parameter wraps one. Nothing is called: the arguments say all. (torch/_utils.py, torch/_tensor.py.) */
#include "core/weights/state_dict.h"

#include <stdlib.h>
#include <string.h>

enum { NESTED = 16, WRAPPED = 8, FREE_COPIES = 16 << 20, COPIES = 8 };

struct reader {
    struct weights *weights;
    const struct file *file;
    const struct pickle *pickle;
    const struct storages *storages;
    size_t visited, copied; /* entries of dicts; bytes of tensors that had to be laid out */
};

/* ---- one tensor ---- */

/* Arguments of a rebuild, unwrapped of parameters and types: *arguments is theirs. NULL: the value is no tensor's. */
static const char *rebuild_of(const struct pickle *p, pickle_ref ref, pickle_ref *arguments)
{
    static const char *const plain[] = {"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", NULL};
    const struct pickle_value *v = pickle_get(p, ref);
    pickle_ref callable = v->kind == PICKLE_CALL ? v->as.call.callable : 0;
    *arguments = v->kind == PICKLE_CALL ? v->as.call.arguments : 0;
    for (int depth = 0; callable && depth < WRAPPED; depth++) {
        if (pickle_is_global(p, callable, "torch._utils", "_rebuild_parameter") ||
            pickle_is_global(p, callable, "torch._utils", "_rebuild_parameter_with_state")) {
            v = pickle_get(p, pickle_item(p, *arguments, 0));
            callable = v->kind == PICKLE_CALL ? v->as.call.callable : 0;
            *arguments = v->kind == PICKLE_CALL ? v->as.call.arguments : 0;
            continue;
        }
        if (pickle_is_global(p, callable, "torch._tensor", "_rebuild_from_type_v2")) {
            callable = pickle_item(p, *arguments, 0);
            *arguments = pickle_item(p, *arguments, 2);
            continue;
        }
        for (size_t i = 0; plain[i]; i++)
            if (pickle_is_global(p, callable, "torch._utils", plain[i]))
                return plain[i];
        break;
    }
    return NULL;
}

/* The name of what stands in a tensor's place and is none: a rebuild of another kind. n 0: the value is something else. */
static struct str odd_tensor(const struct pickle *p, pickle_ref ref)
{
    const struct pickle_value *v = pickle_get(p, ref);
    const struct pickle_value *callable = pickle_get(p, v->kind == PICKLE_CALL ? v->as.call.callable : 0);
    struct str name = callable->kind == PICKLE_GLOBAL ? pickle_text(p, callable->as.global.name) : (struct str){0};
    return str_starts(name, STR("_rebuild_")) || str_starts(name, STR("_load_from_bytes")) ? name : (struct str){0};
}

struct view {
    size_t offset, stride[TENSOR_RANK], numel, last; /* last: the furthest element */
};

static bool read_sizes(const struct pickle *p, pickle_ref tuple, size_t rank, size_t *out)
{
    for (size_t i = 0; i < rank; i++) {
        const struct pickle_value *v = pickle_get(p, pickle_item(p, tuple, i));
        if (v->kind != PICKLE_INT || v->as.integer < 0)
            return false;
        out[i] = (size_t)v->as.integer;
    }
    return true;
}

/* Shape, strides and offset; the furthest element without overflow. */
static bool read_view(const struct pickle *p, pickle_ref arguments, size_t rank, struct tensor *tensor, struct view *view)
{
    size_t step;
    if (!read_sizes(p, pickle_item(p, arguments, 2), rank, tensor->shape) ||
        !read_sizes(p, pickle_item(p, arguments, 3), rank, view->stride) ||
        pickle_get(p, pickle_item(p, arguments, 3))->n != rank)
        return false;
    const struct pickle_value *offset = pickle_get(p, pickle_item(p, arguments, 1));
    if (offset->kind != PICKLE_INT || offset->as.integer < 0)
        return false;
    view->numel = 1;
    view->offset = view->last = (size_t)offset->as.integer;
    for (size_t i = 0; i < rank; i++)
        if (!size_mul(view->numel, tensor->shape[i], &view->numel))
            return false;
    for (size_t i = 0; view->numel && i < rank; i++)
        if (!size_mul(tensor->shape[i] - 1, view->stride[i], &step) || !size_add(view->last, step, &view->last))
            return false;
    return true;
}

static bool is_row_major(const struct tensor *tensor, const struct view *view)
{
    size_t stride = 1;
    for (int i = tensor->rank; i-- > 0; stride *= tensor->shape[i])
        if (tensor->shape[i] != 1 && view->stride[i] != stride)
            return false;
    return true;
}

/* A copy with the elements row after row, in the weights' arena. Strides of 0 make much of little: their sum is bounded. */
static bool lay_out(struct reader *r, struct tensor *tensor, const struct view *view, const unsigned char *from, struct err *err)
{
    size_t size = tensor->dtype->bytes, at[TENSOR_RANK] = {0}, limit;
    if (!size_mul(r->file->size, COPIES, &limit) || tensor->bytes > FREE_COPIES + limit - r->copied)
        return err_set(err, ERR_LIMIT, "%s: tensor %.*s: views with strides of their own come to more than %d times the file",
                       r->file->path, STR_ARGS(tensor->name), COPIES);
    unsigned char *out = arena_alloc(r->weights->arena, tensor->bytes ? tensor->bytes : 1, 1, "a tensor with strides", err);
    if (!out)
        return false;
    r->copied += tensor->bytes;
    tensor->data = out;
    for (size_t n = 0; n < view->numel; n++, out += size) {
        size_t place = view->offset;
        for (int d = 0; d < tensor->rank; d++)
            place += at[d] * view->stride[d];
        memcpy(out, from + place * size, size);
        for (int d = tensor->rank; d-- > 0 && ++at[d] == tensor->shape[d];)
            at[d] = 0;
    }
    return true;
}

static bool bad_tensor(const struct reader *r, struct str name, const char *what, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: tensor %.*s: %s", r->file->path, STR_ARGS(name), what);
}

static bool add_tensor(struct reader *r, struct str name, const char *rebuild, pickle_ref arguments, struct err *err)
{
    const struct pickle *p = r->pickle;
    struct tensor tensor = {.name = name, .file = r->file->path};
    struct storage storage;
    struct view view = {0};
    size_t rank = pickle_get(p, pickle_item(p, arguments, 2))->n, end;
    if (rank > TENSOR_RANK)
        return weights_add_stand_in(r->weights, name, STR("a tensor of more than 4 axes"), err);
    tensor.rank = (int)rank;
    if (!read_view(p, arguments, rank, &tensor, &view))
        return bad_tensor(r, name, "its shape, strides or offset are no sizes", err);
    if (!storages_find(r->storages, p, pickle_item(p, arguments, 0), &storage, err))
        return err && err->code == ERR_UNSUPPORTED ? weights_add_stand_in(r->weights, name, STR("a storage of another kind"), err)
                                                   : false;
    tensor.dtype = storage.dtype;
    if (strcmp(rebuild, "_rebuild_tensor_v3") == 0) {
        const struct pickle_value *type = pickle_get(p, pickle_item(p, arguments, 6));
        tensor.dtype = type->kind == PICKLE_GLOBAL ? torch_dtype(pickle_text(p, type->as.global.name)) : NULL;
    }
    if (!tensor.dtype)
        return weights_add_stand_in(r->weights, name, STR("a number type that is not read"), err);
    if (!size_mul(view.numel, tensor.dtype->bytes, &tensor.bytes) ||
        (view.numel && (!size_add(view.last, 1, &end) || !size_mul(end, tensor.dtype->bytes, &end) || end > storage.bytes)))
        return bad_tensor(r, name, "reaches beyond its storage", err);
    if (!view.numel || is_row_major(&tensor, &view))
        tensor.data = view.numel ? storage.data + view.offset * tensor.dtype->bytes : storage.data;
    else if (!lay_out(r, &tensor, &view, storage.data, err))
        return false;
    return weights_add(r->weights, tensor, err);
}

/* ---- dicts ---- */

static bool visit(struct reader *r, struct err *err)
{
    if (++r->visited > pickle_count(r->pickle) + r->file->size / 2)
        return err_set(err, ERR_FORMAT, "%s: dictionaries that hold each other over and over", r->file->path);
    return true;
}

/* The dict of a module's own attributes, 0 where the value is no torch.nn.Module. */
static pickle_ref module_of(const struct pickle *p, pickle_ref ref)
{
    const struct pickle_value *v = pickle_get(p, ref);
    pickle_ref state = v->kind == PICKLE_CALL ? v->as.call.state : 0;
    return state && pickle_lookup(p, state, "_parameters") && pickle_lookup(p, state, "_modules") ? state : 0;
}

static bool add_dict(struct reader *r, pickle_ref dict, struct buf *name, int depth, struct err *err);

static bool add_value(struct reader *r, pickle_ref ref, struct buf *name, int depth, struct err *err)
{
    const struct pickle *p = r->pickle;
    pickle_ref arguments, state = module_of(p, ref), dict = state ? 0 : pickle_dict(p, ref);
    const char *rebuild = rebuild_of(p, ref, &arguments);
    struct str odd = rebuild ? (struct str){0} : odd_tensor(p, ref);
    if (rebuild)
        return add_tensor(r, buf_view(name), rebuild, arguments, err);
    if (odd.n)
        return weights_add_stand_in(r->weights, buf_view(name), odd, err);
    if (!state && !dict)
        return true; /* a number, a text, an object of another class */
    if (depth == NESTED)
        return err_set(err, ERR_LIMIT, "%s: dictionaries nested more than %d deep", r->file->path, NESTED);
    size_t n = name->n;
    if (n)
        buf_char(name, '.');
    bool ok = buf_ok(name, err);
    if (ok && state) {
        static const char *const parts[] = {"_parameters", "_buffers", "_modules"};
        for (size_t i = 0; ok && i < sizeof parts / sizeof *parts; i++)
            ok = add_dict(r, pickle_dict(p, pickle_lookup(p, state, parts[i])), name, depth, err);
    } else if (ok) {
        ok = add_dict(r, dict, name, depth, err);
    }
    name->n = n;
    return ok;
}

static bool add_dict(struct reader *r, pickle_ref dict, struct buf *name, int depth, struct err *err)
{
    const struct pickle_value *v = pickle_get(r->pickle, dict);
    size_t n = name->n;
    for (uint32_t i = 0; v->kind == PICKLE_DICT && i < v->n; i++) {
        struct str key = pickle_text(r->pickle, v->as.items[2 * i]);
        if (!visit(r, err))
            return false;
        if (!key.s)
            continue;
        buf_str(name, key);
        if (!buf_ok(name, err) || !add_value(r, v->as.items[2 * i + 1], name, depth + 1, err))
            return false;
        name->n = n;
    }
    return true;
}

/* Does a dict hold a tensor, here or (`deep`) in dicts below? */
static bool holds_tensors(struct reader *r, pickle_ref ref, int deep)
{
    const struct pickle_value *v = pickle_get(r->pickle, pickle_dict(r->pickle, ref));
    pickle_ref arguments;
    if (module_of(r->pickle, ref))
        return true;
    for (uint32_t i = 0; v->kind == PICKLE_DICT && i < v->n; i++) {
        pickle_ref item = v->as.items[2 * i + 1];
        if (!visit(r, NULL))
            return false;
        if (pickle_text(r->pickle, v->as.items[2 * i]).s &&
            (rebuild_of(r->pickle, item, &arguments) || (deep && holds_tensors(r, item, deep - 1))))
            return true;
    }
    return false;
}

/* The state dict within what was saved: trainers wrap it in a dict of their own. */
static pickle_ref choose(struct reader *r, pickle_ref root)
{
    static const char *const wrappers[] = {"state_dict", "model_state_dict", "model_state", "model", "module",
                                           "net",        "network",          "weights",     "params", NULL};
    for (int depth = 0; depth < WRAPPED; depth++) {
        const struct pickle_value *v = pickle_get(r->pickle, root);
        pickle_ref dict = pickle_dict(r->pickle, root), inner = 0;
        if (v->kind == PICKLE_TUPLE || v->kind == PICKLE_LIST)
            inner = pickle_item(r->pickle, root, 0);
        else if (dict && !holds_tensors(r, root, 0))
            for (size_t i = 0; !inner && wrappers[i]; i++) {
                pickle_ref one = pickle_lookup(r->pickle, dict, wrappers[i]);
                inner = one && holds_tensors(r, one, 3) ? one : 0;
            }
        if (!inner)
            break;
        root = inner;
    }
    return root;
}

bool state_dict_read(struct weights *weights, const struct file *file, const struct pickle *pickle, pickle_ref root,
                     const struct storages *storages, struct err *err)
{
    struct reader r = {.weights = weights, .file = file, .pickle = pickle, .storages = storages};
    struct buf name = {0};
    pickle_ref state = choose(&r, root);
    size_t before = weights->n + weights->n_stand_ins;
    bool dict = pickle_dict(pickle, state) || module_of(pickle, state);
    bool ok = dict && add_value(&r, state, &name, 0, err);
    buf_free(&name);
    if (ok && before < weights->n + weights->n_stand_ins)
        return true;
    return dict && !ok ? false : err_set(err, ERR_FORMAT, "%s: holds no state dict: no dictionary of tensors", file->path);
}
