/* The caption of a figure for LaTeX. */
#ifndef GAZE_REPL_RESULT_CAPTION_H
#define GAZE_REPL_RESULT_CAPTION_H

#include "repl/session/session.h"
#include "viz/picture.h"

/* Append "\caption{Attention probability of head L2.H1 of roberta-base for ``The cat sat.'' …}" and a \label. */
void caption_make(struct kept_run *const *runs, size_t n_runs, const char *site, const struct picture *picture, struct buf *out);

#endif
