/* The options of the program, a row each. See arguments.h. */
#include <string.h>

#include "core/base/number.h"
#include "repl/program/arguments.h"
#include "repl/program/manual.h"
#include "repl/program/supports.h"
#include "repl/writer/writer.h"
#include "viz/render/renderer.h"

static bool take_command(struct arguments *a, const char *value, struct err *err)
{
    return arguments_add_step(a, false, value, err);
}

static bool take_file(struct arguments *a, const char *value, struct err *err)
{
    return arguments_add_step(a, true, value, err);
}

static bool take_interactive(struct arguments *a, const char *value, struct err *err)
{
    (void)value;
    (void)err;
    return a->interactive = true;
}

static bool take_no_rc(struct arguments *a, const char *value, struct err *err)
{
    (void)value;
    (void)err;
    return a->no_rc = true;
}

static bool take_keep_going(struct arguments *a, const char *value, struct err *err)
{
    (void)value;
    (void)err;
    return a->keep_going = true;
}

static bool take_color(struct arguments *a, const char *value, struct err *err)
{
    static const char *const names[] = {[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0) {
            a->color = (enum color_mode)i;
            return true;
        }
    return err_set(err, ERR_ARG, "--color=%s: wants auto, always or never", value);
}

static bool take_format(struct arguments *a, const char *value, struct err *err)
{
    if (!writer_named(str_of(value)) && !renderer_find(str_of(value)))
        return err_set(err, ERR_ARG, "--format=%s is no format: table, json, csv, tsv …", value);
    a->format = value;
    return true;
}

static bool take_threads(struct arguments *a, const char *value, struct err *err)
{
    long n;
    if (!number_whole(str_of(value), &n) || n < 0 || n > 256)
        return err_set(err, ERR_ARG, "--threads=%s: wants a whole number from 0 to 256", value);
    a->threads = (size_t)n;
    return true;
}

static bool take_man(struct arguments *a, const char *value, struct err *err)
{
    (void)value;
    (void)err;
    a->print = manual_page;
    return true;
}

static bool take_completion(struct arguments *a, const char *value, struct err *err)
{
    if (strcmp(value, "bash") != 0 && strcmp(value, "zsh") != 0)
        return err_set(err, ERR_ARG, "--completion %s: there is one for bash and one for zsh", value);
    a->shell = value;
    a->print = strcmp(value, "bash") == 0 ? manual_bash : manual_zsh;
    return true;
}

static bool take_supports(struct arguments *a, const char *value, struct err *err)
{
    (void)value;
    (void)err;
    a->print = supports_print;
    return true;
}

static bool take_provenance(struct arguments *a, const char *value, struct err *err)
{
    (void)err;
    a->figure = value;
    return true;
}

static bool take_help(struct arguments *a, const char *value, struct err *err)
{
    (void)value;
    (void)err;
    a->print = manual_help;
    return true;
}

static bool take_version(struct arguments *a, const char *value, struct err *err)
{
    (void)value;
    (void)err;
    a->print = manual_version;
    return true;
}

const struct program_option program_options[] = {
    {'c', NULL, "COMMAND", NULL, "run a command; may be given again, in order with -f", take_command},
    {'f', NULL, "FILE", NULL, "run a script", take_file},
    {'i', NULL, NULL, NULL, "stay at the prompt afterwards", take_interactive},
    {'X', NULL, NULL, NULL, "read no gaze/rc at the start", take_no_rc},
    {0, "format", "FORMAT", "table|json|csv|tsv", "the default of every command's format=", take_format},
    {0, "color", "WHEN", "auto|always|never", "colours; above NO_COLOR, CLICOLOR_FORCE and CLICOLOR", take_color},
    {0, "keep-going", NULL, NULL, "go on after a command that fails; the exit status is still 1", take_keep_going},
    {0, "threads", "N", NULL, "threads to compute with (default: as many as there are)", take_threads},
    {0, "man", NULL, NULL, "print the man page", take_man},
    {0, "completion", "SHELL", "bash|zsh", "print the shell's completion file", take_completion},
    {0, "supports", NULL, NULL, "print what gaze reads, measures and writes, as Markdown tables", take_supports},
    {0, "provenance", "FILE", NULL, "print where a figure comes from: .png, .pdf, .svg, .tex, .html", take_provenance},
    {'h', "help", NULL, NULL, "print this and leave", take_help},
    {'V', "version", NULL, NULL, "print the versions of gaze and its libraries", take_version},
    {0, NULL, NULL, NULL, NULL, NULL},
};
