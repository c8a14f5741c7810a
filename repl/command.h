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
    VALUE_MODEL     /* a loaded model */
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
    ARG_MODEL,    /* a loaded model */
    ARG_LOADABLE, /* a path, a shipped model, an id in the cache */
    ARG_WORD,
    ARG_COMMAND,  /* the rest is a command line of its own (each FILE : COMMAND, time COMMAND) */
    ARG_WORDS     /* the rest raw, up to >, | or NAME= of an option */
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
    bool (*run)(struct session *session, const struct call *call, struct result *result, struct err *err);
};
extern const struct command *const commands[]; /* NULL-ended */
const struct command *command_named(struct str name); /* name or alias, exact */

/* A parsed command line. Accessors answer from the row's fallback where nothing was given. */
struct call_word {
    struct str text;    /* unescaped */
    size_t column, length; /* where it stands, 1-based, for the caret */
    bool quoted;
};
struct call {
    const struct command *command;
    const char *line;           /* the whole line */
    struct call_word *words;    /* positionals, runs and selector included, in order */
    size_t n_words;
    struct call_word *values;   /* [options of command + common], text.s NULL: not given */
    struct str output;          /* the name after >, n 0 where none */
    struct str pipe;            /* the shell command after |, n 0 where none */
    struct str rest;            /* ARG_COMMAND: the raw rest of the line */
    size_t rest_column;
};

/* Positional i of that kind (0 the first), or NULL. */
const struct call_word *call_arg(const struct call *call, enum arg_kind kind, size_t i);
size_t call_count(const struct call *call, enum arg_kind kind);
bool call_given(const struct call *call, const char *option);
struct str call_str(const struct call *call, const char *option);   /* n 0, s NULL where neither given nor fallback */
bool call_flag(const struct call *call, const char *option);
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

/* Parse and run a line, print its result or its error; updates history and exit state. */
bool session_execute(struct session *session, const char *line);

#endif
