/* How a command is written, from its rows. */
#ifndef GAZE_REPL_GRAMMAR_USAGE_H
#define GAZE_REPL_GRAMMAR_USAGE_H

#include "repl/grammar/command.h"

/* Append "show [@RUN …] [SELECTOR] [OPTION=… …]". */
void command_usage(const struct command *command, struct buf *out);

#endif
