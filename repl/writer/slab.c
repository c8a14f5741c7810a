/* Tensors as promises: asked for in slabs of bounded size, and the header of .npy files. See writer.h. */
#include "repl/writer/writer.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"

enum { SLAB_BYTES = 1 << 20 };

size_t tensor_promise_width(const struct tensor_promise *tensor)
{
    return tensor->rank > 1 ? tensor->shape[tensor->rank - 1] : 1;
}

size_t tensor_promise_rows(const struct tensor_promise *tensor)
{
    size_t rows = tensor->rank > 1 ? 1 : tensor->shape[0];
    for (int i = 0; i < tensor->rank - 1; i++)
        rows *= tensor->shape[i];
    return rows;
}

static size_t item_bytes(const struct tensor_promise *tensor)
{
    return tensor->is_i64 ? sizeof(int64_t) : sizeof(float);
}

bool tensor_promise_bytes(const struct tensor_promise *tensor, size_t *bytes_out, struct err *err)
{
    size_t n = item_bytes(tensor);
    for (int i = 0; i < tensor->rank; i++)
        if (!size_mul(n, tensor->shape[i], &n))
            return err_set(err, ERR_LIMIT, "%s: too large to be written", tensor->name);
    *bytes_out = n;
    return true;
}

bool tensor_each_slab(const struct tensor_promise *tensor,
                      bool (*take)(void *context, const void *data, size_t row, size_t rows, struct err *err), void *context,
                      struct err *err)
{
    size_t rows = tensor_promise_rows(tensor), row_bytes = tensor_promise_width(tensor) * item_bytes(tensor);
    size_t step = row_bytes ? SLAB_BYTES / row_bytes : rows;
    if (tensor->slab > step)
        step = tensor->slab;
    if (step > rows)
        step = rows;
    if (step == 0)
        step = 1;
    void *slab = mem_new(step, row_bytes ? row_bytes : 1, "a slab of a tensor", err);
    bool ok = slab != NULL;
    for (size_t row = 0; ok && row < rows; row += step) {
        size_t n = rows - row < step ? rows - row : step;
        if (cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "cancelled");
        ok = ok && tensor->fill(tensor->context, row, n, slab, err) && take(context, slab, row, n, err);
    }
    free(slab);
    return ok;
}

struct put {
    struct sink *sink;
    size_t row_bytes;
};

static bool put_slab(void *context, const void *data, size_t row, size_t rows, struct err *err)
{
    struct put *put = context;
    (void)row;
    return sink_write(put->sink, data, rows * put->row_bytes, err);
}

bool tensor_put_bytes(struct sink *sink, const struct tensor_promise *tensor, struct err *err)
{
    struct put put = {sink, tensor_promise_width(tensor) * item_bytes(tensor)};
    return tensor_each_slab(tensor, put_slab, &put, err);
}

/* Magic, version 1.0, length of what follows as u16 LE, a Python dictionary, spaces, a newline. */
void npy_header(const struct tensor_promise *tensor, struct buf *out)
{
    struct buf dict = {0};
    buf_printf(&dict, "{'descr': '%s', 'fortran_order': False, 'shape': (", tensor->is_i64 ? "<i8" : "<f4");
    for (int i = 0; i < tensor->rank; i++)
        buf_printf(&dict, "%zu,%s", tensor->shape[i], i + 1 < tensor->rank ? " " : "");
    buf_puts(&dict, "), }");
    while ((10 + dict.n + 1) % 64 && !dict.failed)
        buf_char(&dict, ' ');
    buf_char(&dict, '\n');
    buf_add(out, "\x93NUMPY\x01\x00", 8);
    buf_char(out, (char)(dict.n & 255));
    buf_char(out, (char)(dict.n >> 8));
    buf_str(out, buf_view(&dict));
    out->failed |= dict.failed;
    buf_free(&dict);
}

bool fail_one_tensor(const char *format, const struct tensor_promise *tensors, size_t n, struct err *err)
{
    struct buf names = {0};
    for (size_t i = 0; i < n && names.n < 600; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", tensors[i].name);
    if (names.n >= 600)
        buf_puts(&names, ", \u2026");
    err_set(err, ERR_ARG, "a %s file holds one tensor, here are %zu: choose with tensor=: %s", format, n, buf_cstr(&names));
    buf_free(&names);
    return false;
}
