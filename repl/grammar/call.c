/* Reading a parsed command line: positionals by kind, options with their fallbacks, places for the caret. */
#include "repl/grammar/call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"

/* The option of every command. */
static const struct option format_option = {
    .name = "format", .kind = VALUE_FORMAT, .summary = "how the result is written, whatever the extension after > says"};

static size_t own_options(const struct command *command)
{
    size_t n = 0;
    while (command->options && command->options[n].name)
        n++;
    return n;
}

/* A command that has a format of its own (set) gets no second one. */
static bool has_format(const struct command *command)
{
    for (size_t i = 0; command->options && command->options[i].name; i++)
        if (strcmp(command->options[i].name, "format") == 0)
            return true;
    return false;
}

size_t command_options(const struct command *command)
{
    return own_options(command) + !has_format(command);
}

const struct option *command_option(const struct command *command, size_t i)
{
    size_t n = own_options(command);
    return i < n ? &command->options[i] : &format_option;
}

const struct call_word *call_arg(const struct call *call, enum arg_kind kind, size_t i)
{
    for (size_t w = 0; w < call->n_words; w++)
        if (call->words[w].arg && call->words[w].arg->kind == kind && i-- == 0)
            return &call->words[w];
    return NULL;
}

size_t call_count(const struct call *call, enum arg_kind kind)
{
    size_t n = 0;
    for (size_t w = 0; w < call->n_words; w++)
        n += call->words[w].arg && call->words[w].arg->kind == kind;
    return n;
}

static size_t option_index(const struct call *call, const char *name)
{
    size_t n = command_options(call->command);
    for (size_t i = 0; i < n; i++)
        if (strcmp(command_option(call->command, i)->name, name) == 0)
            return i;
    assert(!"an option that the command's row does not have");
    return 0;
}

bool call_given(const struct call *call, const char *option)
{
    return call->values[option_index(call, option)].text.s != NULL;
}

struct str call_str(const struct call *call, const char *option)
{
    size_t i = option_index(call, option);
    if (call->values[i].text.s)
        return call->values[i].text;
    const char *fallback = command_option(call->command, i)->fallback;
    return fallback ? str_of(fallback) : (struct str){0};
}

bool call_has(const struct call *call, const char *option)
{
    for (const struct option *o = call->command->options; o && o->name; o++)
        if (strcmp(o->name, option) == 0)
            return true;
    return false;
}

struct str call_option(const struct call *call, const char *option)
{
    return call_has(call, option) ? call_str(call, option) : (struct str){0};
}

bool call_flag(const struct call *call, const char *option)
{
    return str_is(call_str(call, option), "on");
}

/* The grammar has checked given values. */
long call_int(const struct call *call, const char *option)
{
    long value = 0;
    return number_whole(call_str(call, option), &value) ? value : 0;
}

double call_float(const struct call *call, const char *option)
{
    double value = 0;
    return number_real(call_str(call, option), &value) ? value : 0;
}

size_t call_ids_count(const struct call *call, const char *option)
{
    struct str list = call_str(call, option);
    size_t n = 1;
    for (size_t i = 0; i < list.n; i++)
        n += list.s[i] == ',';
    return n;
}

/* The grammar has seen to digits and commas. */
bool call_ids(const struct call *call, const char *option, int32_t *out, struct err *err)
{
    struct str list = call_str(call, option);
    for (size_t at = 0, i = 0; at < list.n; at++, i++) {
        long n = 0;
        size_t begin = at;
        if (!number_take(list, &at, &n) || n > INT32_MAX) {
            err_set(err, ERR_ARG, "%s=: %.*s is no id: too large", option, (int)(at - begin), list.s + begin);
            return call_blame_option(call, option, err);
        }
        out[i] = (int32_t)n;
    }
    return true;
}

bool call_blame(const struct call *call, const struct call_word *word, struct err *err)
{
    if (err) {
        err->column = (long)(word ? word->column : call->verb_column);
        err->length = word ? word->length : call->verb_length;
    }
    return false;
}

bool call_blame_option(const struct call *call, const char *option, struct err *err)
{
    const struct call_word *value = &call->values[option_index(call, option)];
    return call_blame(call, value->text.s ? value : NULL, err);
}

void call_free(struct call *call)
{
    free(call->words);
    free(call->values);
    arena_free(call->arena);
    *call = (struct call){0};
}
