/* record: the session as the terminal shows it, written into a file that players of asciicast replay. */
#include "repl/result/result.h"
#include "repl/terminal/recording.h"

static bool begin(const struct call *call, const struct call_word *file, struct result *result, struct err *err)
{
    const struct recording_wish wish = {.path = file->text,
                                        .title = call_str(call, "title"),
                                        .idle = call_given(call, "idle") ? call_float(call, "idle") : 0,
                                        .input = call_flag(call, "input")};
    if (!recording_open(&wish, err))
        return call_blame(call, file, err);
    result_note(result, "recording to %s; record off ends it", recording_path());
    return recording_start(err);
}

static bool end(struct result *result, struct err *err)
{
    struct recording_length length;
    struct buf name = {0};
    buf_puts(&name, recording_path() ? recording_path() : "");
    bool ok = recording_end(&length, err) && buf_ok(&name, err);
    if (ok)
        result_note(result, "%s: %.1f s, %zu events", buf_cstr(&name), length.seconds, length.events);
    buf_free(&name);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *file = call_arg(call, ARG_FILE, 0);
    (void)session;
    if (file && !file->quoted && str_is(file->text, "off"))
        return end(result, err);
    if (file)
        return begin(call, file, result, err);
    if (recording_path())
        result_note(result, "recording to %s; record off ends it", recording_path());
    else
        result_note(result, "nothing is being recorded; record FILE.cast begins");
    return true;
}

const struct command command_record = {
    .name = "record",
    .group = "session",
    .keywords = "recording|cast|asciicast|asciinema|screencast|demo|video|replay|typescript|script|capture|movie",
    .summary = "record what the terminal shows, with its times",
    .help = "Writes asciicast v2, which asciinema and the players on web pages replay: all that the terminal gets from here on, the "
            "prompt, commands of the shell and the full screen too, and new sizes of the window. Keys are recorded only with "
            "input=on (those that a command of the shell reads itself are not). record off ends it, as leaving does, by Ctrl-D, "
            "Ctrl-C in a script or SIGTERM; until then an older file of that name stays as it was. Where the disk is full the "
            "session goes on, and the file ends with the last whole event.",
    .examples = "record walk.cast\n"
                "record walk.cast idle=2 title=\"A walk through the heads\"\n"
                "record off",
    .options =
        (const struct option[]){
            {.name = "idle", .kind = VALUE_FLOAT, .summary = "seconds that a player waits at most", .lo = 0.1, .hi = 3600},
            {.name = "title", .kind = VALUE_TEXT, .summary = "title in the file's header"},
            {.name = "input", .kind = VALUE_FLAG, .fallback = "off", .summary = "record the keys too"},
            {0}},
    .args = (const struct arg[]){{.name = "FILE", .kind = ARG_FILE, .optional = true, .summary = "where to; off ends the recording"}, {0}},
    .unrecorded = true,
    .run = run,
};
