/* Completion of a line: which word is being typed, and what may stand there. See complete.h.
 *
 * A line under the cursor is rarely a whole command, so it is read leniently: words by blanks and quotes, no checks. */
#include "repl/line/complete.h"

#include <stdlib.h>
#include <string.h>

#include "repl/grammar/grammar.h"
#include "repl/line/candidates.h"

static int by_text(const void *a, const void *b)
{
    return str_cmp(((const struct candidate *)a)->text, ((const struct candidate *)b)->text);
}

static void sort_unique(struct completions *out)
{
    size_t kept = 0;
    if (out->n)
        qsort(out->items, out->n, sizeof *out->items, by_text);
    for (size_t i = 0; i < out->n; i++)
        if (!kept || !str_eq(out->items[kept - 1].text, out->items[i].text))
            out->items[kept++] = out->items[i];
    out->n = kept;
}

void completions_free(struct completions *completions)
{
    free(completions->items);
    arena_free(completions->arena);
    *completions = (struct completions){0};
}

bool completion_is_whole(struct str item)
{
    return !item.n || !strchr("=/.+,:", item.s[item.n - 1]);
}

/* ---- where the cursor is ---- */

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The end of the word at `at`: behind its closing quote, or at a blank. *open: it ends with the line inside a quote. */
static size_t word_end(struct str line, size_t at, bool *open)
{
    size_t value = at;
    *open = false;
    while (value < line.n && !blank(line.s[value]) && line.s[value] != '=' && line.s[value] != '"' && line.s[value] != '\'')
        value++;
    if (value < line.n && line.s[value] == '=')
        value++;
    else
        value = at;
    if (value < line.n && (line.s[value] == '"' || line.s[value] == '\'')) {
        char quote = line.s[value];
        size_t i = value + 1;
        for (; i < line.n && line.s[i] != quote; i++)
            i += quote == '"' && line.s[i] == '\\' && i + 1 < line.n;
        *open = i >= line.n;
        return *open ? line.n : i + 1;
    }
    while (at < line.n && !blank(line.s[at]))
        at++;
    return at;
}

static const struct command *find_command(struct str verb)
{
    const struct command *found = command_named(verb);
    size_t n = found ? 1 : 0;
    for (size_t i = 0; n != 1 && commands[i]; i++)
        if (str_starts(str_of(commands[i]->name), verb)) {
            if (found)
                return NULL; /* more than one */
            found = commands[i];
        }
    return found;
}

static const struct option *option_of(const struct command *command, struct str word)
{
    size_t n = command_options(command);
    for (size_t i = 0; i < n; i++) {
        const struct option *option = command_option(command, i);
        size_t length = strlen(option->name);
        if (word.n > length && word.s[length] == '=' && memcmp(word.s, option->name, length) == 0)
            return option;
    }
    return NULL;
}

/* Words before the one that is typed. */
struct before {
    size_t next;    /* the row of args that comes next */
    bool given[64]; /* options */
    size_t options; /* how many options */
    bool file;      /* a > stands before the word */
};

static void count_word(const struct command *command, struct before *before, struct str word)
{
    size_t n = command_options(command);
    for (size_t i = 0; i < n && i < 64; i++)
        if (option_of(command, word) == command_option(command, i)) {
            before->given[i] = true;
            before->options++;
            return;
        }
    const struct arg *args = command->args;
    if (!args || word.s[0] == '@')
        return;
    while (args[before->next].name && args[before->next].kind == ARG_RUN)
        before->next++;
    if (args[before->next].name && !args[before->next].repeated)
        before->next++;
}

static void offer_positional(struct completion *c, const struct before *before)
{
    const struct arg *args = c->command->args;
    for (size_t i = 0; args && args[i].name; i++)
        if (args[i].kind == ARG_RUN)
            offer_arg(c, ARG_RUN);
    for (size_t i = before->next; args && args[i].name; i++) {
        if (args[i].kind != ARG_RUN)
            offer_arg(c, args[i].kind);
        bool selects = args[i].kind == ARG_ACTION && args[i + 1].name && args[i + 1].kind == ARG_SELECTOR;
        if (!args[i].optional || (args[i].kind == ARG_ACTION && !selects) || args[i].kind == ARG_TRAINER) /* what follows needs that word */
            break;
    }
    size_t n = c->quote ? 0 : command_options(c->command);
    for (size_t i = 0; i < n && i < 64; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s=", command_option(c->command, i)->name);
        if (!before->given[i])
            completion_add(c, buf_view(&name), command_option(c->command, i)->summary);
        buf_free(&name);
    }
}

