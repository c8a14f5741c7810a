/* The program's own arguments: gaze [OPTION …] [MODEL [TEXT …]]. One table serves parsing, --help, the man page and the
 * shells' completion. */
#ifndef GAZE_REPL_PROGRAM_ARGUMENTS_H
#define GAZE_REPL_PROGRAM_ARGUMENTS_H

#include "repl/session/session.h"

struct step {
    bool is_file; /* -f FILE, else -c COMMAND */
    const char *text;
};
struct arguments {
    const char *model;      /* MODEL, or NULL */
    const char **texts;     /* [n_texts] TEXT …, NULL for -: standard input; free() */
    size_t n_texts;
    struct step *steps;     /* -c and -f, in order; free() */
    size_t n_steps, steps_capacity;
    bool reads_input;       /* a TEXT is - */
    bool interactive, no_rc, keep_going;
    enum color_mode color;
    const char *format;     /* NULL: table */
    size_t threads;         /* 0: as many as there are */
    void (*print)(const struct arguments *arguments, struct buf *out); /* --help and the like: what to print instead */
    const char *shell;      /* --completion SHELL */
    const char *figure;     /* --provenance FILE: print what it holds instead */
};
struct program_option {
    char letter;            /* 0: none */
    const char *name;       /* long name, or NULL */
    const char *value;      /* what follows it, or NULL */
    const char *values;     /* the values there are, `|`-separated, or NULL */
    const char *summary;
    bool (*take)(struct arguments *arguments, const char *value, struct err *err);
};
extern const struct program_option program_options[]; /* ended by take NULL */

/* Options and words in any order; -- ends the options. ERR_ARG for what is wrong: exit status 2. arguments_free after
 * either end. */
NODISCARD bool arguments_parse(int argc, char **argv, struct arguments *out, struct err *err);
/* One more -c COMMAND or -f FILE. */
NODISCARD bool arguments_add_step(struct arguments *arguments, bool is_file, const char *text, struct err *err);
void arguments_free(struct arguments *arguments);

#endif
