/* The axes of a shown map: which tokens or words stand on it, in which order. Between shown_map.c and axis.c. */
#ifndef GAZE_REPL_MAP_AXIS_H
#define GAZE_REPL_MAP_AXIS_H

#include "repl/run/selector.h"

/* Consecutive tokens shown as one row or column: one token, or the pieces of a word. */
struct piece {
    size_t first, n;
};
struct axis {
    struct piece *at;     /* [n] */
    size_t n;
    size_t *tokens;       /* [n] first token of each */
    struct str *labels;   /* [n] */
};
struct axis_request {
    const struct call *call;
    const struct run *run;
    size_t text;
    bool words;
    const unsigned char *left_out; /* [T] tokens that are not shown */
    struct arena *arena;           /* owns the axis */
};
/* The axis that option `tokens` (q, k) and `segment` (from, to) ask for. Errors: a token that is not there, a segment
 * of a text that is no pair, nothing left to show, words of a run that has none. */
NODISCARD bool axis_make(const struct axis_request *request, const char *tokens, const char *segment, struct axis *out,
                         struct err *err);

#endif
