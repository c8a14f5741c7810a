/* --help, --version, --man and --completion, from the rows. See manual.h. */
#include "repl/program/manual.h"

#include <ctype.h>
#include <string.h>

#include "core/base/archive.h"
#include "core/base/deflate.h"
#include "core/base/json.h"
#include "core/base/regex.h"
#include "core/base/text.h"
#include "repl/fetch/http.h"
#include "repl/grammar/command.h"
#include "repl/grammar/usage.h"
#include "repl/grammar/value.h"
#include "repl/line/prompt.h"
#include "repl/program/topics.h"
#include "repl/terminal/screen.h"
#include "repl/version.h"
#include "viz/draw/canvas.h"

static const char synopsis[] = "gaze [OPTION …] [MODEL [TEXT …]]";
static const char about[] =
    "Load MODEL, run each TEXT as it stands, then run the -c and -f that follow, or prompt. Without a terminal commands are "
    "read from standard input. MODEL is a folder, a file in it, the name of a model in $GAZE_MODELS or of one that comes "
    "with gaze, or an id in the local Hugging Face cache; a TEXT - is standard input. A first word that is a file FILE.gaze is a script.";

/* "-c COMMAND", "--color=auto|always|never" */
static void put_option(const struct program_option *option, struct buf *out)
{
    const char *value = option->values ? option->values : option->value;
    if (option->letter)
        buf_printf(out, "-%c%s", option->letter, option->name ? ", " : "");
    if (option->name)
        buf_printf(out, "--%s", option->name);
    if (value)
        buf_printf(out, "%s%s", option->name ? "=" : " ", value);
}

void manual_help(const struct arguments *arguments, struct buf *out)
{
    (void)arguments;
    buf_printf(out,
               "usage: %s\n\n"
               "A terminal interpreter that shows the attention of transformer checkpoints.\n"
               "Loads MODEL, runs each TEXT as it stands (- reads standard input), then prompts,\n"
               "or runs -c and -f.\n\n",
               synopsis);
    for (const struct program_option *option = program_options; option->take; option++) {
        struct buf left = {0};
        put_option(option, &left);
        buf_printf(out, "  %-32s %s\n", buf_cstr(&left), option->summary);
        buf_free(&left);
    }
    buf_puts(out, "\nExamples:\n"
                  "  gaze roberta-tiny \"hey what's up\"\n"
                  "  gaze -c 'load roberta-tiny' -c 'run \"hey what'\\''s up\"' -c 'plot L2.H1 > map.png'\n"
                  "  gaze fig3.gaze\n\n"
                  "At the prompt, help lists the commands. gaze --man | man -l - shows the manual.\n");
}

/* ---- versions ---- */

static const struct {
    const char *name;
    const char *(*version)(void);
} libraries[] = {
    {"jansson", json_library}, {"utf8proc", text_library},     {"pcre2", regex_library},   {"zlib", deflate_library}, {"libcurl", http_library},
    {"libarchive", archive_library}, {"cairo", canvas_library}, {"pango", canvas_text_library}, {"readline", line_library}, {"ncurses", screen_library},
};

void manual_version(const struct arguments *arguments, struct buf *out)
{
    (void)arguments;
    buf_printf(out, "gaze %s\n", GAZE_VERSION);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        buf_printf(out, "%-10s %s\n", libraries[i].name, libraries[i].version());
    buf_puts(out, "License GPL-3.0-or-later. There is no warranty, to the extent permitted by law.\n");
}

/* ---- the man page ---- */

/* Text with what troff would take for its own escaped. `at_start`: it begins a line. */
void manual_troff(struct buf *out, const char *text)
{
    bool start = true;
    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            buf_puts(out, "\\&");
        start = *text == '\n';
        switch (*text) {
        case '\\': buf_puts(out, "\\e"); break;
        case '-': buf_puts(out, "\\-"); break;
        case '\'': buf_puts(out, "\\(aq"); break;
        case '^': buf_puts(out, "\\(ha"); break;
        case '~': buf_puts(out, "\\(ti"); break;
        default: buf_char(out, *text);
        }
    }
}

static void put_section(struct buf *out, const char *name)
{
    buf_puts(out, ".SH ");
    for (; *name; name++)
        buf_char(out, (char)toupper((unsigned char)*name));
    buf_char(out, '\n');
}

