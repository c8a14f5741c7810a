/* drop: let go of runs. */
#include "repl/result/result.h"

#include "repl/grammar/call.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    size_t n = call_count(call, ARG_RUN);
    for (size_t i = 0; i < n; i++) { /* nothing goes where one of them is wrong */
        const struct call_word *word = call_arg(call, ARG_RUN, i);
        if (!session_run(session, word->text, err))
            return call_blame(call, word, err);
    }
    size_t before = session->n_runs;
    for (size_t i = 0; i < n; i++) {
        struct err twice = {0}; /* @2 @2, or @ and the last by its number */
        struct kept_run *kept = session_run(session, call_arg(call, ARG_RUN, i)->text, &twice);
        if (kept)
            session_drop(session, kept);
    }
    size_t gone = before - session->n_runs;
    result_note(result, "dropped %zu run%s, %zu %s", gone, gone == 1 ? "" : "s", session->n_runs,
                session->n_runs == 1 ? "stays" : "stay");
    return true;
}

const struct command command_drop = {
    .name = "drop",
    .group = "runs",
    .keywords = "delete|remove a run|forget|clear",
    .summary = "let go of runs and free their memory",
    .help = "Numbers are never used again: @4 stays @4 when @3 is gone.",
    .examples = "drop @3\ndrop @1 @fox",
    .args = (const struct arg[]){{.name = "run", .kind = ARG_RUN, .repeated = true, .summary = "a run (@, @3, @NAME)"}, {0}},
    .run = run,
};
