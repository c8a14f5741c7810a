/* The run that a question is about: one that is kept, or a text given with the question, run for it alone. */
#ifndef GAZE_REPL_RUN_ASKED_RUN_H
#define GAZE_REPL_RUN_ASKED_RUN_H

#include "repl/run/given_text.h"

struct asked_run {
    const struct run *run;
    struct run *own;       /* NULL where it is the session's */
    struct kept_run *kept; /* as the session keeps it, NULL where it is its own */
};
/* @RUN of the call, else its text, else the last run. A run and a text together are an error. */
NODISCARD bool asked_run_open(struct session *session, const struct call *call, struct result *result, struct asked_run *out,
                              struct err *err);
void asked_run_close(struct asked_run *asked);
/* Open it, hand it to `give`, close it: the whole of a command that asks one thing of a run. */
NODISCARD bool asked_run_answer(struct session *session, const struct call *call, struct result *result,
                                bool (*give)(struct result *result, const struct call *call, const struct run *run,
                                             struct err *err),
                                struct err *err);

#define ARGS_ASKED {"@RUN", ARG_RUN, true, false, "a run; the last where neither run nor text is named"}, ARGS_TEXT

#endif
