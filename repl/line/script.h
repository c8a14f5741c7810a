/* Scripts: lines of a file, a pipe or standard input. */
#ifndef GAZE_REPL_LINE_SCRIPT_H
#define GAZE_REPL_LINE_SCRIPT_H

#include "repl/session/session.h"

/* Run every line of a script; stops at the first that fails unless session->keep_going. False: a line
 * failed or the file cannot be read. An err with ERR_NONE was reported already. */
NODISCARD bool session_script(struct session *session, const char *path, struct err *err);
NODISCARD bool session_script_fd(struct session *session, int fd, const char *name, struct err *err);

#endif
