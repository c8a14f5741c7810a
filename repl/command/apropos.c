/* apropos: the commands, options and topics that speak of a word. */
#include <string.h>
#include <strings.h>

#include "repl/grammar/call.h"
#include "repl/program/topics.h"
#include "repl/result/result.h"

/* How well an entry answers: by its name or by what people call it, or somewhere in its text. */
enum rank { RANK_NONE, RANK_TEXT, RANK_NAME };

struct search {
    const struct call *call;
    enum rank wanted; /* the rank that is put now */
    struct buf out;
};

/* What is searched in one entry; any may be NULL. */
struct entry {
    const char *name, *aliases, *keywords, *summary, *text;
};

static bool holds(const char *text, struct str word)
{
    size_t n = text ? strlen(text) : 0;
    for (size_t i = 0; i + word.n <= n; i++)
        if (strncasecmp(text + i, word.s, word.n) == 0)
            return true;
    return false;
}

/* The word without the ending of its plural ("sinks", "matrices", "summaries"): a beginning that both forms share. */
static struct str singular(struct str word)
{
    static const struct {
        const char *ending;
        size_t cut;
    } endings[] = {{"ices", 4}, {"ies", 3}, {"sses", 2}, {"xes", 2}, {"ches", 2}, {"ss", 0}, {"s", 1}};
    for (size_t i = 0; word.n > 3 && i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i].ending);
        if (word.n > n + 1 && strncasecmp(word.s + word.n - n, endings[i].ending, n) == 0)
            return (struct str){word.s, word.n - endings[i].cut};
    }
    return word;
}

/* Every word must be held; the entry is worth as much as the place of the weakest. */
static enum rank rank_of(const struct call *call, const struct entry *entry)
{
    enum rank rank = RANK_NAME;
    const struct call_word *word;
    for (size_t i = 0; (word = call_arg(call, ARG_WORD, i)); i++) {
        struct str part = singular(word->text);
        bool named = holds(entry->name, part) || holds(entry->aliases, part) || holds(entry->keywords, part);
        bool told = named || holds(entry->summary, part) || holds(entry->text, part);
        if (!told)
            return RANK_NONE;
        if (!named)
            rank = RANK_TEXT;
    }
    return rank;
}

static void put(struct search *search, const struct entry *entry, const char *option)
{
    struct buf left = {0};
    if (rank_of(search->call, entry) != search->wanted)
        return;
    buf_printf(&left, "%s%s%s%s", option ? option : entry->name, option ? " " : "", option ? entry->name : "", option ? "=" : "");
    buf_printf(&search->out, "%-20s %s\n", buf_cstr(&left), entry->summary);
    buf_free(&left);
}

/* All entries of one rank: a command, then its options; then the topics. */
static void put_rank(struct search *search)
{
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        put(search, &(struct entry){c->name, c->aliases, c->keywords, c->summary, c->help}, NULL);
        for (size_t k = 0; c->options && c->options[k].name; k++)
            put(search, &(struct entry){.name = c->options[k].name, .summary = c->options[k].summary}, c->name);
    }
    for (size_t i = 0; topics[i].name; i++)
        put(search, &(struct entry){.name = topics[i].name, .summary = topics[i].summary, .text = topics[i].text}, NULL);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)session;
    const struct call_word *word;
    struct search search = {.call = call};
    for (size_t i = 0; (word = call_arg(call, ARG_WORD, i)); i++)
        if (!word->text.n) {
            err_set(err, ERR_ARG, "apropos wants a word");
            return call_blame(call, word, err);
        }
    for (search.wanted = RANK_NAME; search.wanted > RANK_NONE; search.wanted--)
        put_rank(&search);
    bool ok = buf_ok(&search.out, err);
    if (ok && !search.out.n) {
        word = call_arg(call, ARG_WORD, 0);
        ok = err_set(err, ERR_NOT_FOUND, "nothing speaks of \"%.*s\"%s", STR_ARGS(word->text),
                     call_count(call, ARG_WORD) > 1 ? " and the other words together" : "");
        call_blame(call, word, err);
    }
    if (ok)
        search.out.n--; /* the writer ends the last line */
    ok = ok && result_prose(result, buf_view(&search.out), err);
    buf_free(&search.out);
    return ok;
}

const struct command command_apropos = {
    .name = "apropos",
    .group = "session",
    .keywords = "search|find a command|keyword|look for",
    .summary = "search commands, options and topics for a word",
    .help = "Upper and lower case are alike, singular and plural too; part of a word is enough. Of several words all must be\n"
            "spoken of. What is called so, or is what people mean by it, comes first; what mentions it follows.",
    .examples = "apropos attention sink\napropos compare\napropos palette",
    .args = (const struct arg[]){{.name = "word", .kind = ARG_WORD, .repeated = true, .summary = "a word"}, {0}},
    .unrecorded = true,
    .run = run,
};
