/* What a person reads: aligned tables, plain text, pictures in character cells.
 *
 * The first rows of a table decide the widths; after so many the rest streams, and a longer value then stands out of its
 * column. A table that is wider than the screen stands there in blocks of columns, each behind those that name the row (the
 * first, up to the first measured number), unless it streams; bars, which repeat a number, are left out there. On a screen with colours the header is bold and bars have a colour. */
#include "repl/writer/writer.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "viz/render/cells.h"

enum { HELD_ROWS = 1000, SOME_WORDS = 24 };

struct held {
    struct buf text; /* escaped, may be printed */
    bool number;
};
struct state {
    struct held *cells; /* [HELD_ROWS + 1, n_names], row 0 the header */
    size_t n, capacity;
    size_t *widths;     /* [n_names] once decided */
    bool *right;        /* [n_names] all held cells are numbers */
    size_t keys;        /* the first columns, before a measured number; one where there is none */
};

static void cell_text(const struct cell_value *cell, struct buf *out)
{
    if (cell->kind == CELL_TEXT)
        text_escape(out, cell->text);
    else if (cell->kind == CELL_NONE)
        text_escape(out, cell->text);
    else if (cell->kind == CELL_NUMBER && isnan(cell->number))
        buf_puts(out, "-");
    else if (cell->kind == CELL_NUMBER && isfinite(cell->number) && cell->digits > 0)
        buf_printf(out, "%.*f", cell->digits, cell->number);
    else
        cell_plain(cell, out);
}

static bool is_bar(const struct sink *sink, size_t column)
{
    return str_is(sink->names[column], "bar");
}

/* How a column's cells look on a screen with colours. */
static struct style style_of(const struct sink *sink, size_t column, bool header)
{
    static const struct rgb sky = {0x5c, 0x8c, 0xf0}; /* seen on black and on white; blue with 16 colours too */
    if (header)
        return (struct style){.flags = CELL_BOLD};
    return is_bar(sink, column) ? (struct style){.fg = ink_rgb(sink->depth, sky)} : (struct style){0};
}

static void put_styled(struct buf *line, struct str text, const struct style *style, enum depth depth)
{
    static const struct style plain;
    bool styled = text.n && (style->flags || style->fg.kind != COLOUR_DEFAULT);
    if (styled)
        style_encode(style, depth, line);
    buf_str(line, text);
    if (styled)
        style_encode(&plain, depth, line);
}

struct aligned {
    size_t width;
    bool right, last;
    struct style style;
    enum depth depth;
};

/* Text that would stand out of the screen's `columns`, in lines under one another from column `at` on. */
static void put_broken(struct buf *line, struct str text, size_t at, size_t columns)
{
    struct buf lines = {0};
    text_wrap(&lines, text, columns - at);
    for (size_t i = 0; i < lines.n; i++) {
        buf_char(line, lines.data[i]);
        for (size_t blank = 0; lines.data[i] == '\n' && blank < at; blank++)
            buf_char(line, ' ');
    }
    line->failed |= lines.failed;
    buf_free(&lines);
}

static void put_aligned(struct buf *line, struct str text, const struct aligned *a)
{
    size_t columns = text_width(text), pad = columns < a->width ? a->width - columns : 0;
    for (size_t i = 0; a->right && i < pad; i++)
        buf_char(line, ' ');
    put_styled(line, text, &a->style, a->depth);
    for (size_t i = 0; !a->right && !a->last && i < pad; i++)
        buf_char(line, ' ');
    if (!a->last)
        buf_puts(line, "  ");
}

/* Running text in the last column is broken into lines where it has room for some words; a bar is not. */
static bool may_break(const struct sink *sink, const struct state *state, size_t column)
{
    return sink->terminal && column + 1 == sink->n_names && !state->right[column] && !is_bar(sink, column);
}

/* Columns of a table that stand side by side: the first `keys`, and from … to - 1. */
struct block {
    size_t keys, from, to;
};

static bool put_line(struct sink *sink, const struct state *state, const struct held *cells, struct block block, bool header,
                     struct err *err)
{
    struct buf line = {0};
    size_t at = 0;
    for (size_t i = 0; i < block.to; at += state->widths[i++] + 2) {
        if (i == block.keys)
            i = block.from;
        struct aligned a = {state->widths[i], state->right[i], i + 1 == block.to, style_of(sink, i, header), sink->depth};
        struct str text = buf_view(&cells[i].text);
        if (may_break(sink, state, i) && at + SOME_WORDS <= sink->columns && at + text_width(text) > sink->columns)
            put_broken(&line, text, at, sink->columns);
        else
            put_aligned(&line, text, &a);
    }
    while (line.n && line.data[line.n - 1] == ' ')
        line.n--;
    buf_char(&line, '\n');
    return sink_drain(sink, &line, err);
}

/* The columns from `from` on that fit beside the keys, one at least. */
static struct block next_block(const struct sink *sink, const struct state *state, size_t keys, size_t from)
{
    struct block block = {keys, from, from};
    size_t used = 0;
    for (size_t i = 0; i < keys; i++)
        used += state->widths[i] + 2;
    for (; block.to < sink->n_names; block.to++) {
        size_t width = state->widths[block.to];
        if (may_break(sink, state, block.to) && width > SOME_WORDS)
            width = SOME_WORDS;
        if (block.to > from && used + width > sink->columns)
            break;
        used += width + 2;
    }
    return block;
}

