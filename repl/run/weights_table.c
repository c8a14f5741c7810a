/* Tensors of weights as rows. See weights_table.h. */
#include "repl/run/weights_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/text.h"
#include "core/unread.h"
#include "repl/terminal/progress.h"

enum { CHUNK = 4096 }; /* elements widened at once: a multiple of every block */

/* What a tensor's finite numbers are; all NaN where it has none. */
struct numbers {
    double least, most, mean;
    size_t not_finite;
};

static bool count(const struct tensor *tensor, struct numbers *out, struct err *err)
{
    float values[CHUNK];
    size_t n = tensor_numel(tensor), finite = 0;
    double sum = 0;
    *out = (struct numbers){NAN, NAN, NAN, 0};
    for (size_t at = 0; at < n; at += CHUNK) {
        size_t some = n - at < CHUNK ? n - at : CHUNK;
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        tensor->dtype->widen((const char *)tensor->data + at / tensor->dtype->block * tensor->dtype->bytes, some, values);
        for (size_t i = 0; i < some; i++) {
            double value = (double)values[i];
            if (!isfinite(value)) {
                out->not_finite++;
                continue;
            }
            out->least = finite && out->least < value ? out->least : value;
            out->most = finite && out->most > value ? out->most : value;
            sum += value;
            finite++;
        }
    }
    if (finite)
        out->mean = sum / (double)finite;
    return true;
}

static const char *const uses[] = {[TENSOR_READ] = "read",
                                   [TENSOR_SAME] = "read",
                                   [TENSOR_BUFFER] = "buffer",
                                   [TENSOR_HEAD] = "other head",
                                   [TENSOR_UNREAD] = "not read"};

/* "read", "read, same bytes as decoder.weight": the first of the names that lie on the same bytes is told. */
static void say_use(const struct weights *w, size_t i, enum tensor_use use, struct buf *out)
{
    buf_puts(out, uses[use]);
    for (size_t k = 0; k < w->n && w->tensors[i].bytes; k++)
        if (k != i && w->tensors[k].data == w->tensors[i].data && w->tensors[k].bytes == w->tensors[i].bytes) {
            buf_puts(out, ", same bytes as ");
            buf_str(out, w->tensors[k].name);
            return;
        }
}

static bool give_tensor(struct result *result, const struct weights *w, size_t i, enum tensor_use use, struct err *err)
{
    const struct tensor *tensor = &w->tensors[i];
    const char *slash = strrchr(tensor->file, '/');
    struct numbers numbers;
    struct buf shape = {0}, used = {0};
    for (int d = 0; d < tensor->rank; d++)
        buf_printf(&shape, "%s%zu", d ? "," : "", tensor->shape[d]);
    say_use(w, i, use, &used);
    bool ok = count(tensor, &numbers, err) && buf_ok(&shape, err) && buf_ok(&used, err);
    struct cell_value cells[] = {text_cell(tensor->name),
                                 text_cell(shape.n ? buf_view(&shape) : STR("")),
                                 text_cell(str_of(tensor->dtype->name)),
                                 number_cell_or(numbers.least, 4, (struct str){0}),
                                 number_cell_or(numbers.most, 4, (struct str){0}),
                                 number_cell_or(numbers.mean, 4, (struct str){0}),
                                 {.kind = CELL_INT, .integer = (long long)numbers.not_finite},
                                 text_cell(buf_view(&used)),
                                 text_cell(str_of(slash ? slash + 1 : tensor->file))};
    ok = ok && result_row(result, cells, sizeof cells / sizeof *cells, err);
    buf_free(&shape);
    buf_free(&used);
    return ok;
}

static bool give_stand_in(struct result *result, const struct stand_in *at, struct err *err)
{
    struct buf used = {0};
    buf_puts(&used, "not read: ");
    buf_str(&used, at->what);
    struct cell_value none = {.kind = CELL_NONE};
    struct cell_value cells[] = {text_cell(at->name), none, none, none, none, none, none, text_cell(buf_view(&used)), none};
    bool ok = buf_ok(&used, err) && result_row(result, cells, sizeof cells / sizeof *cells, err);
    buf_free(&used);
    return ok;
}

static bool wanted(struct str pattern, struct str name)
{
    if (!pattern.n)
        return true;
    if (memchr(pattern.s, '*', pattern.n) || memchr(pattern.s, '?', pattern.n))
        return text_matches(pattern, name);
    return memmem(name.s, name.n, pattern.s, pattern.n) != NULL;
}

bool weights_table_give(const struct session *session, const struct model *model, struct str pattern, struct result *result,
                        struct err *err)
{
    const struct weights *w = model->weights;
    struct progress progress;
    size_t done = 0, bytes = 0, found = 0;
    if (!w)
        return err_set(err, ERR_ARG, "%s has no weights: there are no tensors to list", model->name);
    enum tensor_use *use = mem_new(w->n, sizeof *use, "a list of tensors", err);
    bool ok = use && unread_uses(model, use, err);
    for (size_t i = 0; i < w->n; i++)
        bytes += wanted(pattern, w->tensors[i].name) ? w->tensors[i].bytes : 0;
    const struct watch watch = progress_begin(&progress, session, "bytes");
    for (size_t i = 0; ok && i < w->n; i++) {
        if (!wanted(pattern, w->tensors[i].name))
            continue;
        ok = (found++ || result_columns(result, "tensor,shape,type,min,max,mean,not_finite,use,file", err)) &&
             give_tensor(result, w, i, use[i], err);
        watch.progress(watch.context, done += w->tensors[i].bytes, bytes);
    }
    for (size_t i = 0; ok && i < w->n_stand_ins; i++)
        if (wanted(pattern, w->stand_ins[i].name))
            ok = (found++ || result_columns(result, "tensor,shape,type,min,max,mean,not_finite,use,file", err)) &&
                 give_stand_in(result, &w->stand_ins[i], err);
    progress_end(&progress);
    free(use);
    return ok &&
           (found || err_set(err, ERR_NOT_FOUND, "no tensor of %s matches \"%.*s\" (%zu there are: info weights lists them)",
                             model->name, STR_ARGS(pattern), w->n + w->n_stand_ins));
}
