/* What gaze reads, measures and writes as a section of the man page: the tables of --supports, a row an entry. */
#include <string.h>

#include "repl/program/manual.h"
#include "repl/program/supports.h"

/* The next cell of a row `| a | b |`, without blanks around it and with `\|` as a bar; false at the end. */
static bool next_cell(struct str *row, struct buf *out)
{
    size_t i = 0;
    out->n = 0;
    while (i < row->n && (row->s[i] == '|' || row->s[i] == ' '))
        i++;
    if (i == row->n)
        return false;
    for (; i < row->n && row->s[i] != '|'; i++) {
        if (row->s[i] == '\\' && i + 1 < row->n)
            i++;
        if (row->s[i] != '`')
            buf_char(out, row->s[i]);
    }
    while (out->n && out->data[out->n - 1] == ' ')
        out->n--;
    *row = (struct str){row->s + i, row->n - i};
    return true;
}

/* The first cell, and the others behind each other. */
static void split_row(struct str row, struct buf *head, struct buf *rest)
{
    struct buf cell = {0};
    head->n = rest->n = 0;
    for (size_t k = 0; next_cell(&row, &cell); k++) {
        if (k > 1 && rest->n && cell.n)
            buf_puts(rest, "; ");
        buf_str(k ? rest : head, buf_view(&cell));
    }
    buf_free(&cell);
}

static bool is_rule(struct str line)
{
    return line.n > 3 && memcmp(line.s, "|---", 4) == 0;
}

void manual_supports(struct buf *out)
{
    struct buf tables = {0}, head = {0}, rest = {0};
    struct str text, line;
    bool first = true; /* of its table: the names of its columns */
    supports_print(NULL, &tables);
    text = buf_view(&tables);
    buf_puts(out, ".SH WHAT IT READS, MEASURES AND WRITES\n");
    for (; text.n; text = (struct str){text.s + line.n + (line.n < text.n), text.n - line.n - (line.n < text.n)}) {
        const char *end = memchr(text.s, '\n', text.n);
        line = (struct str){text.s, end ? (size_t)(end - text.s) : text.n};
        if (!line.n) {
            first = true;
        } else if (line.s[0] != '|') {
            head.n = 0;
            buf_str(&head, line);
            buf_puts(out, ".PP\n");
            manual_troff(out, buf_cstr(&head));
            buf_char(out, '\n');
        } else if (!is_rule(line)) {
            split_row(line, &head, &rest);
            buf_puts(out, first ? ".PP\n.B \"" : ".TP\n.B \"");
            manual_troff(out, buf_cstr(&head));
            buf_puts(out, first && rest.n ? ": " : "\"\n");
            manual_troff(out, buf_cstr(&rest));
            buf_puts(out, first && rest.n ? "\"\n" : "\n");
            first = false;
        }
    }
    buf_free(&tables);
    buf_free(&head);
    buf_free(&rest);
}
