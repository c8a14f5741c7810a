/* What a scan counted, in parts: the mean that all of them give, the tensors, the picture. For tally_sheet.c, which has the tables. */
#ifndef GAZE_REPL_RUN_TALLY_PARTS_H
#define GAZE_REPL_RUN_TALLY_PARTS_H

#include "core/measure/tally.h"
#include "repl/result/result.h"

/* A mean over n texts with its 95 % interval, Student's t; NaN where there are not enough. */
struct tally_mean {
    double value, low, high;
};
struct tally_mean tally_mean(struct exact sum, struct exact square, uint64_t n);

NODISCARD bool tally_give_tensors(const struct tally *tally, struct result *result, struct err *err);
/* n·c of each head's keys by index, a mean over texts, as a figure. */
NODISCARD bool tally_give_picture(const struct session *session, const struct call *call, const struct tally *tally,
                                  struct result *result, struct err *err);

#endif
