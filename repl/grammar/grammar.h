/* From the text of a line to a call. */
#ifndef GAZE_REPL_GRAMMAR_GRAMMAR_H
#define GAZE_REPL_GRAMMAR_GRAMMAR_H

#include "repl/grammar/call.h"

/* Parse one line (no newline). Blank or comment: true with call->command NULL. `prefixes`: unique prefixes of verbs are
 * taken. Errors carry column and length, and did-you-mean. Free with call_free. */
NODISCARD bool call_parse(const char *line, bool prefixes, struct call *out, struct err *err);

/* Does a line that begins so begin with a selector (L5.H1, D1, H2, *) in place of a verb? Verbs are in small letters. */
bool looks_like_selector(const char *text);
/* The command that such a line is for. */
const struct command *selector_command(void);

/* The line with its verb in full, that of a selector alone added ("pl L2" → "plot L2"); a copy of the line where it does not parse. free() it. */
NODISCARD char *call_full_line(const char *line, bool prefixes, struct err *err);

#endif
