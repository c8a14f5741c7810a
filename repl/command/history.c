/* history: the commands of this session, as a script. */
#include "repl/result/result.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)call;
    struct str lines = buf_view(&session->history);
    if (lines.n && lines.s[lines.n - 1] == '\n')
        lines.n--;
    if (!lines.n) {
        result_note(result, "no command has succeeded yet");
        return true;
    }
    return result_text(result, lines, err);
}

const struct command command_history = {
    .name = "history",
    .group = "session",
    .keywords = "script|record|reproduce|log|save the session|previous commands|undo",
    .summary = "the session's commands as a script that repeats it",
    .help = "The commands that succeeded, one a line, verbs in full. Written to a file it is a script: gaze fig3.gaze makes "
            "the same figures again.",
    .examples = "history\nhistory > fig3.gaze",
    .unrecorded = true,
    .run = run,
};
