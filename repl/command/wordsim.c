/* wordsim: how near two words are. */
#include "repl/words/asked_words.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct asked asked;
    if (!asked_make(session, call, SIGNS_NONE, &asked, err))
        return false;
    bool ok = asked.n == 2 || err_set(err, ERR_ARG, "wordsim wants two words, found %zu", asked.n);
    if (ok) {
        struct cell_value cells[] = {
            {.kind = CELL_TEXT, .text = asked.terms[0].word},
            {.kind = CELL_TEXT, .text = asked.terms[1].word},
            {.kind = CELL_NUMBER, .number = query_cosine(asked.vectors, &asked.terms[0], &asked.terms[1]), .digits = 4}};
        ok = result_columns(result, "word1,word2,score", err) && result_row(result, cells, 3, err);
    }
    asked_free(&asked);
    return ok;
}

static const struct option options[] = {OPTION_CASE, {0}};
static const struct arg args[] = {{"WORD", ARG_WORDS, false, true, "two words"}, {0}};
const struct command command_wordsim = {
    .name = "wordsim",
    .group = "vectors",
    .keywords = "word similarity|simlex|wordsim353|cosine|distance|compare words|how similar",
    .summary = "how near two words are",
    .help = "The cosine of their vectors: 1 for the same direction, 0 for none in common, -1 for opposite ones.",
    .examples = "wordsim king queen\nwordsim Paris paris case=fold format=json",
    .options = options,
    .args = args,
    .run = run,
};
