/* What may stand at the end of a line: one engine for the prompt, the `complete` command, the shells' completion and tests. */
#ifndef GAZE_REPL_LINE_COMPLETE_H
#define GAZE_REPL_LINE_COMPLETE_H

#include "repl/line/candidates.h"

/* The candidates for the last word of the line (the cursor is at its end). Free with completions_free, after an error too. */
NODISCARD bool complete_line(const struct session *session, struct str line, struct completions *out, struct err *err);
void completions_free(struct completions *completions);
/* Is a word that ends so complete, or does it wait for more (part=, models/, L2.)? */
bool completion_is_whole(struct str item);

#endif
