/* How a command is written, from its rows. */
#ifndef GAZE_REPL_USAGE_H
#define GAZE_REPL_USAGE_H

#include "repl/command.h"

/* Append "show [@RUN …] [SELECTOR] [OPTION=… …]". */
void command_usage(const struct command *command, struct buf *out);

#endif
