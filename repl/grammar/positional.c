/* Words of a line that are no options: each is given to the row of the command's args that it belongs to. */
#include <stdlib.h>
#include <string.h>

#include "core/architecture.h"
#include "repl/grammar/parse.h"
#include "repl/grammar/usage.h"

const struct arg *parse_arg(const struct parse *p, size_t i)
{
    const struct arg *args = p->call->command->args;
    if (!args)
        return NULL;
    for (size_t k = 0; args[k].name; k++)
        if (k == i)
            return &args[k];
    return NULL;
}

const struct arg *parse_arg_of_kind(const struct parse *p, enum arg_kind kind)
{
    for (size_t i = 0; parse_arg(p, i); i++)
        if (parse_arg(p, i)->kind == kind)
            return parse_arg(p, i);
    return NULL;
}

bool parse_blame(struct parse *p, const struct call_word *word)
{
    return reader_blame(&p->reader, word->column - 1, word->length);
}

struct err *parse_err(struct parse *p)
{
    return p->reader.err;
}

/* ~/ in front of a bare file name. */
bool parse_expand_home(struct parse *p, struct call_word *word)
{
    const char *home = getenv("HOME");
    if (word->quoted || !home || !word->text.n || word->text.s[0] != '~' || (word->text.n > 1 && word->text.s[1] != '/'))
        return true;
    struct buf path = {0};
    buf_puts(&path, home);
    buf_add(&path, word->text.s + 1, word->text.n - 1);
    bool ok = buf_ok(&path, parse_err(p)) && arena_str(p->call->arena, buf_view(&path), &word->text, parse_err(p));
    buf_free(&path);
    return ok;
}

/* Does this row take the word? A row that does not is passed over where it is optional. */
static bool accepts(const struct parse *p, const struct arg *arg, const struct call_word *word)
{
    if (arg->kind == ARG_RUN)
        return !word->quoted && word->text.n && word->text.s[0] == '@';
    if (arg->kind == ARG_SELECTOR)
        return !word->quoted;
    if (arg->kind == ARG_ACTION)
        return !parse_arg_of_kind(p, ARG_SELECTOR) || (!word->quoted && names_include(p->call->command->actions, word->text));
    if (arg->kind == ARG_TEXT)
        return word->quoted || !parse_arg_of_kind(p, ARG_SELECTOR);
    return arg->kind != ARG_COMMAND; /* it follows a colon, not a word */
}

/* --part, as other programs have it; a text or a raw word may look so. */
static bool has_dashes(const struct parse *p, const struct call_word *word)
{
    return !word->quoted && word->text.n > 2 && memcmp(word->text.s, "--", 2) == 0 && !parse_arg_of_kind(p, ARG_TEXT) &&
           !parse_arg_of_kind(p, ARG_WORDS);
}

static bool too_many(struct parse *p, const struct call_word *word)
{
    const struct command *command = p->call->command;
    struct buf usage = {0};
    command_usage(command, &usage);
    size_t behind = word->column - 1 + word->length;
    while (is_blank(p->reader.line[behind]))
        behind++;
    bool dashes = has_dashes(p, word);
    bool equals = !word->quoted && p->reader.line[behind] == '=';
    if (dashes || equals)
        err_set(parse_err(p), ERR_ARG, "options are written NAME=VALUE, without %s: %s", dashes ? "dashes" : "blanks",
                buf_cstr(&usage));
    else if (parse_arg_of_kind(p, ARG_COMMAND))
        err_set(parse_err(p), ERR_ARG, "a colon is missing before the command: %s", buf_cstr(&usage));
    else if (!parse_arg(p, 0))
        err_set(parse_err(p), ERR_ARG, "%s takes no words: %s", command->name, buf_cstr(&usage));
    else
        err_set(parse_err(p), ERR_ARG, "\"%.*s\" is one word too many%s: %s", STR_ARGS(word->text),
                parse_arg_of_kind(p, ARG_TEXT) && !word->quoted ? " (a text of several words stands in quotes)" : "", buf_cstr(&usage));
    buf_free(&usage);
    return parse_blame(p, word);
}

/* Give the word to the row it belongs to. */
static bool assign(struct parse *p, struct call_word *word)
{
    if (has_dashes(p, word))
        return too_many(p, word);
    const struct arg *runs = parse_arg_of_kind(p, ARG_RUN);
    if (runs && accepts(p, runs, word)) {
        if (!runs->repeated && call_arg(p->call, ARG_RUN, 0))
            return too_many(p, word);
        word->arg = runs;
        return true;
    }
    for (const struct arg *arg; (arg = parse_arg(p, p->next)); p->next++, p->filled = 0) {
        if (arg->kind == ARG_RUN || (p->filled && !arg->repeated) || !accepts(p, arg, word))
            continue; /* a required row that gets nothing is missed at the end of the line */
        word->arg = arg;
        p->filled++;
        if (arg->kind == ARG_TEXT && !word->quoted && call_count(p->call, ARG_TEXT))
            return too_many(p, word);
        return true;
    }
    return too_many(p, word);
}

bool parse_add_word(struct parse *p, struct call_word *word)
{
    if (!assign(p, word))
        return false;
    enum arg_kind kind = word->arg->kind;
    if ((kind == ARG_FILE || kind == ARG_VECTORS || kind == ARG_LOADABLE) && !parse_expand_home(p, word))
        return false;
    struct call *call = p->call;
    if (!mem_grow((void **)&call->words, &p->capacity, call->n_words + 1, sizeof *call->words, "the words of a command",
                  parse_err(p)))
        return false;
    call->words[call->n_words++] = *word;
    return true;
}

bool parse_complete(struct parse *p)
{
    const struct arg *args = p->call->command->args;
    for (size_t i = 0; args && args[i].name; i++) {
        bool given = args[i].kind == ARG_COMMAND || args[i].kind == ARG_RAW ? p->call->rest.n > 0 : false;
        for (size_t w = 0; w < p->call->n_words; w++)
            given = given || p->call->words[w].arg == &args[i];
        if (args[i].optional || given)
            continue;
        struct buf usage = {0};
        command_usage(p->call->command, &usage);
        err_set(parse_err(p), ERR_ARG, "%s wants %s: %s", p->call->command->name, args[i].summary ? args[i].summary : args[i].name,
                buf_cstr(&usage));
        buf_free(&usage);
        return reader_blame(&p->reader, strlen(p->reader.line), 1);
    }
    return true;
}
