/* Tables of several commands as one. See gather.h. */
#include "repl/result/gather.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "repl/writer/writer.h"

bool gather_lead(struct gather *gather, const char *name, struct cell_value value)
{
    if (gather->n == GATHER_LEADS)
        return false;
    gather->lead[gather->n].name = name;
    gather->lead[gather->n++].value = value;
    return true;
}

/* The number of a name in a header; SIZE_MAX where it has none such. */
static size_t column_number(const char *header, const char *name, size_t n)
{
    for (size_t i = 0;; i++) {
        size_t length = strcspn(header, ",");
        if (length == n && memcmp(header, name, n) == 0)
            return i;
        if (!header[length])
            return SIZE_MAX;
        header += length + 1;
    }
}

/* Where the columns of this header stand in the first one. */
static bool place_columns(struct gather *g, const char *header, struct buf *told, struct err *err)
{
    struct buf missing = {0};
    size_t n = 0;
    const char *own = g->header; /* the first table's, behind the leads */
    for (size_t i = 0; i < g->n; i++)
        own += strcspn(own, ",") + 1;
    for (const char *at = header; n < GATHER_CELLS; n++) {
        size_t length = strcspn(at, ",");
        size_t number = column_number(own, at, length);
        g->at[n] = number == SIZE_MAX ? number : g->n + number;
        if (number == SIZE_MAX)
            buf_printf(&missing, "%s%.*s", missing.n ? ", " : "", (int)length, at);
        if (!at[length])
            break;
        at += length + 1;
    }
    bool ok = n < GATHER_CELLS || err_set(err, ERR_LIMIT, "a table of more than %d columns cannot stand behind others", GATHER_CELLS);
    if (ok && column_number(header, "stack", 5) != SIZE_MAX && column_number(own, "stack", 5) == SIZE_MAX)
        ok = err_set(err, ERR_ARG, "its rows tell several stacks apart, the table has no column for that: put such a model first");
    if (ok && missing.n && !g->told)
        buf_printf(told, "%.*s: left out, for the first table has no such column: %s", STR_ARGS(g->lead[0].value.text),
                   buf_cstr(&missing));
    g->told = g->told || missing.n;
    buf_free(&missing);
    return ok;
}

bool gather_columns(struct gather *g, const char *header, bool *first_out, struct buf *told, struct err *err)
{
    struct buf all = {0};
    bool ok = true;
    *first_out = !g->header;
    if (!g->header) {
        for (size_t i = 0; i < g->n; i++)
            buf_printf(&all, "%s,", g->lead[i].name);
        buf_puts(&all, header);
        ok = buf_ok(&all, err) && (g->header = mem_copy_str(buf_view(&all), err));
        g->cells = 1;
        for (const char *at = buf_cstr(&all); *at; at++)
            g->cells += *at == ',';
    }
    if (ok && g->cells > GATHER_ROW) {
        ok = err_set(err, ERR_LIMIT, "a table of %zu columns is too wide to be joined with others", g->cells);
        free(g->header);
        g->header = NULL;
    }
    buf_free(&all);
    return ok && place_columns(g, header, told, err);
}

void gather_row(const struct gather *g, const struct cell_value *cells, size_t n, struct cell_value row[GATHER_ROW])
{
    for (size_t i = 0; i < g->cells; i++)
        row[i] = i < g->n ? g->lead[i].value : (struct cell_value){.kind = CELL_NONE};
    for (size_t i = 0; i < n; i++)
        if (g->at[i] != SIZE_MAX)
            row[g->at[i]] = cells[i];
}

void gather_text(const struct gather *g, struct str text, struct buf *out)
{
    for (size_t i = 0; i < g->n; i++) {
        struct buf cell = {0};
        cell_plain(&g->lead[i].value, &cell);
        buf_puts(out, i ? ":" : "");
        text_escape(out, buf_view(&cell));
        out->failed |= cell.failed;
        buf_free(&cell);
    }
    buf_puts(out, ":\n");
    buf_str(out, text);
}