static void put_literal(struct buf *out, const char *text)
{
    buf_puts(out, ".PP\n.nf\n.RS 4\n");
    manual_troff(out, text);
    buf_puts(out, "\n.RE\n.fi\n");
}

static void put_entry(struct buf *out, const char *head, const char *text)
{
    buf_puts(out, ".TP\n.B ");
    manual_troff(out, head);
    buf_char(out, '\n');
    manual_troff(out, text);
    buf_char(out, '\n');
}

static void put_command(struct buf *out, const struct command *command)
{
    struct buf usage = {0};
    command_usage(command, &usage);
    buf_printf(&usage, "%s", command->writes ? " [> FILE | | COMMAND]" : "");
    buf_puts(out, ".SS \"");
    manual_troff(out, command->name);
    buf_puts(out, " \\(em ");
    manual_troff(out, command->summary);
    buf_puts(out, "\"\n.B ");
    manual_troff(out, buf_cstr(&usage));
    buf_puts(out, "\n.PP\n");
    manual_troff(out, command->help ? command->help : "");
    buf_char(out, '\n');
    buf_free(&usage);
    if (command->aliases) {
        buf_puts(out, ".PP\nAlso called ");
        manual_troff(out, command->aliases);
        buf_puts(out, ".\n");
    }
    for (size_t i = 0; command->options && command->options[i].name; i++) {
        const struct option *option = &command->options[i];
        struct buf head = {0}, text = {0};
        buf_printf(&head, "%s=%s", option->name, option_shape(option));
        buf_puts(&text, option->summary);
        if (option->fallback && *option->fallback)
            buf_printf(&text, " (default %s)", option->fallback);
        put_entry(out, buf_cstr(&head), buf_cstr(&text));
        buf_free(&head);
        buf_free(&text);
    }
    if (command->examples)
        put_literal(out, command->examples);
}

/* What is no row elsewhere: sections in the order of man-pages(7). */
static const struct {
    const char *section, *head, *text;
} rest[] = {
    {"exit status", "0", "all went well, or the reader of standard output has gone"},
    {NULL, "1", "a command failed, or does not exist"},
    {NULL, "2", "wrong arguments of the program itself"},
    {NULL, "130", "Ctrl-C ended a script"},
    {NULL, "143, 129", "SIGTERM, SIGHUP"},
    {"environment", "GAZE_MODELS", "folders of models, separated by colons"},
    {NULL, "GAZE_SIMD", "avx512, avx2 or plain: the best instructions that may be used (default: the best there are)"},
    {NULL, "HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME",
     "where the Hugging Face cache is: load reads it in place, pull writes it; older names of these variables are known too"},
    {NULL, "HF_ENDPOINT", "the hub that pull asks (default https://huggingface.co)"},
    {NULL, "HF_TOKEN, HF_TOKEN_PATH", "the token for it, or the file that holds it (default $HF_HOME/token)"},
    {NULL, "HF_HUB_OFFLINE", "1: pull asks nothing"},
    {NULL, "HF_HUB_DOWNLOAD_TIMEOUT", "seconds without a byte until pull tries again (default 10)"},
    {NULL, "NO_COLOR, CLICOLOR_FORCE, CLICOLOR, COLORTERM, TERM", "colours; the first that is set decides"},
    {NULL, "XDG_CONFIG_HOME, XDG_STATE_HOME", "where gaze/rc and gaze/history are"},
    {NULL, "SOURCE_DATE_EPOCH", "the date that figures carry"},
    {"files", "~/.config/gaze/rc", "commands that run at every start, unless -X is given"},
    {NULL, "~/.local/state/gaze/history", "the lines typed at the prompt, readable by their owner alone"},
};

