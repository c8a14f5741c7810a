/* What a scan counted, as tables, tensors and a picture. */
#ifndef GAZE_REPL_RUN_TALLY_SHEET_H
#define GAZE_REPL_RUN_TALLY_SHEET_H

#include "core/measure/tally.h"
#include "repl/result/result.h"

/* By show= of the call (heads, index, tokens, sinks), eps= and top=. */
NODISCARD bool tally_give(const struct session *session, const struct call *call, const struct tally *tally, struct result *result,
                          struct err *err);

#endif
