/* A command: one file in repl/command/ that ends in `const struct command command_NAME`, and one row in
 * repl/command/list.h. Its tables drive the grammar, help, completion, the man page and the README. */
#ifndef GAZE_REPL_GRAMMAR_COMMAND_H
#define GAZE_REPL_GRAMMAR_COMMAND_H

#include "core/base/mem.h"

struct session;
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
    VALUE_MEASURES, /* some of them, with commas */
    VALUE_PALETTE,
    VALUE_SCALE,    /* linear, sqrt, log:1e-4, symlog */
    VALUE_IDS,      /* 1,7,2; or the word `values` */
    VALUE_MODEL,    /* a loaded model */
    VALUE_RUN,      /* @3, @fox */
    VALUE_FORMAT,   /* a writer or a renderer */
    VALUE_SIZE,     /* the width of a figure: acl1, 85mm */
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
    ARG_ACTION,   /* what the command does: one of its `actions`; beside selectors no other word */
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
    const char *keywords;         /* what else people call it, `|`-separated, for apropos and did-you-mean; or NULL */
    /* The text may be the rest of the line as it stands, where its first word is neither quoted, nor `-`, nor an option:
     * unless one of these options, `|`-separated, was given before, which stand for a text. NULL: a text stands in quotes. */
    const char *raw_text;
    const char *actions;          /* of ARG_ACTION, `|`-separated: "load|from|save|list"; or NULL */
    bool bare_selector;           /* a line that begins with a selector is this command's (one command alone) */
    bool writes;                  /* takes > FILE as a picture or tensor whose extension chooses the format */
    const char *output;           /* extensions of > FILE, `|`-separated, where they are not those of all its kind; or NULL */
    bool pixels;                  /* on a terminal that shows pixels its picture is a figure there */
    /* Does this call write > FILE or | COMMAND itself? NULL: none does. */
    bool (*own_output)(const struct call *call);
    bool unrecorded;              /* leaves no line in `history` (help, quit, history itself) */
    bool (*run)(struct session *session, const struct call *call, struct result *result, struct err *err);
};
extern const struct command *const commands[]; /* NULL-ended */
const struct command *command_named(struct str name); /* name or alias, exact */

/* The options of a command: its own, then the common ones (format=). */
size_t command_options(const struct command *command);
const struct option *command_option(const struct command *command, size_t i);

#endif
