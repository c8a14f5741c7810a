/* `columns cause freq=FILE`: outlier dimensions and mass beside the frequency of tokens. */
#ifndef GAZE_REPL_RUN_COLUMNS_FREQUENCY_H
#define GAZE_REPL_RUN_COLUMNS_FREQUENCY_H

#include "core/measure/dims.h"
#include "repl/result/result.h"
#include "repl/run/texts_file.h"

/* dims: those of the cross. */
NODISCARD bool columns_frequency(struct session *session, const struct call *call, const struct texts_file *file, const struct dims *dims,
                                 struct result *result, struct err *err);

#endif
