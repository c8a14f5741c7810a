/* JSON: one document a command, on one line. A table is an array of objects keyed by its header, text a string, tensors
 * an object of nested arrays by name; maps and tokens are documents that their commands make. */
#include "repl/writer/writer.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/json.h"

struct state {
    struct buf text;
    bool has_text, in_table;
    size_t rows;
};

static struct state *state_of(struct sink *sink, struct err *err)
{
    if (!sink->own)
        sink->own = mem_new(1, sizeof(struct state), "the document", err);
    return sink->own;
}

static bool put_text(struct sink *sink, struct str text, struct err *err)
{
    struct state *state = state_of(sink, err);
    if (!state)
        return false;
    if (state->has_text)
        buf_char(&state->text, '\n');
    buf_str(&state->text, text);
    state->has_text = true;
    return buf_ok(&state->text, err);
}

static bool put_columns(struct sink *sink, struct err *err)
{
    struct state *state = state_of(sink, err);
    if (!state)
        return false;
    state->in_table = true;
    return sink_puts(sink, "[", err);
}

static bool put_row(struct sink *sink, const struct cell_value *cells, size_t n, struct err *err)
{
    struct state *state = sink->own;
    struct buf line = {0};
    size_t not_finite = 0;
    buf_puts(&line, state->rows++ ? ",{" : "{");
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_char(&line, ',');
        json_quote(&line, sink->names[i]);
        buf_char(&line, ':');
        switch (cells[i].kind) {
        case CELL_TEXT: json_quote(&line, cells[i].text); break;
        case CELL_INT: buf_printf(&line, "%lld", cells[i].integer); break;
        case CELL_NUMBER:
            json_put_number(&line, cells[i].number); /* null where it is not finite: the count says so */
            not_finite += !isfinite(cells[i].number);
            break;
        case CELL_NONE: buf_puts(&line, "null"); break;
        }
    }
    if (not_finite)
        buf_printf(&line, ",\"not_finite\":%zu", not_finite);
    buf_char(&line, '}');
    return sink_drain(sink, &line, err);
}

static bool put_json(struct sink *sink, struct str document, struct err *err)
{
    return sink_put(sink, document, err) && sink_puts(sink, "\n", err);
}

struct nest {
    struct sink *sink;
    const struct tensor_promise *tensor;
    struct buf line;
};

static void put_number(struct nest *nest, const void *data, size_t i)
{
    if (nest->tensor->is_i64)
        buf_printf(&nest->line, "%lld", (long long)((const int64_t *)data)[i]);
    else
        json_put_number(&nest->line, (double)((const float *)data)[i]);
}

static bool put_rows(void *context, const void *data, size_t row, size_t rows, struct err *err)
{
    struct nest *nest = context;
    const struct tensor_promise *t = nest->tensor;
    size_t width = tensor_promise_width(t);
    int leading = t->rank > 1 ? t->rank - 1 : 1;
    for (size_t r = 0; r < rows; r++) {
        size_t period = 1, opens = 0, closes = 0; /* brackets: where all inner indices start or end */
        for (int axis = leading - 1; axis >= 0; axis--) {
            period *= t->shape[axis];
            opens += (row + r) % period == 0;
            closes += (row + r + 1) % period == 0;
        }
        if (row + r)
            buf_char(&nest->line, ',');
        while (opens--)
            buf_char(&nest->line, '[');
        if (t->rank == 1) {
            put_number(nest, data, r);
        } else {
            for (size_t i = 0; i < width; i++) {
                buf_char(&nest->line, i ? ',' : '[');
                put_number(nest, data, r * width + i);
            }
            buf_puts(&nest->line, width ? "]" : "[]");
        }
        while (closes--)
            buf_char(&nest->line, ']');
        if (nest->line.n > 65536 && !sink_drain(nest->sink, &nest->line, err))
            return false;
    }
    return sink_drain(nest->sink, &nest->line, err);
}

static bool put_tensors(struct sink *sink, const struct tensor_promise *tensors, size_t n, const struct text_pair *about,
                        size_t n_about, struct err *err)
{
    (void)about, (void)n_about;
    for (size_t i = 0; i < n; i++) {
        struct nest nest = {.sink = sink, .tensor = &tensors[i]};
        buf_puts(&nest.line, i ? "," : "{");
        json_quote(&nest.line, str_of(tensors[i].name));
        buf_puts(&nest.line, tensor_promise_rows(&tensors[i]) ? ":" : ":[]");
        bool ok = sink_drain(sink, &nest.line, err) && tensor_each_slab(&tensors[i], put_rows, &nest, err);
        buf_free(&nest.line);
        if (!ok)
            return false;
    }
    return sink_puts(sink, n ? "}\n" : "{}\n", err);
}

static bool finish(struct sink *sink, struct err *err)
{
    struct state *state = sink->own;
    if (state && state->in_table)
        return sink_puts(sink, "]\n", err);
    if (!state || !state->has_text)
        return true;
    struct buf line = {0};
    json_quote(&line, buf_view(&state->text));
    buf_char(&line, '\n');
    return sink_drain(sink, &line, err);
}

static void drop(struct sink *sink)
{
    struct state *state = sink->own;
    if (state)
        buf_free(&state->text);
    free(state);
    sink->own = NULL;
}

const struct writer writer_json = {.name = "json",
                                   .extensions = "json",
                                   .summary = "one JSON document a command",
                                   .text = put_text,
                                   .columns = put_columns,
                                   .row = put_row,
                                   .json = put_json,
                                   .tensors = put_tensors,
                                   .finish = finish,
                                   .drop = drop};
