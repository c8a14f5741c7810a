/* Keys as words: "Down*3 Right g Enter" is what was typed into the full screen, written down and typed again. */
#ifndef GAZE_REPL_VIEW_KEYS_H
#define GAZE_REPL_VIEW_KEYS_H

#include "repl/terminal/screen.h"

/* A key, and what belongs to it. */
struct typed {
    int key;                /* a code point or enum screen_key; KEY_NOTHING: none */
    struct pointer pointer; /* of KEY_POINTER */
    size_t columns, rows;   /* of KEY_RESIZED */
};

/* Append a key: its name, with *N where it was typed N times in a row, or the character itself. */
void keys_put(struct buf *words, struct typed typed);
/* Append a text that is typed, character for character. */
void keys_put_text(struct buf *words, struct str text);

/* Words that are typed: zeroed but for `words`, which is borrowed. */
struct keys {
    struct str words;    /* those that are left */
    struct typed again;  /* to be typed some times more */
    size_t times;
    bool in_word;        /* what is left begins within a word that is typed as it stands */
};
/* The next key: names (Up Down Left Right Home End PgUp PgDn Enter Tab BackTab Escape Backspace Delete Space C-a … C-z), each
 * perhaps with *N; Press:ROW,COL, Drag:, Release:, Move:, Grab:, Pull: and Wheel…: of the mouse, with M- before it where a modifier is held;
 * Size:COLUMNSxROWS; any other word is typed as it stands. KEY_NOTHING at the end. */
struct typed keys_take(struct keys *keys);

#endif
