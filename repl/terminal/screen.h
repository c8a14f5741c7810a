/* The full screen: the only door to ncurses. It shows a grid of cells, reads keys, and gives the terminal back. */
#ifndef GAZE_REPL_TERMINAL_SCREEN_H
#define GAZE_REPL_TERMINAL_SCREEN_H

#include "viz/draw/cells.h"

/* A key: a code point below SCREEN_KEYS, or one of these. */
enum screen_key {
    SCREEN_KEYS = 0x110000,
    KEY_NOTHING,    /* the time is over */
    KEY_RESIZED,    /* screen_size has changed */
    KEY_INTERRUPT,  /* Ctrl-C; the request to cancel has been cleared */
    KEY_LEAVE,      /* SIGTERM, SIGHUP, or the terminal has gone: leave */
    KEY_ARROW_UP,
    KEY_ARROW_DOWN,
    KEY_ARROW_LEFT,
    KEY_ARROW_RIGHT,
    KEY_FIRST,      /* Home */
    KEY_LAST,       /* End */
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_RETURN,
    KEY_BACK,       /* Backspace */
    KEY_REMOVE,     /* Delete */
    KEY_TABULATOR,
    KEY_BACKTAB,
    KEY_ESCAPE,
    KEY_POINTER     /* the mouse did something: screen_pointer */
};

/* What the mouse did, in a cell of the screen: moved with no button down; the left button pressed, moved with, let go; another
 * button pressed, moved with; the wheel. */
enum pointer_kind {
    POINTER_MOVE,
    POINTER_PRESS, POINTER_DRAG, POINTER_RELEASE,
    POINTER_GRAB, POINTER_PULL,
    POINTER_WHEEL_UP, POINTER_WHEEL_DOWN, POINTER_WHEEL_LEFT, POINTER_WHEEL_RIGHT
};
struct pointer {
    enum pointer_kind kind;
    size_t row, col;
    bool modified;  /* with Shift, Alt or Ctrl */
};
/* Read a report, from behind ESC [ < to its last character (pointer.c); false where it is none, or of no button that counts. */
bool pointer_parse(struct str report, struct pointer *out);
bool pointer_is_wheel(struct pointer pointer);

struct full_screen;

/* Take the terminal of standard input and output. `depth`: the most colours that are wanted. Errors: standard input or
 * output is no terminal, the terminal has no addressable cursor. screen_close takes NULL too. */
NODISCARD struct full_screen *screen_open(enum depth depth, struct err *err);
void screen_close(struct full_screen *screen);

/* Give the terminal back for a while (a command prints), and take it again. */
void screen_suspend(struct full_screen *screen);
void screen_resume(struct full_screen *screen);

/* The next screen_show writes every cell: something else has written to the terminal. */
void screen_repaint(struct full_screen *screen);

void screen_size(const struct full_screen *screen, size_t *columns_out, size_t *rows_out);
enum depth screen_depth(const struct full_screen *screen); /* that the terminal really has */

/* Show a grid, cut to the screen. The cursor stands at (row, col); SIZE_MAX hides it. */
void screen_show(struct full_screen *screen, const struct cell_grid *grid, size_t row, size_t col);

/* The next key, waiting at most `milliseconds`. */
int screen_key(struct full_screen *screen, int milliseconds);
bool screen_pending(const struct full_screen *screen); /* more has been typed or moved */
struct pointer screen_pointer(const struct full_screen *screen); /* of the last KEY_POINTER */

/* Append text so that ncurses, which takes the C library's widths, and the terminal place it alike: a cluster whose
 * widths differ becomes \u{…}. */
void screen_text(struct buf *out, struct str text);

/* Undo what screen_open did to the terminal, in a signal handler too (write and tcsetattr alone); nothing where no
 * screen is open. */
void screen_emergency_restore(void);

const char *screen_library(void); /* the version of ncurses */

#endif
