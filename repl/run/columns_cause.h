/* `columns cause`: what carries the columns at the ends of texts. */
#ifndef GAZE_REPL_RUN_COLUMNS_CAUSE_H
#define GAZE_REPL_RUN_COLUMNS_CAUSE_H

#include "core/measure/column.h"
#include "repl/result/result.h"

NODISCARD bool columns_cause(struct session *session, const struct call *call, const struct column_rule *rule,
                             struct result *result, struct err *err);

#endif
