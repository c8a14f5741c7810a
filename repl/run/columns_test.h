/* `columns test`: what each column is bound to, over texts of one length and their variants. */
#ifndef GAZE_REPL_RUN_COLUMNS_TEST_H
#define GAZE_REPL_RUN_COLUMNS_TEST_H

#include "core/measure/column.h"
#include "repl/result/result.h"

NODISCARD bool columns_test(struct session *session, const struct call *call, const struct column_rule *rule,
                            struct result *result, struct err *err);

#endif
