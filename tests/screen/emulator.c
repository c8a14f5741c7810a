/* The cells, the cursor and what moves them. The parser of sequences is sequences.c. See emulator.h. */
#include "tests/screen/emulator_state.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const struct emu_cell blank_cell = {.width = 1, .fg = EMU_DEFAULT, .bg = EMU_DEFAULT};

struct emu_cell *emu_at(struct emulator *e, int row, int col)
{
    return &e->cells[e->alternate][(size_t)row * (size_t)e->cols + (size_t)col];
}

static void make_screen(struct emulator *e, int rows, int cols)
{
    for (int s = 0; s < 2; s++) {
        struct emu_cell *cells = malloc((size_t)rows * (size_t)cols * sizeof *cells);
        if (!cells)
            abort();
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < cols; c++)
                cells[r * cols + c] = e->cells[s] && r < e->rows && c < e->cols ? e->cells[s][r * e->cols + c] : blank_cell;
        free(e->cells[s]);
        e->cells[s] = cells;
    }
    e->rows = rows;
    e->cols = cols;
    e->top = 0;
    e->bottom = rows - 1;
    e->cursor.row = e->cursor.row < rows ? e->cursor.row : rows - 1;
    e->cursor.col = e->cursor.col < cols ? e->cursor.col : cols - 1;
    e->wrap_next = false;
}

struct emulator *emulator_new(int rows, int cols)
{
    struct emulator *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    make_screen(e, rows, cols);
    emu_reset(e);
    return e;
}

void emulator_free(struct emulator *e)
{
    if (!e)
        return;
    free(e->cells[0]);
    free(e->cells[1]);
    free(e);
}

void emulator_resize(struct emulator *e, int rows, int cols)
{
    make_screen(e, rows, cols);
}

void emu_reset(struct emulator *e)
{
    e->alternate = false;
    e->pen = blank_cell;
    e->cursor = (struct emu_cursor){.pen = blank_cell};
    e->saved[0] = e->saved[1] = e->cursor;
    e->top = 0;
    e->bottom = e->rows - 1;
    e->autowrap = e->visible = true;
    e->insert = e->origin = e->wrap_next = e->keypad = e->bidi_explicit = e->mouse = e->mouse_sgr = false;
    emu_erase(e, 0, 0, e->rows - 1, e->cols - 1);
}

/* Blank from one cell to another in reading order, in the colour of the pen (back colour erase). */
void emu_erase(struct emulator *e, int row0, int col0, int row1, int col1)
{
    struct emu_cell empty = blank_cell;
    empty.bg = e->pen.bg;
    for (int i = row0 * e->cols + col0; i <= row1 * e->cols + col1 && i < e->rows * e->cols; i++)
        *emu_at(e, i / e->cols, i % e->cols) = empty;
}

/* Move the rows of [top,bottom] by n: up where n > 0. */
void emu_scroll(struct emulator *e, int top, int bottom, int n)
{
    int height = bottom - top + 1, by = abs(n) < height ? abs(n) : height;
    size_t row = (size_t)e->cols * sizeof(struct emu_cell);
    if (n > 0) {
        if (by < height)
            memmove(emu_at(e, top, 0), emu_at(e, top + by, 0), row * (size_t)(height - by));
        emu_erase(e, bottom - by + 1, 0, bottom, e->cols - 1);
    } else if (n < 0) {
        if (by < height)
            memmove(emu_at(e, top + by, 0), emu_at(e, top, 0), row * (size_t)(height - by));
        emu_erase(e, top, 0, top + by - 1, e->cols - 1);
    }
}

void emu_line_feed(struct emulator *e)
{
    e->wrap_next = false;
    if (e->cursor.row == e->bottom)
        emu_scroll(e, e->top, e->bottom, 1);
    else if (e->cursor.row < e->rows - 1)
        e->cursor.row++;
}

void emu_reverse_feed(struct emulator *e)
{
    e->wrap_next = false;
    if (e->cursor.row == e->top)
        emu_scroll(e, e->top, e->bottom, -1);
    else if (e->cursor.row > 0)
        e->cursor.row--;
}

void emu_move(struct emulator *e, int row, int col)
{
    e->cursor.row = row < 0 ? 0 : row >= e->rows ? e->rows - 1 : row;
    e->cursor.col = col < 0 ? 0 : col >= e->cols ? e->cols - 1 : col;
    e->wrap_next = false;
}

/* Open (n > 0) or close (n < 0) a gap at the cursor. */
void emu_gap(struct emulator *e, int n)
{
    int row = e->cursor.row, col = e->cursor.col, rest = e->cols - col, by = abs(n) < rest ? abs(n) : rest;
    struct emu_cell *at = emu_at(e, row, col);
    if (n > 0) {
        memmove(at + by, at, (size_t)(rest - by) * sizeof *at);
        emu_erase(e, row, col, row, col + by - 1);
    } else {
        memmove(at, at + by, (size_t)(rest - by) * sizeof *at);
        emu_erase(e, row, e->cols - by, row, e->cols - 1);
    }
}

