/* `routes texts=FILE`: routing over every line of a file, with intervals. */
#ifndef GAZE_REPL_RUN_ROUTES_TEXTS_H
#define GAZE_REPL_RUN_ROUTES_TEXTS_H

#include "repl/result/result.h"

NODISCARD bool routes_texts(struct session *session, const struct call *call, struct result *result, struct err *err);

#endif
