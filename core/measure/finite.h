/* Where the numbers of a pass stop being finite. */
#ifndef GAZE_CORE_MEASURE_FINITE_H
#define GAZE_CORE_MEASURE_FINITE_H

#include "core/run.h"

/* The first kept hidden state with a number that is not finite. */
struct not_finite {
    bool any;
    enum stack_kind stack;
    size_t index; /* 0: the embedding output; l+1: what layer l gave */
    bool infinite; /* it holds no NaN, only infinities */
};
struct not_finite run_not_finite(const struct run *run);
/* "the numbers are not finite (NaN) from layer L1 on" */
void not_finite_say(const struct run *run, struct not_finite where, struct buf *out);

#endif
