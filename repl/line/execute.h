/* A line run: parsed, its command run, its result or its error printed. */
#ifndef GAZE_REPL_LINE_EXECUTE_H
#define GAZE_REPL_LINE_EXECUTE_H

#include "repl/session/session.h"

/* Parse and run a line, print its result or its error; updates history and exit state. */
bool session_execute(struct session *session, const char *line);
/* The same inside another command (each, time): nothing is recorded, and the error is the caller's to report.
 * `number` 0, or what {n} stands for in the names of files that the line writes. */
NODISCARD bool session_execute_nested(struct session *session, const char *line, size_t number, struct err *err);
/* Print an error of that line on standard error: where (file:line, unless at the prompt), message, line, caret. */
void session_report(const struct session *session, const char *line, const struct err *err);

#endif
