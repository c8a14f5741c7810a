/* The prompt: the only door to readline. History, Ctrl-C, Ctrl-D, completion. */
#ifndef GAZE_REPL_LINE_PROMPT_H
#define GAZE_REPL_LINE_PROMPT_H

#include "repl/session/session.h"

/* Begin: reads $XDG_STATE_HOME/gaze/history. The session is asked for completions until line_close. */
void line_open(struct session *session);
void line_close(void);
/* Read a line, without its end; free() it. NULL: Ctrl-D, or a signal asks to leave. Ctrl-C clears the line. A line may
 * hold newlines where several were pasted. */
char *line_read(const char *prompt);
/* Add a line to the history and to its file (mode 0600). */
void line_remember(const char *line);
/* Readline's version. */
const char *line_library(void);

#endif
