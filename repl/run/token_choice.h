/* Tokens that q= and k= mean, and what a person reads for a token. */
#ifndef GAZE_REPL_RUN_TOKEN_CHOICE_H
#define GAZE_REPL_RUN_TOKEN_CHOICE_H

#include "core/run.h"

/* One text of a token axis, with the tokenizer that its tokens are read by. */
struct spelled {
    const struct tokenizer *tokenizer; /* NULL: the vocabulary's strings as they are */
    const struct encoding *text;
};
struct spelled spelled_of(const struct run *run, const struct tokens *axis, size_t text);

/* Token numbers that an option (q=, k=) means in a text: index, range, list, -1 from the end, or the token's text (matched
 * without Ġ, ##, ▁; all occurrences, cat#2 the second). On the heap. */
NODISCARD bool select_tokens(struct spelled spelled, struct str what, size_t **out, size_t *n_out, struct err *err);

/* Append what a person reads for a token: without Ġ, ##, ▁; "␣" where that leaves nothing. Not escaped. */
void token_label(struct spelled spelled, size_t token, struct buf *out);

#endif
