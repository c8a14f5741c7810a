/* similarity: every word beside every other, as a heat map. */
#include <stdlib.h>

#include "core/base/cancel.h"
#include "repl/result/square_map.h"
#include "repl/words/asked_words.h"

static bool give(struct session *session, const struct call *call, const struct asked *asked, const float *values,
                 struct result *result, struct err *err)
{
    struct str *names = mem_new(asked->n, sizeof *names, "labels", err);
    char about[VECTORS_ABOUT];
    struct figure_source source = vectors_source(asked->vectors, about);
    for (size_t i = 0; names && i < asked->n; i++)
        names[i] = asked->terms[i].word;
    struct square_map map = {.n = asked->n,
                             .values = values,
                             .names = names,
                             .header = "word1,word2,score",
                             .value_name = "cosine",
                             .scale = square_map_cosines(values, asked->n)};
    bool ok = names && square_map_give(session, call, &map, &source, result, err);
    free(names);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    enum { MOST = 1000 };
    struct asked asked;
    if (!asked_make(session, call, SIGNS_NONE, &asked, err))
        return false;
    float *values = NULL;
    bool ok =
        (asked.n > 1 && asked.n <= MOST) || err_set(err, ERR_ARG, "similarity wants 2 to %d words, found %zu", MOST, asked.n);
    ok = ok && (values = mem_new(asked.n * asked.n, sizeof *values, "a map", err));
    for (size_t i = 0; ok && i < asked.n * asked.n; i++) {
        values[i] = (float)query_cosine(asked.vectors, &asked.terms[i / asked.n], &asked.terms[i % asked.n]);
        if (i % asked.n == 0 && cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "cancelled");
    }
    ok = ok && give(session, call, &asked, values, result, err);
    free(values);
    asked_free(&asked);
    return ok;
}

static const struct option options[] = {OPTION_CASE,
                                        OPTION_FIGURE,
                                        OPTION_CELLS,
                                        {0}};
static const struct arg args[] = {{"WORD", ARG_WORDS, false, true, "two words or more"}, {0}};
const struct command command_similarity = {
    .name = "similarity",
    .group = "vectors",
    .keywords = "cosine|matrix|compare words|heatmap of words|distance|nearest|related",
    .summary = "every word's cosine with every other, as a heat map",
    .help = "In the terminal, or as a figure in a file; in CSV a row a pair.",
    .examples = "similarity king queen man woman\nsimilarity cat dog car bus digits=on\nsimilarity cat dog car bus size=acl1 > "
                "similar.png",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
