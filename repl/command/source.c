/* source: run the commands of a file. */
#include "repl/result/result.h"

#include "repl/grammar/call.h"
#include "repl/line/script.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)result;
    const struct call_word *file = call_arg(call, ARG_FILE, 0);
    session->nested++; /* history keeps this line, not the file's */
    bool failed_before = session->commands_failed;
    bool ok = session_script(session, file->text.s, err);
    session->nested--;
    if (!ok && err->code != ERR_NONE)
        return call_blame(call, file, err);
    if (ok)
        session->commands_failed = failed_before;
    return ok;
}

const struct command command_source = {
    .name = "source",
    .aliases = ".",
    .group = "session",
    .keywords = "script|read commands|include|execute|batch|file of commands",
    .summary = "run the commands of a file",
    .help = "One command a line, # begins a comment. It stops at the first command that fails and names file and line.",
    .examples = "source fig3.gaze",
    .args = (const struct arg[]){{.name = "file", .kind = ARG_FILE, .summary = "a script"}, {0}},
    .run = run,
};
