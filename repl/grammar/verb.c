/* The verb of a line: a command's name, an alias, a prefix at the prompt; what was meant where there is none. */
#include <string.h>

#include "core/base/text.h"
#include "repl/grammar/parse.h"
#include "repl/grammar/suggest.h"

enum { SHOWN_COLUMNS = 60 }; /* of a word that a message repeats */

static bool starts(const char *name, struct str prefix)
{
    return strncmp(name, prefix.s, prefix.n) == 0;
}

/* Is the word one of these, `|`-separated? */
static bool among(const char *words, struct str word)
{
    for (const char *at = words; at && *at;) {
        size_t n = strcspn(at, "|");
        if (n == word.n && memcmp(at, word.s, n) == 0)
            return true;
        at += n + (at[n] == '|');
    }
    return false;
}

static const struct command *by_prefix(struct str verb, struct err *err)
{
    const struct command *found = NULL;
    struct buf names = {0};
    size_t n = 0;
    for (size_t i = 0; commands[i]; i++)
        if (starts(commands[i]->name, verb)) {
            found = commands[i];
            buf_printf(&names, "%s%s", n++ ? ", " : "", found->name);
        }
    if (n > 1) {
        err_set(err, ERR_ARG, "\"%.*s\" could be %s", STR_ARGS(verb), buf_cstr(&names));
        found = NULL;
    }
    buf_free(&names);
    return found;
}

/* "; did you mean diff or sentsim?": the commands whose keywords hold the verb, at most three. */
static void called_so(struct str verb, struct buf *out)
{
    enum { MOST = 3 };
    const char *found[MOST];
    size_t n = 0;
    for (size_t i = 0; commands[i] && n < MOST; i++)
        if (among(commands[i]->keywords, verb))
            found[n++] = commands[i]->name;
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s", !i ? "; did you mean " : i + 1 == n ? " or " : ", ", found[i]);
    buf_puts(out, n ? "?" : "");
}

const struct command *parse_verb(struct str verb, bool prefixes, struct err *err)
{
    err_clear(err);
    const struct command *found = command_named(verb);
    if (!found && prefixes)
        found = by_prefix(verb, err);
    if (found || (err && err->code))
        return found;
    struct suggestion near;
    suggest_begin(&near, verb);
    for (size_t i = 0; commands[i]; i++) {
        suggest_offer(&near, str_of(commands[i]->name));
        suggest_offer_all(&near, commands[i]->aliases);
    }
    struct buf shown = {0}, meant = {0};
    text_fit(&shown, verb, SHOWN_COLUMNS);
    called_so(verb, &meant);
    err_set(err, ERR_NOT_FOUND, "unknown command \"%s\"%s%s", buf_cstr(&shown), buf_cstr(&meant),
            near.best.n || meant.n ? "" : "; help lists the commands");
    if (!meant.n)
        suggest_add(&near, "", "", err);
    buf_free(&shown);
    buf_free(&meant);
    return NULL;
}
