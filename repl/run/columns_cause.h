/* `columns cause`: what carries the columns at the ends of texts. */
#ifndef GAZE_REPL_RUN_COLUMNS_CAUSE_H
#define GAZE_REPL_RUN_COLUMNS_CAUSE_H

#include "core/measure/column.h"
#include "repl/result/result.h"

NODISCARD bool columns_cause(struct session *session, const struct call *call, const struct column_rule *rule,
                             struct result *result, struct err *err);

struct column_cause;
struct cause_row;
struct model;
const char *columns_cause_word(const struct cause_row *row); /* "carries" …; NULL: the model has no such rows */
/* The picture of it; nothing where no head has a column. */
NODISCARD bool columns_cause_draw(struct session *session, const struct call *call, const struct model *model, const struct column_cause *cause,
                                  struct result *result, struct err *err);

#endif
