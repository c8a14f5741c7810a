/* The tensors of a model's weights as rows: where each lies, what it holds, whether it is used. */
#ifndef GAZE_REPL_RUN_WEIGHTS_TABLE_H
#define GAZE_REPL_RUN_WEIGHTS_TABLE_H

#include "repl/result/result.h"

/* Those whose names match the pattern: `*` any bytes, `?` one character, over the whole name; without either, a piece of it.
 * ERR_NOT_FOUND where none does. Numbers are read, which takes as long as the file is large; shows progress. */
NODISCARD bool weights_table_give(const struct session *session, const struct model *model, struct str pattern,
                                  struct result *result, struct err *err);

#endif
