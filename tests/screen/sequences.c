/* The parser: UTF-8, controls, ESC and CSI sequences; OSC, DCS and APC strings are skipped. See emulator.h. */
#include "tests/screen/emulator_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A CSI sequence taken apart: ESC [ private params intermediates final. */
struct csi {
    char private, intermediate, final;
    int n, p[EMU_PARAMS]; /* -1: empty */
};

static int param(const struct csi *csi, int i, int fallback)
{
    return i < csi->n && csi->p[i] > 0 ? csi->p[i] : fallback;
}

static void note_unknown(struct emulator *e, const char *kind)
{
    size_t n = strlen(e->unknown);
    snprintf(e->unknown + n, sizeof e->unknown - n, "%s %.*s; ", kind, (int)e->n_sequence, e->sequence);
}

static void add_answer(struct emulator *e, const char *text)
{
    size_t n = strlen(e->answer);
    snprintf(e->answer + n, sizeof e->answer - n, "%s", text);
}

/* ---- colours and attributes ---- */

/* 38;5;N, 38;2;R;G;B and their forms with colons (which may hold an empty colour space). */
static int extended_colour(const struct csi *csi, int i, int32_t *out)
{
    if (i + 2 < csi->n && csi->p[i + 1] == 5) {
        *out = csi->p[i + 2] & 255;
        return 2;
    }
    if (i + 1 < csi->n && csi->p[i + 1] == 2) {
        int at = i + 2 < csi->n && csi->p[i + 2] == -1 ? i + 3 : i + 2;
        if (at + 2 < csi->n)
            *out = EMU_RGB | (csi->p[at] & 255) << 16 | (csi->p[at + 1] & 255) << 8 | (csi->p[at + 2] & 255);
        return at + 2 - i;
    }
    return csi->n;
}

static void set_attribute(struct emulator *e, unsigned char set, unsigned char clear)
{
    e->pen.attributes = (unsigned char)((e->pen.attributes & ~clear) | set);
}

static void select_graphics(struct emulator *e, const struct csi *csi)
{
    static const unsigned char on[10] = {[1] = EMU_BOLD,  [2] = EMU_DIM,   [3] = EMU_ITALIC, [4] = EMU_UNDERLINE,
                                         [5] = EMU_BLINK, [6] = EMU_BLINK, [7] = EMU_REVERSE};
    static const unsigned char off[10] = {[1] = EMU_BOLD,      [2] = EMU_BOLD | EMU_DIM, [3] = EMU_ITALIC,
                                          [4] = EMU_UNDERLINE, [5] = EMU_BLINK,          [7] = EMU_REVERSE};
    for (int i = 0; i < (csi->n ? csi->n : 1); i++) {
        int p = csi->n ? csi->p[i] : 0;
        if (p <= 0)
            set_attribute(e, 0, 255), e->pen.fg = e->pen.bg = EMU_DEFAULT;
        else if (p < 10)
            set_attribute(e, on[p], 0);
        else if (p >= 20 && p < 30)
            set_attribute(e, 0, off[p - 20]);
        else if (p >= 30 && p < 38)
            e->pen.fg = p - 30;
        else if (p == 38)
            i += extended_colour(csi, i, &e->pen.fg);
        else if (p == 39)
            e->pen.fg = EMU_DEFAULT;
        else if (p >= 40 && p < 48)
            e->pen.bg = p - 40;
        else if (p == 48)
            i += extended_colour(csi, i, &e->pen.bg);
        else if (p == 49)
            e->pen.bg = EMU_DEFAULT;
        else if (p >= 90 && p < 98)
            e->pen.fg = p - 90 + 8;
        else if (p >= 100 && p < 108)
            e->pen.bg = p - 100 + 8;
    }
}

/* ---- modes ---- */

static void show_alternate(struct emulator *e, bool on, bool clear)
{
    if (e->alternate == on)
        return;
    struct emu_cursor here = e->cursor;
    e->alternate = on;
    e->cursor = here;
    if (on && clear)
        emu_erase(e, 0, 0, e->rows - 1, e->cols - 1);
}

