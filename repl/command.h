/* A command: one file in repl/command/ that ends in `const struct command command_NAME`, and one row in
 * repl/command/list.h. Its tables drive the grammar, help, completion, the man page and the README. */
#ifndef GAZE_REPL_COMMAND_H
#define GAZE_REPL_COMMAND_H

#include "core/run.h"
#include "repl/session.h"

struct call;
struct result;

/* What a value may be; decides how it is checked, completed and shown in help. */
enum value_kind {
    VALUE_WORD,     /* any word */
    VALUE_INT,      /* whole number, checked against lo..hi */
    VALUE_FLOAT,
    VALUE_ENUM,     /* one of `values`, `|`-separated */
    VALUE_FLAG,     /* on|off */
    VALUE_FILE,
    VALUE_TEXT,     /* a quoted string or a word */
    VALUE_TOKENS,   /* q=, k=: index, range, list or text */
    VALUE_TERMS,    /* a sum of term names, for softmax= and without= */
    VALUE_PART,     /* probs, scores or a sum of terms */
    VALUE_MEASURE,  /* a head measure */
    VALUE_PALETTE,
    VALUE_SCALE,    /* linear, sqrt, log:1e-4, symlog */
    VALUE_IDS,      /* 1,7,2 */
    VALUE_MODEL,    /* a loaded model */
    VALUE_FORMAT,   /* a writer or a renderer */
    VALUE_VECTORS   /* a format that word vectors are written in; of the list a writer */
};
struct option {
    const char *name;
    enum value_kind kind;
    const char *values;   /* VALUE_ENUM */
    const char *fallback; /* as text; NULL: absent */
    const char *summary;
    double lo, hi;        /* numbers: lo < hi bounds both ends */
};

/* Positional words, in order. */
enum arg_kind {
    ARG_TEXT,     /* "text" */
    ARG_RUN,      /* @, @3, @fox; anywhere before the selector */
    ARG_SELECTOR, /* L2.H1 */
    ARG_FILE,
    ARG_VECTORS,  /* a file of word vectors, or a loaded model */
    ARG_MODEL,    /* a loaded model */
    ARG_LOADABLE, /* a path, a shipped model, an id in the cache */
    ARG_WORD,
    ARG_ACTION,   /* what `vectors` does: load, from, save, list */
    ARG_TRAINER,  /* cbow, sg */
    ARG_COMMAND,  /* the rest is a command line of its own (each FILE : COMMAND, time COMMAND) */
    ARG_WORDS,    /* words of a vocabulary; one with blanks or = stands in quotes */
    ARG_VERB,     /* a command's name (help, apropos) */
    ARG_RAW       /* the rest as it stands, into call->rest: for sh, and for `complete` */
};
struct arg {
    const char *name;
    enum arg_kind kind;
    bool optional, repeated;
    const char *summary;
};

struct command {
    const char *name, *aliases;   /* aliases `|`-separated or NULL */
    const char *group;            /* the task it is listed under in help: "models", "runs", "maps", "measures", "session" */
    const char *summary;          /* one line */
    const char *help;             /* paragraphs */
    const char *examples;         /* one a line */
    const struct option *options; /* ended by name NULL; the common ones (format=) are added by the grammar */
    const struct arg *args;       /* ended by name NULL */
    bool writes;                  /* takes > FILE as a picture or tensor whose extension chooses the format */
    /* Does this call write > FILE or | COMMAND itself? NULL: none does. */
    bool (*own_output)(const struct call *call);
    bool unrecorded;              /* leaves no line in `history` (help, quit, history itself) */
    bool (*run)(struct session *session, const struct call *call, struct result *result, struct err *err);
};
extern const struct command *const commands[]; /* NULL-ended */
const struct command *command_named(struct str name); /* name or alias, exact */

