/* NAME=VALUE. */
#include <string.h>

#include "repl/grammar/parse.h"
#include "repl/grammar/suggest.h"
#include "repl/grammar/value.h"

/* The length of NAME in NAME=… at s, or 0. */
size_t option_name_length(const char *s)
{
    size_t n = 0;
    while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') || s[n] == '_' || s[n] == '-' ||
           (n && s[n] >= '0' && s[n] <= '9'))
        n++;
    return s[0] != '-' && s[n] == '=' ? n : 0;
}

size_t option_find(const struct command *command, struct str name)
{
    size_t n = command_options(command);
    for (size_t i = 0; i < n; i++)
        if (str_is(name, command_option(command, i)->name))
            return i;
    return SIZE_MAX;
}

static bool unknown_option(struct parse *p, struct str name)
{
    const struct command *command = p->call->command;
    struct suggestion near;
    suggest_begin(&near, name);
    size_t n = command_options(command);
    struct buf names = {0};
    for (size_t i = 0; i < n; i++) {
        suggest_offer(&near, str_of(command_option(command, i)->name));
        buf_printf(&names, "%s%s=", i ? " " : "", command_option(command, i)->name);
    }
    err_set(parse_err(p), ERR_ARG, "%s has no option %.*s=", command->name, STR_ARGS(name));
    if (near.best.n)
        suggest_add(&near, "", "=", parse_err(p));
    else
        err_set(parse_err(p), ERR_ARG, "%s has no option %.*s= (it has %s)%s", command->name, STR_ARGS(name), buf_cstr(&names),
                command->raw_text ? "; a text that begins so stands in quotes" : "");
    buf_free(&names);
    return reader_blame(&p->reader, (size_t)(name.s - p->reader.line), name.n);
}

bool parse_option(struct parse *p, size_t name_length)
{
    struct reader *r = &p->reader;
    struct str name = {r->line + r->at, name_length};
    const struct command *command = p->call->command;
    size_t i = option_find(command, name);
    if (i == SIZE_MAX)
        return unknown_option(p, name);
    const struct option *option = command_option(command, i);
    struct call_word *value = &p->call->values[i];
    size_t begin = r->at;
    if (value->text.s) {
        err_set(parse_err(p), ERR_ARG, "%s= is given twice", option->name);
        return reader_blame(r, begin, name_length);
    }
    r->at += name_length + 1;
    bool tokens = option->kind == VALUE_TOKENS;
    if (!reader_word(r, tokens ? WORD_TOKENS : WORD_PLAIN, "", value))
        return false;
    if (option->kind == VALUE_FILE && !parse_expand_home(p, value))
        return false;
    struct err why = {0};
    if (!option_check(option, value->text, &why)) {
        if (parse_err(p))
            *parse_err(p) = why;
        return value->length ? parse_blame(p, value) : reader_blame(r, begin, name_length + 1);
    }
    return true;
}
