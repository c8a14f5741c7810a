/* time: how long a command takes. */
#include <time.h>

#include "repl/line/execute.h"
#include "repl/result/result.h"

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    double begin = seconds();
    bool ok = session_execute_nested(session, call->rest.s, 0, err);
    double taken = seconds() - begin;
    if (ok)
        result_note(result, "%.3f s", taken);
    else if (err->column)
        err->column += (long)call->rest_column - 1;
    return ok;
}

const struct command command_time = {
    .name = "time",
    .group = "session",
    .keywords = "duration|benchmark|speed|how long|profile|stopwatch|seconds",
    .summary = "run a command and say how long it took",
    .help = "Wall-clock time, printed on standard error after the command's own output.",
    .examples = "time run \"The cat sat on the mat.\"",
    .args = (const struct arg[]){{.name = "command", .kind = ARG_COMMAND, .summary = "a command"}, {0}},
    .run = run,
};
