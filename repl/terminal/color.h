/* How many colours the terminal shows, from flags, environment and the terminal's name. */
#ifndef GAZE_REPL_TERMINAL_COLOR_H
#define GAZE_REPL_TERMINAL_COLOR_H

#include "repl/session/session.h"

/* The depth for a stream: mode above all, then NO_COLOR (not empty) > CLICOLOR_FORCE (not 0) > CLICOLOR=0 > is it a
 * terminal; TERM=dumb is off. no-color.org and bixense.com/clicolors. */
enum depth color_depth(enum color_mode mode, bool is_terminal);
/* The colours of a terminal by COLORTERM and TERM, without terminfo. */
enum depth color_of_terminal(const char *term, const char *colorterm);
/* Set session->depth and stderr_color from session->color_mode. */
void color_apply(struct session *session);

#endif
