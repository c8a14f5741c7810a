/* help: the commands by task, one command, or a topic. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "repl/grammar/call.h"
#include "repl/grammar/suggest.h"
#include "repl/grammar/usage.h"
#include "repl/grammar/value.h"
#include "repl/program/topics.h"
#include "repl/result/result.h"

enum { NAME_COLUMNS = 12, OPTION_COLUMNS = 26, WRAP_COLUMNS = 78 };

/* What help is written into; on a terminal with colours heads and names are bold. */
struct page {
    struct buf text;
    const char *bold, *plain; /* the escapes, or "" */
    size_t columns;           /* of a paragraph */
};

static void put_bold(struct page *page, const char *word)
{
    buf_printf(&page->text, "%s%s%s", page->bold, word, page->plain);
}

/* "  name        summary" */
static void put_row(struct page *page, const char *name, const char *summary)
{
    size_t n = strlen(name);
    buf_puts(&page->text, "  ");
    put_bold(page, name);
    buf_printf(&page->text, "%*s %s\n", (int)(n < NAME_COLUMNS ? NAME_COLUMNS - n : 0), "", summary);
}

static void put_group(struct page *page, const char *group)
{
    char head[32];
    snprintf(head, sizeof head, "%c%s", toupper((unsigned char)group[0]), group + 1);
    put_bold(page, head);
    buf_char(&page->text, '\n');
    for (size_t k = 0; commands[k]; k++)
        if (strcmp(commands[k]->group, group) == 0)
            put_row(page, commands[k]->name, commands[k]->summary);
}

static void put_list(struct page *page)
{
    for (size_t i = 0; commands[i]; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || strcmp(commands[k]->group, commands[i]->group) == 0;
        if (seen)
            continue;
        buf_puts(&page->text, i ? "\n" : "");
        put_group(page, commands[i]->group);
    }
    buf_char(&page->text, '\n');
    put_bold(page, "Topics");
    buf_char(&page->text, '\n');
    for (size_t i = 0; topics[i].name; i++)
        put_row(page, topics[i].name, topics[i].summary);
    buf_puts(&page->text, "\nhelp NAME explains one of them, with examples; apropos WORD searches.");
}

/* Paragraphs, broken into lines of at most so many columns (ASCII but for a few signs, so bytes serve). A line break in the
 * text is a blank unless an empty or an indented line follows. */
static void put_wrapped(struct buf *out, const char *text, size_t columns)
{
    size_t column = 0;
    for (const char *at = text; *at;) {
        bool after_empty = at > text && at[-1] == '\n';
        if (*at == '\n' && (after_empty || at[1] == '\n' || at[1] == ' ')) {
            buf_char(out, '\n');
            column = 0;
            at++;
            continue;
        }
        at += *at == '\n';
        size_t n = strcspn(at, " \n");
        if (column && column + 1 + n > columns) {
            buf_char(out, '\n');
            column = 0;
        } else if (column) {
            buf_char(out, ' ');
            column++;
        }
        buf_add(out, at, n);
        column += n;
        at += n + (at[n] == ' ');
    }
    buf_char(out, '\n');
}

static void put_examples(struct buf *out, const char *examples)
{
    for (const char *at = examples; at && *at;) {
        size_t n = strcspn(at, "\n");
        buf_printf(out, "  %.*s\n", (int)n, at);
        at += n + (at[n] == '\n');
    }
    buf_char(out, '\n');
}

static void put_option(struct page *page, const struct option *option)
{
    struct buf left = {0}, *out = &page->text;
    buf_printf(&left, "%s=%s", option->name, option_shape(option));
    size_t width = text_width(buf_view(&left));
    buf_puts(out, "  ");
    put_bold(page, option->name);
    buf_printf(out, "%s%s%*s", buf_cstr(&left) + strlen(option->name), width > OPTION_COLUMNS ? "\n" : "",
               width > OPTION_COLUMNS ? OPTION_COLUMNS + 3 : (int)(OPTION_COLUMNS + 1 - width), "");
    buf_puts(out, option->summary);
    if (option->lo < option->hi)
        buf_printf(out, option->kind == VALUE_INT ? " (%.0f to %.0f)" : " (%g to %g)", option->lo, option->hi);
    if (option->fallback && *option->fallback)
        buf_printf(out, " [%s]", option->fallback);
    buf_char(out, '\n');
    buf_free(&left);
}

static void put_head(struct page *page, const char *name, const char *summary)
{
    put_bold(page, name);
    buf_printf(&page->text, ": %s\n\n", summary);
}

static void put_command(struct page *page, const struct command *command)
{
    struct buf *out = &page->text;
    put_head(page, command->name, command->summary);
    put_examples(out, command->examples);
    command_usage(command, out);
    buf_puts(out, command->writes ? " [> FILE | | COMMAND]\n" : "\n");
    if (command->aliases)
        buf_printf(out, "also called %s\n", command->aliases);
    buf_char(out, '\n');
    if (command->help && *command->help) {
        put_wrapped(out, command->help, page->columns);
        buf_char(out, '\n');
    }
    size_t n = command_options(command);
    for (size_t i = 0; i < n; i++)
        put_option(page, command_option(command, i));
    out->n--; /* the writer ends the last line */
}

static const struct topic *topic_named(struct str name)
{
    for (size_t i = 0; topics[i].name; i++)
        if (str_is(name, topics[i].name))
            return &topics[i];
    return NULL;
}

static bool unknown(struct str name, struct err *err)
{
    struct suggestion near;
    suggest_begin(&near, name);
    for (size_t i = 0; commands[i]; i++)
        suggest_offer(&near, str_of(commands[i]->name));
    for (size_t i = 0; topics[i].name; i++)
        suggest_offer(&near, str_of(topics[i].name));
    err_set(err, ERR_NOT_FOUND, "neither a command nor a topic is called \"%.*s\"%s", STR_ARGS(name),
            near.best.n ? "" : "; help lists them, apropos WORD searches");
    return suggest_add(&near, "", "", err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)session;
    const struct call_word *name = call_arg(call, ARG_VERB, 0);
    const struct command *command = name ? command_named(name->text) : NULL;
    const struct topic *topic = name ? topic_named(name->text) : NULL;
    bool bold = result_wants_bold(result);
    size_t width = result_width(result);
    struct page page = {.bold = bold ? "\033[1m" : "", .plain = bold ? "\033[0m" : "",
                        .columns = width < WRAP_COLUMNS ? width : WRAP_COLUMNS};
    if (name && !command && !topic) {
        unknown(name->text, err);
        return call_blame(call, name, err);
    }
    if (command)
        put_command(&page, command);
    else if (!topic)
        put_list(&page);
    if (topic) {
        buf_puts(&page.text, command ? "\n\n" : "");
        put_head(&page, topic->name, topic->summary);
        buf_puts(&page.text, topic->text);
    }
    bool ok = buf_ok(&page.text, err) && result_prose(result, buf_view(&page.text), err);
    buf_free(&page.text);
    return ok;
}

const struct command command_help = {
    .name = "help",
    .aliases = "?",
    .group = "session",
    .keywords = "manual|usage|how to|documentation|commands",
    .summary = "list the commands by task, or explain one",
    .help = "help COMMAND begins with examples. Topics (selectors, parts …) tell what holds for every command.",
    .examples = "help\nhelp show\nhelp selectors",
    .args = (const struct arg[]){{.name = "name", .kind = ARG_VERB, .optional = true, .summary = "a command or a topic"}, {0}},
    .unrecorded = true,
    .run = run,
};