/* The word [start, end of line). */
static void complete_word(struct completion *c, struct str line, size_t start, const struct before *before)
{
    c->out->start = start;
    c->typed = (struct str){line.s + start, line.n - start};
    const struct option *option = before->file ? NULL : option_of(c->command, c->typed);
    if (option) {
        size_t n = strlen(option->name) + 1;
        c->head = (struct str){c->typed.s, n};
        c->typed = (struct str){c->typed.s + n, c->typed.n - n};
    } else {
        c->head = (struct str){c->typed.s, 0};
    }
    if (c->typed.n && (c->typed.s[0] == '"' || c->typed.s[0] == '\'')) {
        c->quote = c->typed.s[0];
        c->typed = (struct str){c->typed.s + 1, c->typed.n - 1};
    }
    if (before->file)
        offer_output(c);
    else if (option)
        offer_value(c, option);
    else
        offer_positional(c, before);
}

static void complete_from(struct completion *c, struct str line, size_t at);

/* Does the rest of the line belong to a command of its own, from `at` on? */
static bool begins_nested(const struct command *command, struct str line, size_t at, size_t words)
{
    const struct arg *args = command->args;
    if (!args || !args[0].name)
        return false;
    return args[0].kind == ARG_COMMAND ? !words : words && at > 0 && line.s[at - 1] == ':' && args[1].kind == ARG_COMMAND;
}

/* Does a text without quotes begin at `at`, behind which nothing is completed? A word that is still typed may become an option. */
static bool raw_text_begins(const struct command *command, struct str line, size_t at, size_t words, const struct before *before)
{
    const char *after = memchr(line.s + at, ' ', line.n - at);
    bool quoted = line.s[at] == '"' || line.s[at] == '\'' || line.s[at] == '-';
    return command->raw_text && words == before->options && after && !quoted && !memchr(line.s + at, '=', (size_t)(after - line.s) - at);
}

/* The place of a > that ends the bare word [at, end), or end. */
static size_t arrow_in(struct str line, size_t at, size_t end)
{
    const char *found = memchr(line.s + at, '>', end - at);
    bool plain = found && !memchr(line.s + at, '<', end - at) && !memchr(line.s + at, '"', end - at) &&
                 !memchr(line.s + at, '\'', end - at) && !memchr(line.s + at, '=', end - at);
    return plain ? (size_t)(found - line.s) : end;
}

static void complete_arguments(struct completion *c, struct str line, size_t at)
{
    struct before before = {0};
    for (size_t words = 0;; words++) {
        while (at < line.n && blank(line.s[at]))
            at++;
        size_t behind = at;
        while (behind > 0 && blank(line.s[behind - 1]))
            behind--;
        if (begins_nested(c->command, line, behind, words)) {
            complete_from(c, line, at);
            return;
        }
        if (at < line.n && (line.s[at] == '|' || line.s[at] == '#'))
            return;
        if (at < line.n && raw_text_begins(c->command, line, at, words, &before))
            return;
        if (at < line.n && line.s[at] == '>') {
            before.file = true;
            at++;
            continue;
        }
        bool open;
        size_t end = word_end(line, at, &open), arrow = arrow_in(line, at, end);
        if (!before.file && arrow < end) { /* L0.H1>map.png */
            at = arrow;
            continue;
        }
        if (end == line.n) {
            complete_word(c, line, at, &before);
            return;
        }
        count_word(c->command, &before, (struct str){line.s + at, end - at});
        at = end;
    }
}

static void complete_from(struct completion *c, struct str line, size_t at)
{
    while (at < line.n && blank(line.s[at]))
        at++;
    size_t end = at;
    while (end < line.n && !blank(line.s[end]))
        end++;
    struct str verb = {line.s + at, end - at};
    if (end == line.n) {
        c->out->start = at;
        c->typed = verb;
        c->head = (struct str){line.s + at, 0};
        offer_arg(c, ARG_VERB);
        if (verb.n)
            offer_arg(c, ARG_SELECTOR);
        return;
    }
    bool selector = verb.n > 1 || (verb.n && verb.s[0] == '*') ? looks_like_selector(verb.s) : false;
    c->command = selector ? selector_command() : find_command(verb);
    if (c->command && verb.s[0] != '!')
        complete_arguments(c, line, end);
}

bool complete_line(const struct session *session, struct str line, struct completions *out, struct err *err)
{
    *out = (struct completions){.start = line.n};
    out->arena = arena_new(err);
    if (!out->arena)
        return false;
    struct completion c = {.session = session, .out = out};
    complete_from(&c, line, 0);
    sort_unique(out);
    return c.failed ? err_memory(err, 0, "completions") : true;
}
