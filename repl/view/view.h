/* The panes of the full screen: one file a view, one row in list.h. The screen (repl/screen.c) owns ncurses. */
#ifndef GAZE_REPL_VIEW_VIEW_H
#define GAZE_REPL_VIEW_VIEW_H

#include "repl/command.h"
#include "repl/selector.h"

/* Run the full screen on these sites until q; leaves the terminal as it was. False with an error where there is no
 * terminal. */
NODISCARD bool screen_view(struct session *session, struct kept_run *run, struct site site, struct part part,
                           struct err *err);

#endif
