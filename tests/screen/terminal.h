/* A program in a real pseudo-terminal, driven by keys and read through the emulator.
 *
 * Between the test and the program stands a warden, as a shell would: it leads the terminal's session, runs the
 * program in the foreground and looks at the terminal's modes before and after. Nothing here sleeps and hopes: every
 * wait ends when its condition holds, or fails after `patience` seconds ($GAZE_TEST_PATIENCE, default 30). */
#ifndef GAZE_TESTS_SCREEN_TERMINAL_H
#define GAZE_TESTS_SCREEN_TERMINAL_H

#include <sys/types.h>
#include <termios.h>
#include "tests/screen/emulator.h"

struct terminal_setup {
    const char *const *argv;  /* NULL-ended; argv[0] is the program's path */
    const char *const *env;   /* "NAME=value" sets, "NAME" unsets; NULL-ended or NULL */
    int rows, cols;           /* 0: 24 × 80 */
    const char *term;         /* NULL: xterm-256color */
};

struct terminal {
    struct emulator *screen;
    int master, report;
    pid_t warden, child;
    bool started, stopped, ended;
    int status;               /* of waitpid, once ended */
    struct termios before, after;
    char *log;                /* every byte the program wrote, NUL-terminated */
    size_t n_log, log_capacity;
    char home[64];            /* a folder of its own: HOME and the XDG folders under it; removed by terminal_free */
    double patience;          /* seconds */
};

/* Start the program; aborts the test process where the system gives no pseudo-terminal. */
struct terminal *terminal_start(const struct terminal_setup *setup);
void terminal_free(struct terminal *t); /* ends the program where it still runs */

void terminal_send(struct terminal *t, const char *bytes);
/* Keys by name, blank-separated: Up Down Left Right Home End PgUp PgDn Enter Tab Escape Backspace Delete Space C-a … C-z;
 * any other word is typed as it is. */
void terminal_keys(struct terminal *t, const char *keys);
void terminal_resize(struct terminal *t, int rows, int cols);
void terminal_signal(struct terminal *t, int signal); /* to the program alone */

/* Read what is there, waiting at most `seconds` for something to come. False at the end of all output. */
bool terminal_pump(struct terminal *t, double seconds);

/* Wait until a condition holds. False, with the screen on standard error, where it does not within the patience. */
bool terminal_wait_for(struct terminal *t, bool (*holds)(struct terminal *t, const void *context), const void *context,
                       const char *what);
bool terminal_wait_text(struct terminal *t, const char *text);  /* somewhere on the screen, within a row */
bool terminal_wait_gone(struct terminal *t, const char *text);
bool terminal_wait_row(struct terminal *t, int row, const char *text); /* in that row; from the end where negative */
bool terminal_wait_log(struct terminal *t, size_t from, const char *bytes); /* among the bytes written since `from` */
bool terminal_wait_file(struct terminal *t, const char *path);  /* there and not empty */
bool terminal_wait_stop(struct terminal *t); /* until Ctrl-Z has stopped it; terminal_signal(t, SIGCONT) goes on */
/* Wait for the program's end: its exit status, 128 + the signal that killed it, or -1 (it still runs). */
int terminal_wait_exit(struct terminal *t);

bool terminal_shows(const struct terminal *t, const char *text);
/* The row and column (cells, from 0) where the text first stands; false where it does not. */
bool terminal_find(const struct terminal *t, const char *text, int *row_out, int *col_out);
/* The modes after the program (or where it was stopped) are those before it: flags, control characters, speed. */
bool terminal_modes_restored(const struct terminal *t);
char *terminal_text(const struct terminal *t); /* free() it */
void terminal_dump(const struct terminal *t, const char *why); /* to standard error */

/* A file's bytes, NUL-terminated; NULL where it cannot be read; free() it. */
char *file_text(const char *path);

#endif
