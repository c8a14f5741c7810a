/* complete: the candidates for the last word of a line, for the shells' completion and for tests. */
#include "repl/line/complete.h"
#include "repl/result/result.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct completions found;
    bool ok = complete_line(session, call->rest, &found, err);
    struct buf lines = {0};
    for (size_t i = 0; ok && i < found.n; i++) {
        buf_puts(&lines, i ? "\n" : "");
        buf_str(&lines, found.items[i].text);
    }
    ok = ok && buf_ok(&lines, err) && (!lines.n || result_text(result, buf_view(&lines), err));
    buf_free(&lines);
    completions_free(&found);
    return ok;
}

const struct command command_complete = {
    .name = "complete",
    .group = "session",
    .keywords = "tab|completion|autocomplete",
    .summary = "what may stand at the end of a line",
    .help = "One candidate a line, each for the last word. It is what Tab asks at the prompt and what the shells' completion "
            "calls (gaze --completion bash).",
    .examples = "complete show L0.\ncomplete plot L0.H1 palette=",
    .args = (const struct arg[]){{.name = "line", .kind = ARG_RAW, .optional = true, .summary = "a command, half typed"}, {0}},
    .unrecorded = true,
    .run = run,
};
