/* The emulator's own state, shared by emulator.c (cells) and sequences.c (parser); tests use emulator.h. */
#ifndef GAZE_TESTS_SCREEN_EMULATOR_STATE_H
#define GAZE_TESTS_SCREEN_EMULATOR_STATE_H

#include "tests/screen/emulator.h"

struct emu_cursor {
    int row, col;
    struct emu_cell pen;
    bool graphics[2], shifted; /* DEC line drawing in G0, G1; G1 in use */
};

enum { EMU_PARAMS = 32 };

struct emulator {
    int rows, cols, top, bottom;
    struct emu_cell *cells[2];  /* [rows,cols] of the main and the alternate screen */
    struct emu_cell pen;        /* colours and attributes of what is written next */
    struct emu_cursor cursor, saved[2];
    bool alternate, autowrap, visible, insert, origin, wrap_next, keypad, bidi_explicit, mouse, mouse_sgr;
    char last[8];               /* the last character written, for REP */
    uint32_t last_cp;

    enum { EMU_GROUND, EMU_ESCAPE, EMU_CHARSET, EMU_CSI, EMU_STRING, EMU_STRING_ESCAPE } state;
    char sequence[64];          /* the sequence being read */
    size_t n_sequence;
    char utf8[8];               /* the character being read */
    size_t n_utf8, want_utf8;
    char answer[256], unknown[512];
};

struct emu_cell *emu_at(struct emulator *e, int row, int col);
void emu_reset(struct emulator *e);
void emu_erase(struct emulator *e, int row0, int col0, int row1, int col1);
void emu_scroll(struct emulator *e, int top, int bottom, int n);
void emu_line_feed(struct emulator *e);
void emu_reverse_feed(struct emulator *e);
void emu_move(struct emulator *e, int row, int col);
void emu_gap(struct emulator *e, int n);
void emu_put(struct emulator *e, uint32_t cp, const char *utf8);
void emu_save(struct emulator *e);
void emu_restore(struct emulator *e);

#endif
