/* shell, !cmd: a command of the system's shell. */
#include "repl/result/result.h"

#include "repl/result/process.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)session;
    (void)result;
    long pid;
    return process_start(call->rest, NULL, &pid, err) && process_wait(pid, call->rest, err);
}

const struct command command_shell = {
    .name = "shell",
    .aliases = "!",
    .group = "session",
    .keywords = "system|bash|sh|external|ls|unix",
    .summary = "run a command of the system's shell; !COMMAND is short for it",
    .help = "The rest of the line goes to sh as it stands. A status that is not 0 is a failure, as for any command.",
    .examples = "!ls\nshell wc -l corpus.txt",
    .args = (const struct arg[]){{.name = "command", .kind = ARG_RAW, .summary = "a command of the shell"}, {0}},
    .run = run,
};