/* A half of a wide character that is written over takes the other half with it. */
static void split_wide(struct emulator *e, int row, int col)
{
    struct emu_cell *at = emu_at(e, row, col);
    if (at->width == 0 && col > 0)
        emu_at(e, row, col - 1)->text[0] = 0, emu_at(e, row, col - 1)->width = 1;
    if (at->width == 2 && col + 1 < e->cols)
        emu_at(e, row, col + 1)->width = 1;
}

static void combine(struct emulator *e, const char *utf8)
{
    int col = e->wrap_next ? e->cursor.col : e->cursor.col - 1;
    if (col > 0 && emu_at(e, e->cursor.row, col)->width == 0)
        col--;
    struct emu_cell *at = col >= 0 ? emu_at(e, e->cursor.row, col) : NULL;
    if (at && strlen(at->text) + strlen(utf8) < sizeof at->text)
        strcat(at->text, utf8);
}

/* Write one character where the cursor is. utf8: NUL-terminated, of that code point. */
void emu_put(struct emulator *e, uint32_t cp, const char *utf8)
{
    int width = wcwidth((wchar_t)cp);
    if (width == 0) {
        combine(e, utf8);
        return;
    }
    width = width < 0 ? 1 : width;
    if ((e->wrap_next || e->cursor.col + width > e->cols) && e->autowrap) {
        e->cursor.col = 0;
        emu_line_feed(e);
    }
    e->wrap_next = false;
    if (e->insert)
        emu_gap(e, width);
    for (int k = 0; k < width && e->cursor.col + k < e->cols; k++) {
        split_wide(e, e->cursor.row, e->cursor.col + k);
        struct emu_cell *at = emu_at(e, e->cursor.row, e->cursor.col + k);
        *at = e->pen;
        at->width = (unsigned char)(k == 0 ? width : 0);
        strcpy(at->text, k == 0 ? utf8 : "");
    }
    strcpy(e->last, utf8);
    e->last_cp = cp;
    if (e->cursor.col + width >= e->cols) {
        e->cursor.col = e->cols - 1;
        e->wrap_next = e->autowrap;
    } else {
        e->cursor.col += width;
    }
}

void emu_save(struct emulator *e)
{
    e->cursor.pen = e->pen;
    e->saved[e->alternate] = e->cursor;
}

void emu_restore(struct emulator *e)
{
    e->cursor = e->saved[e->alternate];
    e->pen = e->cursor.pen;
    emu_move(e, e->cursor.row, e->cursor.col);
}

/* ---- what tests read ---- */

const struct emu_cell *emulator_cell(const struct emulator *e, int row, int col)
{
    if (row < 0 || col < 0 || row >= e->rows || col >= e->cols)
        return &blank_cell;
    return &e->cells[e->alternate][(size_t)row * (size_t)e->cols + (size_t)col];
}

int emulator_rows(const struct emulator *e)
{
    return e->rows;
}

int emulator_cols(const struct emulator *e)
{
    return e->cols;
}

void emulator_cursor(const struct emulator *e, int *row_out, int *col_out)
{
    *row_out = e->cursor.row;
    *col_out = e->cursor.col;
}

bool emulator_cursor_visible(const struct emulator *e)
{
    return e->visible;
}

bool emulator_alternate(const struct emulator *e)
{
    return e->alternate;
}

bool emulator_mouse(const struct emulator *e)
{
    return e->mouse || e->mouse_sgr;
}

bool emulator_keypad(const struct emulator *e)
{
    return e->keypad;
}

bool emulator_bidi_explicit(const struct emulator *e)
{
    return e->bidi_explicit;
}

const char *emulator_unknown(const struct emulator *e)
{
    return e->unknown;
}

size_t emulator_answer(struct emulator *e, char *out, size_t room)
{
    size_t n = strlen(e->answer) < room ? strlen(e->answer) : room;
    memcpy(out, e->answer, n);
    e->answer[0] = 0;
    return n;
}

char *emulator_row(const struct emulator *e, int row)
{
    char *text = malloc((size_t)e->cols * sizeof(blank_cell.text) + 1);
    if (!text)
        abort();
    size_t n = 0, end = 0;
    for (int col = 0; col < e->cols; col++) {
        const struct emu_cell *at = emulator_cell(e, row, col);
        if (at->width == 0)
            continue;
        const char *s = at->text[0] ? at->text : " ";
        memcpy(text + n, s, strlen(s));
        n += strlen(s);
        if (strcmp(s, " ") != 0)
            end = n;
    }
    text[end] = 0;
    return text;
}

char *emulator_text(const struct emulator *e)
{
    char *text = malloc((size_t)e->rows * ((size_t)e->cols * sizeof(blank_cell.text) + 1) + 1);
    if (!text)
        abort();
    size_t n = 0, end = 0;
    for (int row = 0; row < e->rows; row++) {
        char *line = emulator_row(e, row);
        memcpy(text + n, line, strlen(line));
        n += strlen(line);
        if (line[0])
            end = n;
        text[n++] = '\n';
        free(line);
    }
    text[end ? end + 1 : 0] = 0;
    return text;
}
