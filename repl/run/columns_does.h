/* `columns does`: nop, constant or broadcast, with massive activations and outlier dimensions beside. */
#ifndef GAZE_REPL_RUN_COLUMNS_DOES_H
#define GAZE_REPL_RUN_COLUMNS_DOES_H

#include "core/measure/column.h"
#include "repl/result/result.h"

NODISCARD bool columns_does(struct session *session, const struct call *call, const struct column_rule *rule,
                            struct result *result, struct err *err);

#endif