void manual_page(const struct arguments *arguments, struct buf *out)
{
    (void)arguments;
    buf_printf(out,
               ".TH GAZE 1 \"\" \"gaze %s\" \"User Commands\"\n.SH NAME\ngaze \\- show the attention of transformer "
               "checkpoints in a terminal\n.SH SYNOPSIS\n.B ",
               GAZE_VERSION);
    manual_troff(out, synopsis);
    buf_puts(out, "\n.SH DESCRIPTION\n");
    manual_troff(out, about);
    buf_puts(out, "\n.SH OPTIONS\n");
    for (const struct program_option *option = program_options; option->take; option++) {
        struct buf head = {0};
        put_option(option, &head);
        put_entry(out, buf_cstr(&head), option->summary);
        buf_free(&head);
    }
    for (const struct topic *topic = topics; topic->name; topic++) {
        put_section(out, topic->name);
        manual_troff(out, topic->summary);
        buf_puts(out, ":\n");
        put_literal(out, topic->text);
    }
    put_section(out, "commands");
    for (size_t i = 0; commands[i]; i++)
        put_command(out, commands[i]);
    manual_supports(out);
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        if (rest[i].section)
            put_section(out, rest[i].section);
        put_entry(out, rest[i].head, rest[i].text);
    }
}

/* ---- completion files: they ask `complete`, as Tab does ---- */

static void put_option_words(struct buf *out)
{
    for (const struct program_option *option = program_options; option->take; option++) {
        if (option->letter)
            buf_printf(out, "-%c ", option->letter);
        if (option->name)
            buf_printf(out, "--%s%s ", option->name, option->value ? "=" : "");
    }
    out->n--;
}

void manual_bash(const struct arguments *arguments, struct buf *out)
{
    (void)arguments;
    buf_puts(out, "# bash completion for gaze, printed by gaze --completion bash\n"
                  "_gaze()\n{\n"
                  "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} IFS=$'\\n'\n"
                  "    [[ $cur == = ]] && cur=\n"
                  "    [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                  "    case $prev in\n"
                  "        -f) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
                  "        -c) COMPREPLY=($(\"${COMP_WORDS[0]}\" -X -c \"complete $cur\" 2>/dev/null)); return ;;\n");
    for (const struct program_option *option = program_options; option->take; option++)
        if (option->values) {
            buf_printf(out, "        --%s) COMPREPLY=($(IFS=' '; compgen -W '", option->name);
            for (const char *c = option->values; *c; c++)
                buf_char(out, *c == '|' ? ' ' : *c);
            buf_puts(out, "' -- \"$cur\")); return ;;\n");
        }
    buf_puts(out, "    esac\n    if [[ $cur == -* ]]; then\n        COMPREPLY=($(IFS=' '; compgen -W '");
    put_option_words(out);
    buf_puts(out, "' -- \"$cur\"))\n"
                  "        [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
                  "        return\n    fi\n"
                  "    COMPREPLY=($(\"${COMP_WORDS[0]}\" -X -c \"complete load $cur\" 2>/dev/null | grep -v '=$'))\n"
                  "    COMPREPLY+=($(compgen -f -X '!*.gaze' -- \"$cur\"))\n"
                  "    compopt -o filenames\n"
                  "}\ncomplete -F _gaze gaze\n");
}

void manual_zsh(const struct arguments *arguments, struct buf *out)
{
    (void)arguments;
    buf_puts(out, "#compdef gaze\n# zsh completion for gaze, printed by gaze --completion zsh\n"
                  "_gaze_ask() {\n"
                  "    local -a found\n"
                  "    found=(${(f)\"$(gaze -X -c \"complete $1$PREFIX\" 2>/dev/null | grep -v '=$')\"})\n"
                  "    compadd -S '' -a found\n"
                  "}\n"
                  "_gaze_model() { _gaze_ask 'load '; _files -g '*.gaze' }\n"
                  "_gaze_command() { _gaze_ask '' }\n"
                  "_arguments");
    for (const struct program_option *option = program_options; option->take; option++) {
        if (option->name)
            buf_printf(out, " \\\n    '--%s%s[%s]", option->name, option->value ? "=" : "", option->summary);
        else
            buf_printf(out, " \\\n    '*-%c%s[%s]", option->letter, option->value ? "+" : "", option->summary);
        if (option->values) {
            buf_printf(out, ":%s:(", option->value);
            for (const char *c = option->values; *c; c++)
                buf_char(out, *c == '|' ? ' ' : *c);
            buf_char(out, ')');
        } else if (option->value) {
            buf_printf(out, ":%s:%s", option->value,
                       option->letter == 'f'   ? "_files"
                       : option->letter == 'c' ? "_gaze_command"
                                               : "");
        }
        buf_char(out, '\'');
    }
    buf_puts(out, " \\\n    '1:model:_gaze_model' \\\n    '*:text:'\n");
}
