/* A line that is being read: what the parts of the grammar share. */
#ifndef GAZE_REPL_GRAMMAR_PARSE_H
#define GAZE_REPL_GRAMMAR_PARSE_H

#include "repl/grammar/call.h"
#include "repl/grammar/reader.h"

struct parse {
    struct reader reader;
    struct call *call;
    size_t capacity;
    size_t next;   /* the row of args that waits for a word */
    size_t filled; /* words that row has taken */
};

/* The row of that number, or of that kind, among the command's args; NULL. */
const struct arg *parse_arg(const struct parse *parse, size_t i);
const struct arg *parse_arg_of_kind(const struct parse *parse, enum arg_kind kind);
/* An error is about this word; false. */
bool parse_blame(struct parse *parse, const struct call_word *word);
struct err *parse_err(struct parse *parse);

/* The command that a word names; `prefixes`: a unique prefix is enough. NULL and an error that says what may have been meant. */
const struct command *parse_verb(struct str verb, bool prefixes, struct err *err);

/* Give a word to the row that it belongs to (positional.c). ERR_ARG: one too many. */
NODISCARD bool parse_add_word(struct parse *parse, struct call_word *word);
/* ~/ in front of a bare file name. */
NODISCARD bool parse_expand_home(struct parse *parse, struct call_word *word);
/* Are all rows that must be given there? */
NODISCARD bool parse_complete(struct parse *parse);

/* The length of NAME in NAME=… at s, or 0 (option.c). */
size_t option_name_length(const char *s);
/* The number of the command's option of that name, SIZE_MAX for none. */
size_t option_find(const struct command *command, struct str name);
/* NAME=VALUE, checked by its kind. */
NODISCARD bool parse_option(struct parse *parse, size_t name_length);

/* Does a text without quotes begin here, which takes the rest of the line? (raw.c) */
bool parse_raw_is_due(const struct parse *parse);
NODISCARD bool parse_raw_text(struct parse *parse);

/* The rest of the line, > FILE, | COMMAND (tail.c). */
NODISCARD bool parse_rest(struct parse *parse);
NODISCARD bool parse_output(struct parse *parse);
NODISCARD bool parse_pipe(struct parse *parse);

#endif
