/* neighbors: the words nearest to others. */
#include <stdlib.h>

#include "repl/grammar/call.h"
#include "repl/words/asked_words.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct asked asked;
    size_t top = (size_t)call_int(call, "top"), n;
    if (!asked_make(session, call, SIGNS_NONE, &asked, err))
        return false;
    top = top < asked.vectors->V ? top : asked.vectors->V;
    struct hit *hits = mem_new(top, sizeof *hits, "the answers", err);
    bool ok = hits &&
              query_best_of(asked.vectors, (size_t)call_int(call, "restrict"), query_methods[0], asked.terms, asked.n,
                            call_flag(call, "inputs"), top, hits, &n, err) &&
              give_hits(result, asked.vectors, hits, n, err);
    free(hits);
    asked_free(&asked);
    return ok;
}

static const struct option options[] = {OPTION_TOP("10"), OPTION_CASE, OPTION_INPUTS, OPTION_RESTRICT, {0}};
static const struct arg args[] = {{"WORD", ARG_WORDS, false, true, "one word or more; in quotes what holds blanks or ="}, {0}};
const struct command command_neighbors = {
    .name = "neighbors",
    .aliases = "near",
    .group = "vectors",
    .keywords = "nearest|similar|most similar|closest|neighbours|knn|synonym|related|cosine|distance",
    .summary = "the words nearest to a word, or to several",
    .help = "Cosines of the set in use, largest first. Several words ask for what is nearest to the mean of their unit vectors.\n"
            "The words asked for are left out unless inputs=on. A word that is not in the set is an error with the nearest\n"
            "spelling; fastText models give it a vector of its subwords instead. restrict=N leaves out the\n"
            "rarer words that stand behind the first N.",
    .examples =
        "neighbors king\nneighbors king queen prince top=5\nnear Paris case=fold format=json\nneighbors king restrict=30000",
    .options = options,
    .args = args,
    .run = run,
};