/* How many of the first columns name a row, and leave half of the screen to others. */
static size_t key_columns(const struct sink *sink, const struct state *state)
{
    size_t keys = 0, used = 0;
    while (keys < state->keys && used + state->widths[keys] + 2 <= sink->columns / 2)
        used += state->widths[keys++] + 2;
    return keys;
}

/* Print what was held; it is the whole table where `ends`. */
static bool put_held(struct sink *sink, struct state *state, bool ends, struct err *err)
{
    size_t n = sink->n_names, keys = key_columns(sink, state);
    struct block first = next_block(sink, state, 0, 0);
    if (!ends || !sink->terminal || state->n == n)
        first.to = n;
    size_t wanted = first.to < n && is_bar(sink, n - 1) ? n - 1 : n;
    sink->lines = state->n / n;
    for (struct block b = first; b.to < wanted; b = next_block(sink, state, keys, b.to))
        sink->lines += 1 + state->n / n;
    for (struct block b = first;; b = next_block(sink, state, keys, b.to)) {
        for (size_t at = 0; at < state->n; at += n)
            if (!put_line(sink, state, state->cells + at, b, at == 0, err))
                return false;
        if (b.to >= wanted)
            return true;
        if (!sink_puts(sink, "\n", err))
            return false;
    }
}

/* Decide the widths and print what was held. */
static bool release(struct sink *sink, struct state *state, bool ends, struct err *err)
{
    size_t n = sink->n_names;
    state->widths = mem_new(n, sizeof *state->widths, "a table", err);
    state->right = mem_new(n, sizeof *state->right, "a table", err);
    if (!state->widths || !state->right)
        return false;
    for (size_t i = 0; i < n; i++) {
        state->right[i] = state->n > n;
        for (size_t at = i; at < state->n; at += n) {
            size_t width = text_width(buf_view(&state->cells[at].text));
            if (width > state->widths[i])
                state->widths[i] = width;
            if (at >= n && !state->cells[at].number)
                state->right[i] = false;
        }
    }
    if (state->keys == n)
        state->keys = 1;
    return put_held(sink, state, ends, err);
}

static bool hold(struct state *state, const struct cell_value *cells, size_t n, struct err *err)
{
    if (!mem_grow((void **)&state->cells, &state->capacity, state->n + n, sizeof *state->cells, "a table", err))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct held *held = &state->cells[state->n++];
        *held = (struct held){.number = cells[i].kind != CELL_TEXT};
        if (cells[i].kind == CELL_NUMBER && i < state->keys)
            state->keys = i;
        cell_text(&cells[i], &held->text);
        if (!buf_ok(&held->text, err))
            return false;
    }
    return true;
}

static bool put_columns(struct sink *sink, struct err *err)
{
    struct state *state = mem_new(1, sizeof *state, "a table", err);
    if (!state)
        return false;
    sink->own = state;
    state->keys = sink->n_names;
    for (size_t i = 0; i < sink->n_names; i++) {
        struct cell_value cell = {.kind = CELL_TEXT, .text = sink->names[i]};
        if (!hold(state, &cell, 1, err))
            return false;
    }
    return true;
}

static bool put_row(struct sink *sink, const struct cell_value *cells, size_t n, struct err *err)
{
    struct state *state = sink->own;
    if (!state->widths) {
        if (!hold(state, cells, n, err))
            return false;
        return state->n / n <= HELD_ROWS || release(sink, state, false, err);
    }
    struct held *line = mem_new(n, sizeof *line, "a table", err);
    bool ok = line != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        cell_text(&cells[i], &line[i].text);
        ok = buf_ok(&line[i].text, err);
    }
    ok = ok && put_line(sink, state, line, (struct block){0, 0, n}, false, err);
    for (size_t i = 0; line && i < n; i++)
        buf_free(&line[i].text);
    free(line);
    return ok;
}

static bool put_text(struct sink *sink, struct str text, struct err *err)
{
    for (size_t i = 0; i < text.n; i++) /* for the pager: help may be longer than the screen */
        sink->lines += text.s[i] == '\n';
    return sink_put(sink, text, err) && ((text.n && text.s[text.n - 1] == '\n') || sink_puts(sink, "\n", err));
}

static bool put_picture(struct sink *sink, const struct picture *picture, struct err *err)
{
    struct cells_options options = {.columns = sink->columns, .depth = sink->depth, .numbers = sink->numbers};
    struct cell_grid grid = {0};
    struct buf text = {0};
    if (!cells_picture(picture, &options, &grid, err)) {
        grid_free(&grid);
        return false;
    }
    cells_encode(&grid, sink->depth, &text);
    grid_free(&grid);
    return sink_drain(sink, &text, err);
}

static bool finish(struct sink *sink, struct err *err)
{
    struct state *state = sink->own;
    return !state || state->widths || release(sink, state, true, err);
}

static void drop(struct sink *sink)
{
    struct state *state = sink->own;
    if (!state)
        return;
    for (size_t i = 0; i < state->n; i++)
        buf_free(&state->cells[i].text);
    free(state->cells);
    free(state->widths);
    free(state->right);
    free(state);
    sink->own = NULL;
}

const struct writer writer_table = {.name = "table",
                                    .extensions = "txt|table",
                                    .summary = "for a person: aligned columns, pictures in character cells",
                                    .text = put_text,
                                    .columns = put_columns,
                                    .row = put_row,
                                    .picture = put_picture,
                                    .finish = finish,
                                    .drop = drop};
