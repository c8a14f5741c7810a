/* A terminal without a window: bytes in, cells out. Understands what ncurses and readline send to xterm, vt100 and
 * their kin (ECMA-48, DEC VT220, xterm's 256 and direct colours); it is fed by terminal.c and is itself tested. */
#ifndef GAZE_TESTS_SCREEN_EMULATOR_H
#define GAZE_TESTS_SCREEN_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EMU_BOLD = 1, EMU_DIM = 2, EMU_UNDERLINE = 4, EMU_BLINK = 8, EMU_REVERSE = 16, EMU_ITALIC = 32 };
#define EMU_DEFAULT (-1)        /* the terminal's own colour */
#define EMU_RGB 0x1000000       /* EMU_RGB | 0xRRGGBB; below 256: a palette index */

struct emu_cell {
    char text[29];              /* UTF-8 with its combining marks; "" is blank; of a wide one's right half too */
    unsigned char width;        /* 1, 2, or 0: the right half of a wide one */
    unsigned char attributes;
    int32_t fg, bg;
};

struct emulator;

struct emulator *emulator_new(int rows, int cols);
void emulator_free(struct emulator *e);
void emulator_feed(struct emulator *e, const void *bytes, size_t n);
void emulator_resize(struct emulator *e, int rows, int cols); /* keeps the upper left */

/* The cell at (row, col), from 0; blank outside. */
const struct emu_cell *emulator_cell(const struct emulator *e, int row, int col);
int emulator_rows(const struct emulator *e);
int emulator_cols(const struct emulator *e);
void emulator_cursor(const struct emulator *e, int *row_out, int *col_out);
bool emulator_cursor_visible(const struct emulator *e);
bool emulator_alternate(const struct emulator *e);   /* the alternate screen is shown */
bool emulator_keypad(const struct emulator *e);      /* application cursor keys (DECCKM) */
bool emulator_mouse(const struct emulator *e);       /* it reports the mouse (modes 1000 to 1003, 1006) */
bool emulator_bidi_explicit(const struct emulator *e); /* BDSM reset: the program orders text itself */
/* Sequences that were not understood, as text; "" where all were. */
const char *emulator_unknown(const struct emulator *e);
/* What the terminal would answer (DA, DSR): taken and cleared. Returns its length. */
size_t emulator_answer(struct emulator *e, char *out, size_t room);

/* The screen, or one row of it, without blanks at the ends of rows and empty rows at the end; free() it. */
char *emulator_text(const struct emulator *e);
char *emulator_row(const struct emulator *e, int row);

#endif
