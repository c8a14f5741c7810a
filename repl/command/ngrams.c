/* ngrams: how often runs repeat themselves. See core/measure/ngrams.h. */
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/measure/ngrams.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/run/selector.h"

enum { MOST_N = 64 };

struct table {
    const struct call *call;
    struct result *result;
    struct kept_run **runs;
    struct ngram_text *texts; /* [n_runs] cut to one length */
    size_t n_runs;
    struct arena *arena;
};

/* ---- which tokens ---- */

/* What a run generated, or all of its text where it was given: an encoder-decoder's target. Without what the tokenizer put in. */
static bool read_ids(struct table *t, const struct kept_run *kept, struct ngram_text *out, struct err *err)
{
    const struct run *run = kept->run;
    const struct encoding *text = &(run->target ? run->target : run->tokens)->texts[0];
    size_t from = call_flag(t->call, "prompt") ? 0 : kept->generated;
    int32_t *ids = arena_alloc(t->arena, text->n, sizeof *ids, "n-grams", err);
    *out = (struct ngram_text){.ids = ids};
    for (size_t i = from; ids && i < text->n; i++)
        if (!text->tokens[i].special && (i || !run->target)) /* the decoder's start token is nobody's word */
            ids[out->n++] = text->tokens[i].id;
    return ids && (out->n || err_set(err, ERR_ARG, "@%zu has no tokens to count", kept->number));
}

/* Cut all to the shortest, and to length=. */
static void cut(struct table *t)
{
    size_t least = call_given(t->call, "length") ? (size_t)call_int(t->call, "length") : SIZE_MAX, longest = 0;
    for (size_t i = 0; i < t->n_runs; i++) {
        least = t->texts[i].n < least ? t->texts[i].n : least;
        longest = t->texts[i].n > longest ? t->texts[i].n : longest;
    }
    for (size_t i = 0; i < t->n_runs; i++) {
        if (t->texts[i].n > least)
            result_note(t->result, "@%zu: the first %zu of %zu tokens", t->runs[i]->number, least, t->texts[i].n);
        t->texts[i].n = least;
    }
}

static bool read_range(const struct call *call, size_t *from, size_t *to, struct err *err)
{
    long a, b;
    if (number_range(call_str(call, "n"), &a, &b) && a >= 1 && b >= a && b <= MOST_N) {
        *from = (size_t)a;
        *to = (size_t)b;
        return true;
    }
    err_set(err, ERR_ARG, "n= is a number or a range of 1 to %d: n=3, n=1-4", MOST_N);
    return call_blame_option(call, "n", err);
}

/* ---- rows ---- */

static struct cell_value run_cell(const struct table *t, size_t i)
{
    return i < t->n_runs ? int_cell(t->runs[i]->number) : (struct cell_value){.kind = CELL_NONE, .text = STR("all")};
}

static struct cell_value share(double value, bool is_there)
{
    return is_there ? (struct cell_value){.kind = CELL_NUMBER, .number = value, .digits = 4}
                    : (struct cell_value){.kind = CELL_NONE, .text = STR("-")};
}

/* Text i, or behind the last one all of them together. */
static bool count(const struct table *t, size_t i, size_t n, bool most, struct ngrams *out, struct err *err)
{
    bool all = i == t->n_runs;
    return ngrams_count(all ? t->texts : &t->texts[i], all ? t->n_runs : 1, n, most ? t->arena : NULL, out, err);
}

static bool put_counts(const struct table *t, size_t i, size_t n, struct err *err)
{
    struct ngrams grams;
    if (!count(t, i, n, false, &grams, err))
        return false;
    struct cell_value cells[] = {run_cell(t, i),
                                 int_cell(n),
                                 int_cell(grams.tokens),
                                 int_cell(grams.grams),
                                 int_cell(grams.distinct),
                                 share(grams.rep, grams.grams && i < t->n_runs),
                                 share(grams.distinct_n, grams.grams)};
    return result_row(t->result, cells, sizeof cells / sizeof *cells, err);
}

static bool put_gram(const struct table *t, size_t i, size_t n, size_t rank, const struct ngram *gram, struct err *err)
{
    const struct tokenizer *tokenizer = t->runs[i < t->n_runs ? i : 0]->run->model->tokenizer;
    struct buf ids = {0}, text = {0};
    for (size_t k = 0; k < n; k++) {
        buf_printf(&ids, "%s%d", k ? "," : "", gram->ids[k]);
        if (tokenizer)
            tokenizer_spell(tokenizer, gram->ids[k], k == 0, &text);
    }
    struct cell_value cells[] = {run_cell(t, i),
                                 int_cell(n),
                                 int_cell(rank),
                                 int_cell(gram->count),
                                 {.kind = CELL_TEXT, .text = buf_view(&text)},
                                 {.kind = CELL_TEXT, .text = buf_view(&ids)}};
    bool ok = buf_ok(&ids, err) && buf_ok(&text, err) && result_row(t->result, cells, sizeof cells / sizeof *cells, err);
    buf_free(&ids);
    buf_free(&text);
    return ok;
}