/* A parsed command line. Accessors answer from the row's fallback where nothing was given. */
struct call_word {
    struct str text;    /* unescaped */
    size_t column, length; /* where it stands, 1-based, for the caret */
    bool quoted;
    const struct arg *arg; /* the row of command->args that it fills; NULL in an option's value */
};
struct call {
    const struct command *command;
    const char *line;           /* the whole line */
    struct call_word *words;    /* positionals, runs and selector included, in order */
    size_t n_words;
    struct call_word *values;   /* [command_options(command)], text.s NULL: not given */
    struct str output;          /* the name after >, n 0 where none */
    struct str pipe;            /* the shell command after |, n 0 where none */
    struct str rest;            /* ARG_COMMAND: the raw rest of the line */
    size_t rest_column;
    struct call_word output_word, pipe_word; /* places of > NAME and | COMMAND, for carets */
    size_t verb_column, verb_length;
    struct arena *arena;        /* owns every text of the call */
};

/* The options of a command: its own, then the common ones (format=). */
size_t command_options(const struct command *command);
const struct option *command_option(const struct command *command, size_t i);
/* What a value's kind looks like, for help and the man page: "N", "on|off", "FILE"; an enum's own values. */
const char *option_shape(const struct option *option);
/* Does that text fit the option? ERR_ARG says what was wanted. The kinds' rules stand in repl/value.c. */
NODISCARD bool option_check(const struct option *option, struct str text, struct err *err);

/* Positional i of that kind (0 the first), or NULL. */
const struct call_word *call_arg(const struct call *call, enum arg_kind kind, size_t i);
size_t call_count(const struct call *call, enum arg_kind kind);
bool call_given(const struct call *call, const char *option);
struct str call_str(const struct call *call, const char *option);   /* n 0, s NULL where neither given nor fallback */
bool call_flag(const struct call *call, const char *option);
/* as=NAME was taken and another name was given: say so. */
void call_note_name(const struct call *call, struct result *result, struct str name);
/* Numbers were checked by the grammar against lo and hi. */
long call_int(const struct call *call, const char *option);
double call_float(const struct call *call, const char *option);
/* Put the caret under this option's or word's place in err, and return false. */
bool call_blame(const struct call *call, const struct call_word *word, struct err *err);
bool call_blame_option(const struct call *call, const char *option, struct err *err);

/* Parse one line (no newline). Blank or comment: true with call->command NULL. `prefixes`: unique prefixes of verbs are
 * taken. Errors carry column and length, and did-you-mean. Free with call_free. */
NODISCARD bool call_parse(const char *line, bool prefixes, struct call *out, struct err *err);
void call_free(struct call *call);

/* Parse and run a line, print its result or its error; updates history and exit state. repl/execute.c. */
bool session_execute(struct session *session, const char *line);
/* The same inside another command (each, time): nothing is recorded, and the error is the caller's to report.
 * `number` 0, or what {n} stands for in the names of files that the line writes. */
NODISCARD bool session_execute_nested(struct session *session, const char *line, size_t number, struct err *err);
/* Print an error of that line on standard error: where (file:line, unless at the prompt), message, line, caret. */
void session_report(const struct session *session, const char *line, const struct err *err);
/* The line with its verb in full ("pl L2" → "plot L2"); a copy of the line where it does not parse. free() it. */
NODISCARD char *call_full_line(const char *line, bool prefixes, struct err *err);

/* Run every line of a script (repl/script.c); stops at the first that fails unless session->keep_going. False: a line
 * failed or the file cannot be read. An err with ERR_NONE was reported already. */
NODISCARD bool session_script(struct session *session, const char *path, struct err *err);
NODISCARD bool session_script_fd(struct session *session, int fd, const char *name, struct err *err);

/* A shell command (repl/process.c), with the signals of a fresh program. in_out NULL: it inherits standard input, else
 * *in_out is a pipe that it reads. process_wait closes nothing; a status that is not 0 is an error naming the command. */
NODISCARD bool process_start(struct str command, int *in_out, long *pid_out, struct err *err);
NODISCARD bool process_wait(long pid, struct str command, struct err *err);

#endif
