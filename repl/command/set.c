/* set: the session's settings. */
#include <stdlib.h>
#include <string.h>

#include "core/base/pool.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/terminal/color.h"
#include "repl/writer/writer.h"
#include "viz/render/renderer.h"

/* The option's text stays in the session: one of the lists' own constants is kept, not the line's. */
static const char *format_name(struct str name)
{
    const struct writer *writer = writer_named(name);
    return writer ? writer->name : renderer_find(name)->name;
}

static bool set_palette(struct session *session, struct str name, struct err *err)
{
    char *copy = mem_copy_str(name, err);
    if (!copy)
        return false;
    free(session->palette);
    session->palette = copy;
    return true;
}

static const char *const color_names[] = {[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

static void set_color(struct session *session, struct str name)
{
    for (size_t i = 0; i < sizeof color_names / sizeof *color_names; i++)
        if (str_is(name, color_names[i]))
            session->color_mode = (enum color_mode)i;
    color_apply(session);
}

static void tell(const struct session *session, struct result *result)
{
    result_note(result, "keep=%zu format=%s palette=%s digits=%zu color=%s threads=%zu", session->keep, session->format,
                session->palette ? session->palette : "(the picture's own)", session->digits, color_names[session->color_mode],
                pool_threads());
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    if (call_given(call, "palette") && !set_palette(session, call_str(call, "palette"), err))
        return false;
    if (call_given(call, "keep"))
        session->keep = (size_t)call_int(call, "keep");
    if (call_given(call, "format"))
        session->format = format_name(call_str(call, "format"));
    if (call_given(call, "digits"))
        session->digits = (size_t)call_int(call, "digits");
    if (call_given(call, "color"))
        set_color(session, call_str(call, "color"));
    if (call_given(call, "threads"))
        pool_set_threads((size_t)call_int(call, "threads"));
    session_trim_runs(session);
    size_t n = command_options(call->command);
    for (size_t i = 0; i < n; i++)
        if (call->values[i].text.s)
            return true;
    tell(session, result);
    return true;
}

const struct command command_set = {
    .name = "set",
    .group = "session",
    .keywords = "settings|options|preferences|configure|theme|colour|color|palette|default|dark",
    .summary = "change a setting, or list them all",
    .help = "Without a word it lists the settings, on standard error. The file gaze/rc in $XDG_CONFIG_HOME (~/.config) holds "
            "commands that run at every start: set belongs there.",
    .examples = "set\nset keep=20\nset palette=magma digits=2",
    .options =
        (const struct option[]){
            {.name = "keep", .kind = VALUE_INT, .summary = "unnamed runs that are kept", .lo = 1, .hi = 10000},
            {.name = "format", .kind = VALUE_FORMAT, .summary = "the default of every command's format="},
            {.name = "palette", .kind = VALUE_PALETTE, .summary = "the default palette of pictures"},
            {.name = "digits", .kind = VALUE_INT, .summary = "decimals in tables for a person", .lo = 1, .hi = 9},
            {.name = "color", .kind = VALUE_ENUM, .values = "auto|always|never", .summary = "colours on the terminal"},
            {.name = "threads",
             .kind = VALUE_INT,
             .summary = "threads to compute with; 0: as many as there are",
             .lo = 0,
             .hi = 256},
            {0}},
    .run = run,
};