static void set_private_mode(struct emulator *e, int mode, bool on)
{
    switch (mode) {
    case 1: e->keypad = on; break;
    case 6: e->origin = on; emu_move(e, on ? e->top : 0, 0); break;
    case 7: e->autowrap = on; break;
    case 25: e->visible = on; break;
    case 47: case 1047: show_alternate(e, on, true); break;
    case 1048: (on ? emu_save : emu_restore)(e); break;
    case 1000: case 1002: case 1003: e->mouse = on; break;
    case 1006: e->mouse_sgr = on; break;
    case 1049:
        if (on && !e->alternate)
            emu_save(e);
        show_alternate(e, on, true);
        if (!on)
            emu_restore(e);
        break;
    case 3: case 4: case 5: case 12: case 69: case 1004: case 1034: case 2004:
    case 2026: case 2500: case 2501: break; /* nothing that cells show */
    default: note_unknown(e, "mode");
    }
}

static void set_mode(struct emulator *e, const struct csi *csi, bool on)
{
    for (int i = 0; i < csi->n; i++) {
        if (csi->private == '?')
            set_private_mode(e, csi->p[i], on);
        else if (csi->p[i] == 4)
            e->insert = on;
        else if (csi->p[i] == 8)
            e->bidi_explicit = !on;
        else if (csi->p[i] != 34) /* screen's normal cursor */
            note_unknown(e, "mode");
    }
}

/* ---- CSI ---- */

static void erase_display(struct emulator *e, int what)
{
    int row = e->cursor.row, col = e->cursor.col;
    if (what == 0)
        emu_erase(e, row, col, e->rows - 1, e->cols - 1);
    else if (what == 1)
        emu_erase(e, 0, 0, row, col);
    else if (what == 2)
        emu_erase(e, 0, 0, e->rows - 1, e->cols - 1);
}

static void erase_line(struct emulator *e, int what)
{
    int row = e->cursor.row, col = e->cursor.col;
    emu_erase(e, row, what == 0 ? col : 0, row, what == 1 ? col : e->cols - 1);
}

static void report(struct emulator *e, const struct csi *csi)
{
    char text[64];
    if (csi->final == 'c') {
        add_answer(e, csi->private == '>' ? "\033[>41;379;0c" : "\033[?62;22c");
    } else if (param(csi, 0, 0) == 5) {
        add_answer(e, "\033[0n");
    } else if (param(csi, 0, 0) == 6) {
        snprintf(text, sizeof text, "\033[%d;%dR", e->cursor.row + 1, e->cursor.col + 1);
        add_answer(e, text);
    }
}