static bool put_most(const struct table *t, size_t i, size_t n, size_t top, struct err *err)
{
    struct ngrams grams;
    bool ok = count(t, i, n, true, &grams, err);
    for (size_t k = 0; ok && k < grams.distinct && k < top; k++)
        ok = put_gram(t, i, n, k + 1, &grams.most[k], err);
    return ok;
}

static bool give(struct table *t, struct err *err)
{
    size_t from = 1, to = 1, top = call_given(t->call, "top") ? (size_t)call_int(t->call, "top") : 0;
    size_t rows = t->n_runs > 1 ? t->n_runs + 1 : 1;
    if (!read_range(t->call, &from, &to, err))
        return false;
    for (size_t i = 0; i < t->n_runs; i++)
        if (!read_ids(t, t->runs[i], &t->texts[i], err))
            return false;
    cut(t);
    if (!result_columns(t->result, top ? "run,n,rank,count,text,ids" : "run,n,tokens,grams,distinct,rep,distinct_n", err))
        return false;
    for (size_t n = from; n <= to; n++)
        for (size_t i = 0; i < rows; i++)
            if (!(top ? put_most(t, i, n, top, err) : put_counts(t, i, n, err)))
                return false;
    return true;
}

/* ---- the command ---- */

/* Ids mean the same in all of them alone where they are one vocabulary's. */
static bool one_vocabulary(const struct table *t, struct err *err)
{
    for (size_t i = 1; i < t->n_runs; i++)
        if (t->runs[i]->run->model != t->runs[0]->run->model) {
            err_set(err, ERR_ARG, "@%zu is of %s and @%zu of %s: n-grams are compared between runs of one model",
                    t->runs[0]->number, t->runs[0]->run->model->name, t->runs[i]->number, t->runs[i]->run->model->name);
            return call_blame(t->call, call_arg(t->call, ARG_RUN, i), err);
        }
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct table t = {.call = call, .result = result, .arena = arena_new(err)};
    bool ok = t.arena && select_runs(session, call, &t.runs, &t.n_runs, err) && one_vocabulary(&t, err) &&
              (t.texts = arena_alloc(t.arena, t.n_runs, sizeof *t.texts, "n-grams", err)) && give(&t, err);
    free(t.runs);
    arena_free(t.arena);
    return ok;
}

static const struct option options[] = {
    {.name = "n", .kind = VALUE_WORD, .fallback = "1-4", .summary = "tokens of an n-gram: 3, or a range"},
    {.name = "length", .kind = VALUE_INT, .lo = 1, .hi = 1e9, .summary = "count so many tokens of each at most"},
    {.name = "prompt", .kind = VALUE_FLAG, .fallback = "off", .summary = "on: the prompt of what was generated counts too"},
    {.name = "top", .kind = VALUE_INT, .lo = 1, .hi = 1e9, .summary = "list so many of the most frequent n-grams instead"},
    {0}};
static const struct arg args[] = {
    {.name = "@RUN", .kind = ARG_RUN, .optional = true, .repeated = true, .summary = "which runs: @, @3, @fox"}, {0}};

extern const struct command command_ngrams;
const struct command command_ngrams = {
    .name = "ngrams",
    .group = "measures",
    .keywords = "repetition|degeneration|diversity|distinct|rep-n|n-gram|beam or sampling",
    .summary = "repeated and distinct n-grams of runs, at equal lengths",
    .help =
        "Counts n-grams of token ids: of what was generated, the new tokens; of a text that was run, all but what the tokenizer "
        "put in; of an encoder-decoder, the decoder's. rep is 1 - distinct/n-grams of one sequence (Welleck et al. 2020, "
        "seq-rep-n); distinct_n is distinct n-grams over tokens (Li et al. 2016), in the row of all runs over all of them "
        "together. Both fall and rise with the length, so that all runs are cut to the shortest one's, which is said. top= lists "
        "the n-grams that come most often.",
    .examples = "generate \"The ship\" beams=4 max=40 as=beam\n"
                "generate \"The ship\" method=sample max=40 as=drawn\n"
                "ngrams @beam @drawn\n"
                "ngrams @beam n=2-3 top=5",
    .options = options,
    .args = args,
    .run = run,
};
