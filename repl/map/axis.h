/* The axes of a shown map: which tokens or words stand on it, in which order. */
#ifndef GAZE_REPL_MAP_AXIS_H
#define GAZE_REPL_MAP_AXIS_H

#include "repl/map/map_request.h"
#include "repl/run/token_choice.h"

/* Consecutive tokens shown as one row or column: one token, or the pieces of a word. */
struct piece {
    size_t first, n;
};
struct axis {
    struct piece *at;        /* [n] */
    size_t n;
    size_t *tokens;          /* [n] first token of each */
    struct str *labels;      /* [n] */
    unsigned char *left_out; /* [T] special tokens that special= leaves out */
};
enum side { SIDE_QUERIES, SIDE_KEYS };

/* The axis of one side of a map: what the request wants of these tokens, in the arena. Errors: a token that is not there, a
 * segment of a text that is no pair, nothing left to show, words of a text that has none. */
NODISCARD bool axis_make(const struct map_request *request, enum side side, struct spelled tokens, struct arena *arena,
                         struct axis *out, struct err *err);
/* Is it each of T tokens once, in order? */
bool axis_is_whole(const struct axis *axis, size_t T);

#endif
