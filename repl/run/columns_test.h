/* `columns test`: what each column is bound to, over texts of one length and their variants. */
#ifndef GAZE_REPL_RUN_COLUMNS_TEST_H
#define GAZE_REPL_RUN_COLUMNS_TEST_H

#include "core/measure/column_test.h"
#include "repl/result/result.h"

struct texts_file;
struct watch;

/* What the call, the file of its texts and the rule ask of column_test; borrows all of them. */
struct column_test_options columns_test_options(const struct call *call, const struct texts_file *file,
                                                const struct column_rule *rule, const struct watch *watch);
NODISCARD bool columns_test(struct session *session, const struct call *call, const struct column_rule *rule,
                            struct result *result, struct err *err);

#endif