static void run_plain_csi(struct emulator *e, const struct csi *csi)
{
    int n = param(csi, 0, 1), row = e->cursor.row, col = e->cursor.col;
    int base = e->origin ? e->top : 0;
    switch (csi->final) {
    case '@': emu_gap(e, n); break;
    case 'A': emu_move(e, row - n < e->top && row >= e->top ? e->top : row - n, col); break;
    case 'B': case 'e': emu_move(e, row + n > e->bottom && row <= e->bottom ? e->bottom : row + n, col); break;
    case 'C': case 'a': emu_move(e, row, col + n); break;
    case 'D': emu_move(e, row, col - n); break;
    case 'E': emu_move(e, row + n, 0); break;
    case 'F': emu_move(e, row - n, 0); break;
    case 'G': case '`': emu_move(e, row, n - 1); break;
    case 'H': case 'f': emu_move(e, base + n - 1, param(csi, 1, 1) - 1); break;
    case 'I': emu_move(e, row, (col / 8 + n) * 8); break;
    case 'J': erase_display(e, param(csi, 0, 0)); break;
    case 'K': erase_line(e, param(csi, 0, 0)); break;
    case 'L': if (row >= e->top && row <= e->bottom) emu_scroll(e, row, e->bottom, -n); break;
    case 'M': if (row >= e->top && row <= e->bottom) emu_scroll(e, row, e->bottom, n); break;
    case 'P': emu_gap(e, -n); break;
    case 'S': emu_scroll(e, e->top, e->bottom, n); break;
    case 'T': emu_scroll(e, e->top, e->bottom, -n); break;
    case 'X': emu_erase(e, row, col, row, col + n > e->cols ? e->cols - 1 : col + n - 1); break;
    case 'Z': emu_move(e, row, col ? ((col - 1) / 8 - (n - 1)) * 8 : 0); break;
    case 'b': for (; n > 0 && e->last[0]; n--) emu_put(e, e->last_cp, (char[8]){e->last[0], e->last[1], e->last[2], e->last[3], 0}); break;
    case 'c': case 'n': report(e, csi); break;
    case 'd': emu_move(e, base + n - 1, col); break;
    case 'h': set_mode(e, csi, true); break;
    case 'l': set_mode(e, csi, false); break;
    case 'm': select_graphics(e, csi); break;
    case 'r':
        e->top = param(csi, 0, 1) - 1;
        e->bottom = param(csi, 1, e->rows) - 1;
        if (e->bottom >= e->rows || e->top >= e->bottom)
            e->top = 0, e->bottom = e->rows - 1;
        emu_move(e, e->origin ? e->top : 0, 0);
        break;
    case 's': emu_save(e); break;
    case 'u': emu_restore(e); break;
    case 'g': case 't': break; /* tab stops, window titles */
    default: note_unknown(e, "CSI");
    }
}

static void run_csi(struct emulator *e)
{
    struct csi csi = {.final = e->sequence[e->n_sequence - 1]};
    size_t i = 0;
    if (e->n_sequence > 1 && strchr("?>=<", e->sequence[0]))
        csi.private = e->sequence[i++];
    for (int value = -1; i < e->n_sequence; i++) {
        char c = e->sequence[i];
        bool last = i + 1 == e->n_sequence;
        if (c >= '0' && c <= '9')
            value = (value < 0 ? 0 : value) * 10 % 1000000 + (c - '0');
        else if (c >= 0x20 && c <= 0x2f)
            csi.intermediate = c;
        if ((c == ';' || c == ':' || last) && csi.n < EMU_PARAMS && (!last || csi.n || value >= 0))
            csi.p[csi.n++] = value, value = -1;
    }
    if (csi.intermediate == '!' && csi.final == 'p')
        e->insert = e->origin = e->keypad = false, e->autowrap = e->visible = true, e->top = 0, e->bottom = e->rows - 1;
    else if (csi.intermediate == ' ' || csi.intermediate == '$' || csi.final == 'q')
        return; /* cursor shapes, mode requests */
    else if (csi.intermediate)
        note_unknown(e, "CSI");
    else if (csi.private == '?' && strchr("hlJKn", csi.final) == NULL)
        return; /* kitty's and xterm's settings */
    else if (csi.private == '>' && csi.final != 'c')
        return;
    else
        run_plain_csi(e, &csi);
}

/* ---- ESC and controls ---- */

static void run_escape(struct emulator *e, unsigned char c)
{
    e->state = EMU_GROUND;
    e->n_sequence = 0;
    switch (c) {
    case '[': e->state = EMU_CSI; break;
    case ']': case 'P': case '_': case '^': case 'X': case 'k': e->state = EMU_STRING; break;
    case '(': case ')': case '*': case '+': case '#': case '%':
        e->sequence[e->n_sequence++] = (char)c;
        e->state = EMU_CHARSET;
        break;
    case '7': emu_save(e); break;
    case '8': emu_restore(e); break;
    case 'D': emu_line_feed(e); break;
    case 'E': e->cursor.col = 0; emu_line_feed(e); break;
    case 'M': emu_reverse_feed(e); break;
    case 'c': emu_reset(e); break;
    case '=': case '>': case 'H': case '\\': break;
    default: e->sequence[e->n_sequence++] = (char)c; note_unknown(e, "ESC");
    }
}

