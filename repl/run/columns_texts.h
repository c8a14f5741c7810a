/* `columns texts=FILE`: hypotheses about where columns stand, held against every line of a file. */
#ifndef GAZE_REPL_RUN_COLUMNS_TEXTS_H
#define GAZE_REPL_RUN_COLUMNS_TEXTS_H

#include "repl/grammar/call.h"

NODISCARD bool columns_texts(struct session *session, const struct call *call, struct result *result, struct err *err);

#endif
