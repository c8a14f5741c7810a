/* The session: what is loaded, which runs are kept, what the settings are. Plain state, no globals. */
#ifndef GAZE_REPL_SESSION_SESSION_H
#define GAZE_REPL_SESSION_SESSION_H

#include "core/base/file.h"
#include "core/embed/vectors.h"
#include "core/model.h"
#include "core/run.h"
#include "viz/palette/palette.h"

/* One kept run: `@` the last, `@3` by number, `@fox` by name. */
struct kept_run {
    size_t number;        /* 1, 2, … never used again in this session */
    char *name;           /* of as=, or NULL */
    char *text, *pair;    /* what was run, for titles and provenance; NULL where ids were given */
    char *line;           /* the `run …` that made it, or NULL: another command, or one inside another */
    struct run *run;
    size_t generated;     /* its first token (the decoder's, where there is one) that generate came to; 0: all were given */
    bool noted;           /* the note beside maps of its layers was told (maps_note) */
};

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct session {
    struct model **models;      /* in the order of loading */
    size_t n_models, models_capacity;
    struct model *model;        /* the one in use, or NULL */
    struct vectors **sets;      /* word vectors, in the order of loading; names are shared with models */
    size_t n_sets, sets_capacity;
    struct vectors *vectors;    /* the set in use, or NULL */
    struct kept_run *runs;      /* oldest first */
    size_t n_runs, runs_capacity, next_number, keep; /* keep: unnamed runs kept, set keep=N */
    struct { size_t run; struct site site; bool known; } last; /* the last site shown: number of the run, site */

    bool interactive;           /* standard input is a terminal and no script is being read */
    bool stdout_is_terminal, stderr_is_terminal;
    enum color_mode color_mode;
    enum depth depth;           /* of standard output, as flags, environment and terminal say; DEPTH_MONO: no escapes */
    bool stderr_color;          /* messages may be coloured */
    const char *format;         /* default of format=: "table", or --format */
    char *palette;              /* set palette=, or NULL */
    size_t digits;
    bool keep_going, quit;
    bool commands_failed;       /* any: exit status 1 */
    bool interrupted;           /* Ctrl-C ended a script: exit status 130 */
    bool stdout_closed;         /* its reader has gone: leave quietly with 0 */
    struct buf history;         /* lines that succeeded, verbs in full, for `history` */
    const char *program;        /* path of the executable */
    const char *source_file;    /* of the script being read ("fig3.gaze", "stdin", "command"), or NULL at the prompt */
    size_t source_line;
    size_t source_depth;        /* nested `source`, bounded */
    size_t nested;              /* inside each, time, source: nothing is recorded in history */
    struct gather *gather;      /* where tables of nested commands become one (result/gather.h), or NULL */
    const char *line;           /* the command line that runs now (for provenance and carets) */
};

NODISCARD bool session_init(struct session *session, const char *program, struct err *err);
void session_free(struct session *session);

/* Models: find by name (ERR_NOT_FOUND with did-you-mean), add (takes), free with all its runs. */
struct model *session_model(const struct session *session, struct str name, struct err *err);
NODISCARD bool session_add_model(struct session *session, struct model *model, struct err *err);
void session_unload(struct session *session, struct model *model);
/* Word vectors: by name (NULL where there is none), add under a name that is free (takes, also on failure), free. */
struct vectors *session_set(const struct session *session, struct str name);
NODISCARD bool session_add_set(struct session *session, struct vectors *vectors, struct err *err);
void session_unload_set(struct session *session, struct vectors *vectors);
/* The set in use, or an error that says how to load one. */
struct vectors *session_vectors(const struct session *session, struct err *err);
/* A name that no model and no set has: NAME, NAME-2, … on the heap. */
NODISCARD char *session_free_name(const struct session *session, struct str wanted, struct err *err);

/* Runs. session_add_run takes the run (also on failure), drops the oldest unnamed beyond `keep`. */
NODISCARD struct kept_run *session_add_run(struct session *session, struct run *run, struct str name, const struct str *text,
                                           const struct str *pair, struct err *err);
/* The same of a changed run of a kept one's text: `text (what)` is its text. *base_io follows the kept one where the list moves. */
NODISCARD struct kept_run *session_add_changed(struct session *session, const struct kept_run *base, struct run *run, struct str name,
                                               struct str what, struct kept_run **base_io, struct err *err);
struct kept_run *session_run(const struct session *session, struct str reference /* "@", "@3", "@fox" */, struct err *err);
/* Append how pictures call it: "@fox", "@3" where it has no name. */
void kept_run_tag(const struct kept_run *run, struct buf *out);
void session_drop(struct session *session, struct kept_run *run);
/* Let go of the oldest unnamed runs beyond `keep`. */
void session_trim_runs(struct session *session);
/* The loaded model that made a run, or NULL: it was opened from a file of tensors. */
struct model *session_model_of(const struct session *session, const struct run *run);
/* The model in use, or an error that says how to load one. */
struct model *session_current(const struct session *session, bool needs_weights, struct err *err);

#endif