static void run_control(struct emulator *e, unsigned char c)
{
    switch (c) {
    case '\b': emu_move(e, e->cursor.row, e->cursor.col - 1); break;
    case '\t': emu_move(e, e->cursor.row, (e->cursor.col / 8 + 1) * 8); break;
    case '\n': case '\v': case '\f': emu_line_feed(e); break;
    case '\r': emu_move(e, e->cursor.row, 0); break;
    case 0x0e: e->cursor.shifted = true; break;
    case 0x0f: e->cursor.shifted = false; break;
    default: break; /* BEL, NUL and the rest show nothing */
    }
}

/* DEC special graphics, '`' … '~'. */
static const uint16_t line_drawing[] = {0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0xb0,   0xb1,   0x2424, 0x240b, 0x2518,
                                        0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524,
                                        0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x3c0,  0x2260, 0xa3,   0xb7};

static void put_ascii(struct emulator *e, unsigned char c)
{
    uint32_t cp = e->cursor.graphics[e->cursor.shifted] && c >= '`' && c <= '~' ? line_drawing[c - '`'] : c;
    char text[4] = {(char)cp, 0};
    if (cp >= 0x800)
        memcpy(text, (char[4]){(char)(0xe0 | cp >> 12), (char)(0x80 | (cp >> 6 & 63)), (char)(0x80 | (cp & 63)), 0}, 4);
    else if (cp >= 0x80)
        memcpy(text, (char[3]){(char)(0xc0 | cp >> 6), (char)(0x80 | (cp & 63)), 0}, 3);
    emu_put(e, cp, text);
}

static void put_byte(struct emulator *e, unsigned char c)
{
    if (e->want_utf8 && (c & 0xc0) == 0x80) {
        e->utf8[e->n_utf8++] = (char)c;
        if (e->n_utf8 < e->want_utf8)
            return;
        e->utf8[e->n_utf8] = 0;
        uint32_t cp = (unsigned char)e->utf8[0] & (0x7fu >> e->want_utf8);
        for (size_t i = 1; i < e->want_utf8; i++)
            cp = cp << 6 | ((unsigned char)e->utf8[i] & 63);
        e->want_utf8 = 0;
        emu_put(e, cp, e->utf8);
        return;
    }
    if (e->want_utf8 || (c & 0xc0) == 0x80 || c > 0xf7) {
        e->want_utf8 = 0;
        emu_put(e, 0xfffd, "\xef\xbf\xbd");
        if ((c & 0xc0) == 0x80 || c > 0xf7)
            return;
    }
    if (c < 0x80) {
        put_ascii(e, c);
        return;
    }
    e->want_utf8 = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    e->utf8[0] = (char)c;
    e->n_utf8 = 1;
}

static void feed_byte(struct emulator *e, unsigned char c)
{
    if (c == 0x18 || c == 0x1a) {
        e->state = EMU_GROUND;
    } else if (e->state == EMU_STRING_ESCAPE) {
        e->state = c == '\\' ? EMU_GROUND : EMU_STRING;
    } else if (e->state == EMU_STRING) {
        e->state = c == 0x07 ? EMU_GROUND : c == 0x1b ? EMU_STRING_ESCAPE : EMU_STRING;
    } else if (c == 0x1b) {
        e->state = EMU_ESCAPE;
    } else if (c < 0x20) {
        run_control(e, c);
    } else if (e->state == EMU_ESCAPE) {
        run_escape(e, c);
    } else if (e->state == EMU_CHARSET) {
        if (e->sequence[0] == '(' || e->sequence[0] == ')')
            e->cursor.graphics[e->sequence[0] == ')'] = c == '0';
        e->state = EMU_GROUND;
    } else if (e->state == EMU_CSI) {
        if (e->n_sequence < sizeof e->sequence)
            e->sequence[e->n_sequence++] = (char)c;
        if (c >= 0x40 && c <= 0x7e) {
            run_csi(e);
            e->state = EMU_GROUND;
        }
    } else if (c != 0x7f) {
        put_byte(e, c);
    }
}

void emulator_feed(struct emulator *e, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        feed_byte(e, ((const unsigned char *)bytes)[i]);
}
