/* odd: the word that does not go with the others. */
#include <stdlib.h>

#include "repl/words/asked_words.h"

static int farthest_first(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? 1 : -1;
    return (x->word > y->word) - (x->word < y->word);
}

/* Here hit.word is the place among the words asked for. */
static bool give(struct result *result, const struct asked *asked, const struct hit *hits, struct err *err)
{
    bool bars = result_wants_picture(result), ok = result_columns(result, bars ? "word,score,bar" : "word,score", err);
    for (size_t i = 0; ok && i < asked->n; i++) {
        struct buf bar = {0};
        put_bar(&bar, (double)hits[i].score, 32);
        struct cell_value cells[] = {{.kind = CELL_TEXT, .text = asked->terms[hits[i].word].word},
                                     {.kind = CELL_NUMBER, .number = (double)hits[i].score, .digits = 4},
                                     {.kind = CELL_TEXT, .text = buf_view(&bar)}};
        ok = buf_ok(&bar, err) && result_row(result, cells, bars ? 3 : 2, err);
        buf_free(&bar);
    }
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct asked asked;
    if (!asked_make(session, call, SIGNS_NONE, &asked, err))
        return false;
    float *cosines = mem_new(asked.n, sizeof *cosines, "the answers", err);
    struct hit *hits = mem_new(asked.n, sizeof *hits, "the answers", err);
    bool ok = cosines && hits && (asked.n > 2 || err_set(err, ERR_ARG, "odd wants three words or more, found %zu", asked.n));
    if (ok) {
        query_centrality(asked.vectors, asked.terms, asked.n, cosines);
        for (size_t i = 0; i < asked.n; i++)
            hits[i] = (struct hit){i, cosines[i]};
        qsort(hits, asked.n, sizeof *hits, farthest_first);
        ok = give(result, &asked, hits, err);
    }
    free(cosines);
    free(hits);
    asked_free(&asked);
    return ok;
}

static const struct option options[] = {OPTION_CASE, {0}};
static const struct arg args[] = {{"WORD", ARG_WORDS, false, true, "three words or more"}, {0}};
const struct command command_odd = {
    .name = "odd",
    .group = "vectors",
    .keywords = "odd one out|outlier|does not match|doesnt match|intruder",
    .summary = "the word that does not go with the others",
    .help = "Each word's cosine with the mean of all their unit vectors, the odd one first.",
    .examples = "odd breakfast cereal dinner lunch\nodd red green table blue format=json",
    .options = options,
    .args = args,
    .run = run,
};
