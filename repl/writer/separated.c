/* Values separated by a character, shared by csv and tsv. See writer.h.
 *
 * CSV as in RFC 4180 (quotes where a value holds the separator, a quote or a line end), lines end in \n. In TSV a tab,
 * newline, carriage return and backslash of a value are written as \t, \n, \r and \\. */
#include "repl/writer/writer.h"

#include <math.h>
#include <string.h>

#include "core/base/text.h"

static void put_escaped(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        switch (text.s[i]) {
        case '\t': buf_puts(b, "\\t"); break;
        case '\n': buf_puts(b, "\\n"); break;
        case '\r': buf_puts(b, "\\r"); break;
        case '\\': buf_puts(b, "\\\\"); break;
        default: buf_char(b, text.s[i]);
        }
}

static void put_text(struct buf *b, const struct sink *sink, char separator, struct str text)
{
    struct buf safe = {0};
    if (sink->terminal) {
        text_escape(&safe, text);
        text = buf_view(&safe);
    }
    if (separator == '\t') {
        put_escaped(b, text);
        buf_free(&safe);
        return;
    }
    bool quote = false;
    for (size_t i = 0; i < text.n && !quote; i++)
        quote = text.s[i] == separator || text.s[i] == '"' || text.s[i] == '\n' || text.s[i] == '\r';
    if (quote)
        buf_char(b, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] == '"')
            buf_char(b, '"');
        buf_char(b, text.s[i]);
    }
    if (quote)
        buf_char(b, '"');
    b->failed |= safe.failed;
    buf_free(&safe);
}

void cell_plain(const struct cell_value *cell, struct buf *out)
{
    switch (cell->kind) {
    case CELL_TEXT: buf_str(out, cell->text); break;
    case CELL_INT: buf_printf(out, "%lld", cell->integer); break;
    case CELL_NUMBER:
        if (isfinite(cell->number))
            buf_printf(out, "%.9g", cell->number);
        else /* never the C library's "-nan" */
            buf_puts(out, isnan(cell->number) ? "nan" : cell->number > 0 ? "inf" : "-inf");
        break;
    case CELL_NONE: break;
    }
}

bool separated_columns(struct sink *sink, char separator, struct err *err)
{
    struct buf line = {0};
    for (size_t i = 0; i < sink->n_names; i++) {
        if (i)
            buf_char(&line, separator);
        put_text(&line, sink, separator, sink->names[i]);
    }
    buf_char(&line, '\n');
    return sink_drain(sink, &line, err);
}

bool separated_row(struct sink *sink, char separator, const struct cell_value *cells, size_t n, struct err *err)
{
    struct buf line = {0};
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_char(&line, separator);
        if (cells[i].kind == CELL_TEXT)
            put_text(&line, sink, separator, cells[i].text);
        else
            cell_plain(&cells[i], &line);
    }
    buf_char(&line, '\n');
    return sink_drain(sink, &line, err);
}

/* ---- tensors: the leading axes as index columns, the last axis across ---- */

struct sheet {
    struct sink *sink;
    const struct tensor_promise *tensor;
    char separator;
    struct buf line;
};

static bool put_rows(void *context, const void *data, size_t row, size_t rows, struct err *err)
{
    struct sheet *sheet = context;
    const struct tensor_promise *t = sheet->tensor;
    size_t width = tensor_promise_width(t);
    int leading = t->rank > 1 ? t->rank - 1 : 1;
    for (size_t r = 0; r < rows; r++) {
        size_t index[4] = {0}, rest = row + r;
        for (int axis = leading - 1; axis >= 0; axis--) {
            index[axis] = t->shape[axis] ? rest % t->shape[axis] : 0;
            rest /= t->shape[axis] ? t->shape[axis] : 1;
        }
        for (int axis = 0; axis < leading; axis++)
            buf_printf(&sheet->line, "%zu%c", index[axis], sheet->separator);
        for (size_t i = 0; i < width; i++) {
            if (i)
                buf_char(&sheet->line, sheet->separator);
            if (t->is_i64)
                buf_printf(&sheet->line, "%lld", (long long)((const int64_t *)data)[r * width + i]);
            else if (!isnan(((const float *)data)[r * width + i]))
                buf_printf(&sheet->line, "%.9g", (double)((const float *)data)[r * width + i]);
        }
        buf_char(&sheet->line, '\n');
        if (sheet->line.n > 65536 && !sink_drain(sheet->sink, &sheet->line, err))
            return false;
    }
    return sink_drain(sheet->sink, &sheet->line, err);
}

bool separated_tensor(struct sink *sink, char separator, const struct tensor_promise *tensor, struct err *err)
{
    struct sheet sheet = {sink, tensor, separator, {0}};
    int leading = tensor->rank > 1 ? tensor->rank - 1 : 1;
    for (int axis = 0; axis < leading; axis++)
        buf_printf(&sheet.line, "%s%c", tensor->axes[axis] ? tensor->axes[axis] : "index", separator);
    if (tensor->rank == 1)
        buf_puts(&sheet.line, "value");
    for (size_t i = 0; tensor->rank > 1 && i < tensor->shape[tensor->rank - 1]; i++)
        buf_printf(&sheet.line, "%s%zu", i ? (char[]){separator, 0} : "", i);
    buf_char(&sheet.line, '\n');
    bool ok = sink_drain(sink, &sheet.line, err) && tensor_each_slab(tensor, put_rows, &sheet, err);
    buf_free(&sheet.line);
    return ok;
}
