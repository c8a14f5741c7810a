/* Commands of the shell: !cmd and | cmd. */
#ifndef GAZE_REPL_RESULT_PROCESS_H
#define GAZE_REPL_RESULT_PROCESS_H

#include "core/base/mem.h"

/* A shell command, with the signals of a fresh program. in_out NULL: it inherits standard input, else
 * *in_out is a pipe that it reads. process_wait closes nothing; a status that is not 0 is an error naming the command. */
NODISCARD bool process_start(struct str command, int *in_out, long *pid_out, struct err *err);
NODISCARD bool process_wait(long pid, struct str command, struct err *err);

#endif
