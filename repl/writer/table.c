/* What a person reads: aligned tables, plain text, pictures in character cells.
 *
 * The first rows of a table decide the widths; after so many the rest streams, and a longer value then stands out of its
 * column. On a screen with colours the header is bold and bars have a colour. */
#include "repl/writer/writer.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "viz/render/cells.h"

enum { HELD_ROWS = 1000 };

struct held {
    struct buf text; /* escaped, may be printed */
    bool number;
};
struct state {
    struct held *cells; /* [HELD_ROWS + 1, n_names], row 0 the header */
    size_t n, capacity;
    size_t *widths;     /* [n_names] once decided */
    bool *right;        /* [n_names] all held cells are numbers */
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

/* How a column's cells look on a screen with colours. */
static struct style style_of(const struct sink *sink, size_t column, bool header)
{
    static const struct rgb sky = {0x5c, 0x8c, 0xf0}; /* seen on black and on white; blue with 16 colours too */
    if (header)
        return (struct style){.flags = CELL_BOLD};
    return str_is(sink->names[column], "bar") ? (struct style){.fg = ink_rgb(sink->depth, sky)} : (struct style){0};
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

static bool put_line(struct sink *sink, const struct state *state, const struct held *cells, bool header, struct err *err)
{
    struct buf line = {0};
    for (size_t i = 0; i < sink->n_names; i++) {
        struct aligned a = {state->widths[i], state->right[i], i + 1 == sink->n_names, style_of(sink, i, header), sink->depth};
        put_aligned(&line, buf_view(&cells[i].text), &a);
    }
    while (line.n && line.data[line.n - 1] == ' ')
        line.n--;
    buf_char(&line, '\n');
    return sink_drain(sink, &line, err);
}

/* Decide the widths and print what was held. */
static bool release(struct sink *sink, struct state *state, struct err *err)
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
    sink->lines = state->n / n;
    for (size_t at = 0; at < state->n; at += n)
        if (!put_line(sink, state, state->cells + at, at == 0, err))
            return false;
    return true;
}

static bool hold(struct state *state, const struct cell_value *cells, size_t n, struct err *err)
{
    if (!mem_grow((void **)&state->cells, &state->capacity, state->n + n, sizeof *state->cells, "a table", err))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct held *held = &state->cells[state->n++];
        *held = (struct held){.number = cells[i].kind != CELL_TEXT};
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
        return state->n / n <= HELD_ROWS || release(sink, state, err);
    }
    struct held *line = mem_new(n, sizeof *line, "a table", err);
    bool ok = line != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        cell_text(&cells[i], &line[i].text);
        ok = buf_ok(&line[i].text, err);
    }
    ok = ok && put_line(sink, state, line, false, err);
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
    return !state || state->widths || release(sink, state, err);
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
