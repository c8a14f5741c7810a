/* gaze in a pseudo-terminal, for the tests of this folder: where the program is, what it is started with, and what is
 * true of a screen whatever the program says. */
#ifndef GAZE_TESTS_SCREEN_GAZE_H
#define GAZE_TESTS_SCREEN_GAZE_H

#include "tests/screen/terminal.h"
#include "viz/palette/palette.h"

#define SENTENCE "The cat sat on the mat because it was tired."
#define PROMPT "gaze> "
enum { DEBERTA_TOKENS = 13, ROBERTA_TOKENS = 13 };

/* $GAZE, else $GAZE_BUILD/gaze, else build/gaze. */
const char *gaze_path(void);

/* A kind of terminal that the screens are tested on. */
struct terminal_kind {
    const char *name, *term, *colorterm; /* colorterm NULL: not set */
    enum depth depth;                    /* what it shows */
};
extern const struct terminal_kind terminal_kinds[]; /* ended by name NULL */

/* Start gaze with these arguments (NULL-ended, without the program's name) on a terminal of that kind (NULL: 256
 * colours). `env`: further "NAME=value", NULL-ended, or NULL. */
struct terminal *gaze_start(const char *const *arguments, const struct terminal_kind *kind, int rows, int cols,
                            const char *const *env);
/* "ASAN_OPTIONS=…" for programs that a fault is sent to: ASan would take it itself, and report it. */
const char *without_asan_handler(void);
/* Report the mouse at a cell, from 0: a button pressed and let go, the mouse moved with a button down or none, or the wheel. */
enum { MOUSE_LEFT = 0, MOUSE_SHIFT = 4, MOUSE_CTRL = 16, MOUSE_DRAG = 32, MOUSE_PULL = 34, MOUSE_MOVE = 35, MOUSE_WHEEL_UP = 64,
       MOUSE_WHEEL_DOWN = 65 };
void mouse(struct terminal *t, int button, int row, int col);
void mouse_press(struct terminal *t, int button, int row, int col); /* and held */
void mouse_release(struct terminal *t, int button, int row, int col);
/* Wait until all keys sent so far have had their effect on the full screen and the frame is whole: a display saved after
 * them is reported in the last row, which is drawn last. Leaves that message there. */
bool sync_frame(struct terminal *t);
/* gaze MODEL SENTENCE -c COMMAND, waiting until the full screen shows `text`. */
struct terminal *view_start(const char *model, const char *command, const struct terminal_kind *kind, int rows, int cols,
                            const char *text);
/* Wait for the end, expect that exit status and a terminal as it was before; frees t. */
void leave(struct terminal *t, int status);
bool wait_prompt(struct terminal *t); /* an empty one, with the cursor behind it */
/* Type a line and wait until the prompt is back; what was written since stands in the log from the returned place. */
size_t gaze_line(struct terminal *t, const char *line);

/* Both are of one size, and show the same in their first rows, cell for cell: characters, widths, colours, attributes. */
bool screens_same(const struct emulator *a, const struct emulator *b, int rows);
/* Save the display through `:save-display` and compare it with tests/screen/expected/NAME.txt. Whole numbers must be
 * equal, numbers with a point within 0.011 (processors round differently). GAZE_UPDATE_SCREENS=1 writes the file instead.
 * False with both on standard error where they differ. */
bool display_is(struct terminal *t, const char *name);

/* ---- attention computed here, from queries and keys that gaze exports: softmax(q·k / √D) ---- */
struct own_map {
    size_t T, D;
    float *q, *k;    /* [T,D] */
    double *probs;   /* [T,T] */
    double largest;
};
/* Export a head of roberta-tiny's run and compute its map; false where that fails. */
bool own_map_make(struct own_map *map, const char *head);
void own_map_free(struct own_map *map);

/* The colour of a palette's table at a position, linear between entries. */
struct rgb table_colour(const struct palette *palette, double position);

/* The cell of the map at (row, column) of values is found by the labels: the row that shows "NUMBER TOKEN" in the gutter
 * and the columns after it. */
bool find_query_row(const struct terminal *t, size_t number, const char *token, int *row_out, int *after_out);

#endif
