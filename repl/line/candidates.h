/* Candidates by kind of argument and of value: the lower half of completion. */
#ifndef GAZE_REPL_LINE_CANDIDATES_H
#define GAZE_REPL_LINE_CANDIDATES_H

#include "repl/grammar/command.h"
#include "repl/session/session.h"

struct candidate {
    struct str text, meaning; /* meaning: one line, empty where the text says all */
};
/* Each item replaces the line from byte `start` to its end. Sorted, each once. */
struct completions {
    struct candidate *items;
    size_t n, capacity, start;
    struct arena *arena;
};
/* What is being completed: the word as typed, split into what stays (`head`) and what candidates are compared with. */
struct completion {
    const struct session *session;
    const struct command *command;
    struct completions *out;
    struct str head, typed; /* "part=c2c+" and "c2" */
    char quote;             /* the quote that the word began with, or 0 */
    bool failed;            /* out of memory */
};
/* Add head + text where text begins with what was typed. meaning: one line that stands beside it where candidates are listed,
 * or NULL. */
void completion_add(struct completion *completion, struct str text, const char *meaning);

void offer_arg(struct completion *completion, enum arg_kind kind);
void offer_value(struct completion *completion, const struct option *option);
/* Behind >: files, and the formats that a name with a point may end in. */
void offer_output(struct completion *completion);

#endif
