/* apropos: the commands, options and topics that speak of a word. */
#include <string.h>
#include <strings.h>

#include "repl/grammar/call.h"
#include "repl/program/topics.h"
#include "repl/result/result.h"

struct search {
    struct str word;
    struct buf out;
};

static bool holds(const char *text, struct str word)
{
    size_t n = text ? strlen(text) : 0;
    for (size_t i = 0; i + word.n <= n; i++)
        if (strncasecmp(text + i, word.s, word.n) == 0)
            return true;
    return false;
}

static void put(struct search *search, const char *where, const char *option, const char *summary)
{
    struct buf left = {0};
    buf_printf(&left, "%s%s%s%s", where, option ? " " : "", option ? option : "", option ? "=" : "");
    buf_printf(&search->out, "%-20s %s\n", buf_cstr(&left), summary);
    buf_free(&left);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)session;
    const struct call_word *word = call_arg(call, ARG_WORD, 0);
    struct search search = {.word = word->text};
    if (!word->text.n) {
        err_set(err, ERR_ARG, "apropos wants a word");
        return call_blame(call, word, err);
    }
    for (size_t i = 0; commands[i]; i++) {
        const struct command *command = commands[i];
        if (holds(command->name, search.word) || holds(command->aliases, search.word) || holds(command->summary, search.word) ||
            holds(command->help, search.word))
            put(&search, command->name, NULL, command->summary);
        for (size_t k = 0; command->options && command->options[k].name; k++)
            if (holds(command->options[k].name, search.word) || holds(command->options[k].summary, search.word))
                put(&search, command->name, command->options[k].name, command->options[k].summary);
    }
    for (size_t i = 0; topics[i].name; i++)
        if (holds(topics[i].name, search.word) || holds(topics[i].summary, search.word) || holds(topics[i].text, search.word))
            put(&search, topics[i].name, NULL, topics[i].summary);
    bool ok = buf_ok(&search.out, err);
    if (ok && !search.out.n) {
        ok = err_set(err, ERR_NOT_FOUND, "nothing speaks of \"%.*s\"", STR_ARGS(search.word));
        call_blame(call, word, err);
    }
    if (ok)
        search.out.n--; /* the writer ends the last line */
    ok = ok && result_text(result, buf_view(&search.out), err);
    buf_free(&search.out);
    return ok;
}

const struct command command_apropos = {
    .name = "apropos",
    .group = "session",
    .summary = "search commands, options and topics for a word",
    .help = "Upper and lower case are alike; part of a word is enough.",
    .examples = "apropos entropy\napropos palette",
    .args = (const struct arg[]){{.name = "word", .kind = ARG_WORD, .summary = "a word"}, {0}},
    .unrecorded = true,
    .run = run,
};
