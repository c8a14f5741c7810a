/* What is said to a person on standard error, beside a result. */
#ifndef GAZE_REPL_TERMINAL_MESSAGE_H
#define GAZE_REPL_TERMINAL_MESSAGE_H

#include "core/base/mem.h"
#include "repl/session/session.h"

/* Columns that a message may take: the terminal's, 24 at least; 100 where standard error is none. */
size_t message_columns(const struct session *session);
/* Write lines, already fit to be printed; on a terminal those that are too wide are broken at blanks. */
void message_put(const struct session *session, struct str lines);

#endif
