/* A parsed command line: what a command is run with, and the accessors that commands read it by. */
#ifndef GAZE_REPL_GRAMMAR_CALL_H
#define GAZE_REPL_GRAMMAR_CALL_H

#include "repl/grammar/command.h"

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

/* Positional i of that kind (0 the first), or NULL. */
const struct call_word *call_arg(const struct call *call, enum arg_kind kind, size_t i);
size_t call_count(const struct call *call, enum arg_kind kind);
bool call_given(const struct call *call, const char *option);
struct str call_str(const struct call *call, const char *option);   /* n 0, s NULL where neither given nor fallback */
/* Does this command's row have the option? And its text, empty where the row has none: for code that serves many rows. */
bool call_has(const struct call *call, const char *option);
struct str call_option(const struct call *call, const char *option);
bool call_flag(const struct call *call, const char *option);
/* Numbers were checked by the grammar against lo and hi. */
long call_int(const struct call *call, const char *option);
/* The numbers of an option of kind VALUE_IDS, and how many there are. Errors, at the option: one that fits no id. */
size_t call_ids_count(const struct call *call, const char *option);
NODISCARD bool call_ids(const struct call *call, const char *option, int32_t *out, struct err *err);
double call_float(const struct call *call, const char *option);
/* Put the caret under this option's or word's place in err, and return false. */
bool call_blame(const struct call *call, const struct call_word *word, struct err *err);
bool call_blame_option(const struct call *call, const char *option, struct err *err);

void call_free(struct call *call);

#endif
