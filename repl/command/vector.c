/* vector: the numbers of a word. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "repl/grammar/call.h"
#include "repl/words/asked_words.h"

enum { A_LINE = 8 };

static bool fill(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    (void)err;
    memcpy(out, (const float *)context + row, rows * sizeof(float));
    return true;
}

static bool give_json(struct result *result, struct str word, const float *values, size_t E, struct err *err)
{
    struct buf b = {0};
    buf_puts(&b, "{\"word\":");
    json_quote(&b, word);
    buf_puts(&b, ",\"values\":[");
    for (size_t d = 0; d < E; d++) {
        buf_puts(&b, d ? "," : "");
        json_put_number(&b, (double)values[d]);
    }
    buf_puts(&b, "]}");
    bool ok = buf_ok(&b, err) && result_json(result, buf_view(&b), err);
    buf_free(&b);
    return ok;
}

static bool give_text(struct result *result, struct str word, const float *values, size_t E, struct err *err)
{
    struct buf b = {0};
    double square = 0, largest = 0;
    for (size_t d = 0; d < E; d++) {
        square += (double)values[d] * (double)values[d];
        largest = fmax(largest, fabs((double)values[d]));
    }
    bool usual = largest < 1000 && (largest >= 0.001 || largest == 0); /* else nine columns do not hold it, or show zeros */
    text_escape(&b, word);
    buf_printf(&b, usual ? ": %zu dimension%s, length %.4f" : ": %zu dimension%s, length %.4g", E, E == 1 ? "" : "s",
               sqrt(square));
    for (size_t d = 0; d < E; d++)
        buf_printf(&b, usual ? "%s%9.5f" : "%s%10.4g", d % A_LINE ? " " : "\n", (double)values[d]);
    bool ok = buf_ok(&b, err) && result_text(result, buf_view(&b), err);
    buf_free(&b);
    return ok;
}

static bool give_rows(struct result *result, const float *values, size_t E, struct err *err)
{
    bool ok = result_columns(result, "index,value", err);
    for (size_t d = 0; ok && d < E; d++) {
        struct cell_value cells[] = {{.kind = CELL_INT, .integer = (long long)d},
                                     {.kind = CELL_NUMBER, .number = (double)values[d]}};
        ok = result_row(result, cells, 2, err);
    }
    return ok;
}

static bool give(struct result *result, struct str word, const float *values, size_t E, struct err *err)
{
    if (result_wants_json(result))
        return give_json(result, word, values, E, err);
    if (result_wants_picture(result) && !result_wants_figure(result))
        return give_text(result, word, values, E, err);
    if (result_wants_rows(result))
        return give_rows(result, values, E, err);
    struct tensor_promise promise = {
        .name = "vector", .rank = 1, .shape = {E}, .axes = {"index"}, .fill = fill, .context = values};
    return result_tensors(result, &promise, 1, NULL, 0, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct vectors *v = session_vectors(session, err);
    const struct call_word *word = call_arg(call, ARG_WORDS, 0);
    if (!v)
        return false;
    if (call->n_words > 1) {
        err_set(err, ERR_ARG, "vector wants one word; one of several parts stands in quotes");
        return call_blame(call, &call->words[1], err);
    }
    float *values = mem_new(v->E, sizeof *values, "a vector", err);
    bool ok = values != NULL;
    if (ok && !vectors_of(v, word->text, str_is(call_str(call, "case"), "fold"), values, NULL)) {
        err_set(err, ERR_NOT_FOUND, "\"%.*s\" is not in %s", STR_ARGS(word->text), v->name);
        suggest_word(v, word->text, err);
        ok = call_blame(call, word, err);
    }
    ok = ok && give(result, word->text, values, v->E, err);
    free(values);
    return ok;
}

static const struct option options[] = {OPTION_CASE, {0}};
static const struct arg args[] = {{"WORD", ARG_WORDS, false, true, "a word"}, {0}};
const struct command command_vector = {
    .name = "vector",
    .group = "vectors",
    .keywords = "embedding of a word|numbers of a word|print a vector",
    .summary = "the numbers of a word",
    .help = "As they stand in the set, not normalised. Into .npy or .safetensors as a tensor [dimensions].",
    .examples = "vector king\nvector king format=json\nvector king > king.npy",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
