/* `columns texts=FILE`: hypotheses about where columns stand, held against every line of a file. */
#ifndef GAZE_REPL_RUN_COLUMNS_TEXTS_H
#define GAZE_REPL_RUN_COLUMNS_TEXTS_H

#include "core/measure/column.h"
#include "repl/result/result.h"

NODISCARD bool columns_texts(struct session *session, const struct call *call, const struct column_rule *rule,
                             struct result *result, struct err *err);

#endif
