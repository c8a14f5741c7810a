/* quit: leave. */
#include "repl/result/result.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)call;
    (void)result;
    (void)err;
    session->quit = true;
    return true;
}

const struct command command_quit = {
    .name = "quit",
    .aliases = "exit|q",
    .group = "session",
    .keywords = "exit|bye|leave|stop|end|close|ctrl-d",
    .summary = "leave",
    .help = "Ctrl-D at the prompt does the same. Nothing is asked: what is to be kept is written with > before.",
    .examples = "quit",
    .unrecorded = true,
    .run = run,
};
