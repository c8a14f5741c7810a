/* similarity: every word beside every other, as a heat map. */
#include <math.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "repl/words/asked_words.h"

static bool give_json(struct result *result, const struct asked *asked, const float *values, struct err *err)
{
    struct buf b = {0};
    for (size_t side = 0; side < 2; side++) {
        buf_puts(&b, side ? "],\"cols\":[" : "{\"rows\":[");
        for (size_t i = 0; i < asked->n; i++) {
            buf_printf(&b, "%s{\"i\":%zu,\"token\":", i ? "," : "", i);
            json_quote(&b, asked->terms[i].word);
            buf_char(&b, '}');
        }
    }
    buf_puts(&b, "],\"values\":[");
    for (size_t i = 0; i < asked->n; i++)
        for (size_t k = 0; k < asked->n; k++) {
            buf_puts(&b, k ? "," : i ? ",[" : "[");
            json_put_number(&b, (double)values[i * asked->n + k]);
            buf_puts(&b, k + 1 == asked->n ? "]" : "");
        }
    buf_puts(&b, "]}");
    bool ok = buf_ok(&b, err) && result_json(result, buf_view(&b), err);
    buf_free(&b);
    return ok;
}

static bool give_rows(struct result *result, const struct asked *asked, const float *values, struct err *err)
{
    bool ok = result_columns(result, "word1,word2,score", err);
    for (size_t i = 0; ok && i < asked->n * asked->n; i++) {
        struct cell_value cells[] = {{.kind = CELL_TEXT, .text = asked->terms[i / asked->n].word},
                                     {.kind = CELL_TEXT, .text = asked->terms[i % asked->n].word},
                                     {.kind = CELL_NUMBER, .number = (double)values[i], .digits = 4}};
        ok = result_row(result, cells, 3, err);
    }
    return ok;
}

static bool give_map(struct session *session, const struct call *call, const struct asked *asked, const float *values,
                     struct result *result, struct err *err)
{
    struct str *labels = mem_new(asked->n, sizeof *labels, "labels", err);
    float least = 0;
    for (size_t i = 0; labels && i < asked->n; i++)
        labels[i] = asked->terms[i].word;
    for (size_t i = 0; i < asked->n * asked->n; i++)
        least = fminf(least, values[i]);
    struct panel panel = {.rows = asked->n,
                          .cols = asked->n,
                          .values = values,
                          .row_labels = labels,
                          .col_labels = labels,
                          .no_numbers = true,
                          .tick = NAN};
    struct picture picture = {.panels = &panel,
                              .n_panels = 1,
                              .value_name = "cosine",
                              .scale = {.kind = SCALE_LINEAR, .lo = least < 0 ? -1 : 0, .hi = 1, .clip_hi = 100,
                                        .diverging = least < 0}}; /* opposite words are no smaller likeness: white is 0 */
    bool ok = labels && give_vectors_figure(session, call, asked->vectors, &picture, result, err);
    free(labels);
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
    if (ok && result_wants_json(result))
        ok = give_json(result, &asked, values, err);
    else if (ok)
        ok = result_wants_picture(result) ? give_map(session, call, &asked, values, result, err)
                                          : give_rows(result, &asked, values, err);
    free(values);
    asked_free(&asked);
    return ok;
}

static const struct option options[] = {OPTION_CASE,
                                        OPTION_FIGURE,
                                        {"palette", VALUE_PALETTE, NULL, NULL, "colour map", 0, 0},
                                        {"digits", VALUE_FLAG, NULL, NULL, "write the values into the cells", 0, 0},
                                        {0}};
static const struct arg args[] = {{"WORD", ARG_WORDS, false, true, "two words or more"}, {0}};
const struct command command_similarity = {
    .name = "similarity",
    .group = "vectors",
    .summary = "every word's cosine with every other, as a heat map",
    .help = "In the terminal, or as a figure in a file; in CSV a row a pair.",
    .examples = "similarity king queen man woman\nsimilarity cat dog car bus digits=on\nsimilarity cat dog car bus size=acl1 > "
                "similar.png",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
