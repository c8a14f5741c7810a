/* Tokens that q= and k= mean, and what a person reads for a token. */
#ifndef GAZE_REPL_RUN_TOKEN_CHOICE_H
#define GAZE_REPL_RUN_TOKEN_CHOICE_H

#include "core/run.h"

/* Token numbers that an option (q=, k=) or text means in one text of a run: index, range, list, -1 from the end, or the
 * token's text (matched without Ġ, ##, ▁; all occurrences, cat#2 the second). On the heap. */
NODISCARD bool select_tokens(const struct run *run, size_t text, struct str what, size_t **out, size_t *n_out, struct err *err);

/* Append what a person reads for a token of a run: without Ġ, ##, ▁; "␣" where that leaves nothing. Not escaped. */
void token_label(const struct run *run, size_t text, size_t token, struct buf *out);

#endif
