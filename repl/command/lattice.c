/* lattice: candidates for the next tokens, pruned by unigram, bigram and trigram scores of the model. See core/lattice.h. */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/number.h"
#include "core/lattice_model.h"
#include "repl/grammar/call.h"
#include "repl/run/given_text.h"

enum { MOST_KEPT = 64 };

/* A sequence of n tokens, whose it is and what it scores. */
struct path {
    const char *name;
    int32_t *ids;         /* [n] */
    double cascade, full; /* NaN: no score of that kind */
};
struct search {
    struct session *session;
    const struct call *call;
    struct result *result;
    struct lattice_model model;
    struct lattice lattice;
    size_t n, keep[LATTICE_ORDERS];
    struct path paths[2];
    size_t n_paths;
    struct arena *arena;
};

/* ---- options ---- */

/* "16" for all orders, or "64,16,8". */
static bool read_keep(struct search *s, struct err *err)
{
    struct str list = call_str(s->call, "keep");
    size_t n = 0;
    for (size_t at = 0; at <= list.n; at++) {
        long number = 0;
        if (!number_take(list, &at, &number) || number < 1 || number > MOST_KEPT || n == LATTICE_ORDERS ||
            (at < list.n && list.s[at] != ',')) {
            n = 0;
            break;
        }
        s->keep[n++] = (size_t)number;
    }
    if (n == 1)
        s->keep[1] = s->keep[2] = s->keep[0];
    if (n == 1 || n == LATTICE_ORDERS)
        return true;
    err_set(err, ERR_ARG, "keep= is one number of 1 to %d, or one for each order: keep=16, keep=64,16,8", MOST_KEPT);
    return call_blame_option(s->call, "keep", err);
}

/* ---- the paths ---- */

/* Beam search of the full model, of as many tokens: no token ends it. */
static bool search_beams(struct search *s, struct err *err)
{
    size_t beams = (size_t)call_int(s->call, "beams"), n = 0;
    struct generate_options options = {.max = s->n, .beams = beams};
    struct sequence *sequences = mem_new(beams, sizeof *sequences, "the beams", err);
    bool cancelled = false;
    bool ok = sequences && generate(s->model.model, s->model.prompt, &options, sequences, &n, &cancelled, err);
    if (ok && (cancelled || !n || sequences[0].n != s->n))
        ok = err_set(err, ERR_CANCELLED, "cancelled");
    struct path *path = &s->paths[s->n_paths];
    if (ok && (path->ids = arena_alloc(s->arena, s->n, sizeof *path->ids, "the lattice", err))) {
        path->name = "beam search";
        memcpy(path->ids, sequences[0].ids, s->n * sizeof *path->ids);
        s->n_paths++;
    }
    if (sequences)
        sequences_free(sequences, n);
    free(sequences);
    return ok && path->ids;
}

/* The order-2 score of any sequence. */
static bool cascade_score(const struct search *s, const int32_t *ids, double *out, struct err *err)
{
    struct lattice_model model = s->model;
    struct lattice_scorer scorer = lattice_model_scorer(&model);
    float *scores = mem_new(scorer.width, sizeof *scores, "the lattice", err);
    bool ok = scores != NULL;
    *out = 0;
    for (size_t l = 0; ok && l < s->n; l++) {
        size_t m = l < 2 ? l : 2;
        ok = scorer.score(scorer.context, LATTICE_ORDERS - 1, l, ids + l - m, m, 1, scores, err);
        *out += ok ? (double)scores[ids[l]] : 0;
    }
    free(scores);
    return ok;
}

static bool find_paths(struct search *s, struct err *err)
{
    s->paths[0] = (struct path){.name = "lattice", .ids = s->lattice.path};
    s->n_paths = 1;
    if (!search_beams(s, err))
        return false;
    for (size_t i = 0; i < s->n_paths; i++)
        if (!cascade_score(s, s->paths[i].ids, &s->paths[i].cascade, err) ||
            !lattice_full_score(&s->model, s->paths[i].ids, s->n, &s->paths[i].full, err))
            return false;
    return true;
}

/* ---- what is given ---- */

static void spell(const struct search *s, const int32_t *ids, size_t n, struct buf *out)
{
    const struct tokenizer *tokenizer = s->model.model->tokenizer;
    for (size_t i = 0; i < n; i++)
        if (tokenizer)
            tokenizer_spell(tokenizer, ids[i], i == 0, out);
        else
            buf_printf(out, " #%d", ids[i]);
}

/* As the vocabulary has it. */
static void put_token(const struct search *s, int32_t id, struct buf *out)
{
    struct str string = tokenizer_string(s->model.model->tokenizer, id);
    if (string.s)
        buf_str(out, string);
    else
        buf_printf(out, "#%d", id);
}

/* The names of the paths that have this span where it stands. */
static void put_paths(const struct search *s, const struct lattice_span *span, size_t position, struct buf *out)
{
    for (size_t i = 0; i < s->n_paths; i++)
        if (memcmp(s->paths[i].ids + position + 1 - span->n, span->ids, span->n * sizeof *span->ids) == 0)
            buf_printf(out, "%s%s", out->n ? ", " : "", s->paths[i].name);
}

static bool span_row(const struct search *s, size_t order, size_t position, size_t rank, struct err *err)
{
    const struct lattice_span *span = &s->lattice.places[order][position].spans[rank];
    int32_t id = span->ids[span->n - 1];
    struct buf before = {0}, paths = {0}, token = {0};
    spell(s, span->ids, span->n - 1, &before);
    put_token(s, id, &token);
    put_paths(s, span, position, &paths);
    struct cell_value cells[] = {int_cell((long long)order),
                                 int_cell((long long)position),
                                 int_cell((long long)rank + 1),
                                 {.kind = CELL_TEXT, .text = buf_view(&before)},
                                 int_cell(id),
                                 {.kind = CELL_TEXT, .text = buf_view(&token)},
                                 number_cell(span->score, 4),
                                 number_cell(span->max_marginal, 4),
                                 {.kind = CELL_TEXT, .text = buf_view(&paths)}};
    bool ok = buf_ok(&before, err) && buf_ok(&paths, err) && buf_ok(&token, err) &&
              result_row(s->result, cells, sizeof cells / sizeof *cells, err);
    buf_free(&before);
    buf_free(&paths);
    buf_free(&token);
    return ok;
}

static bool give_spans(const struct search *s, struct err *err)
{
    struct str wanted = call_str(s->call, "order");
    bool all = str_is(wanted, "all");
    size_t only = all ? 0 : (size_t)(wanted.s[0] - '0');
    if (!result_columns(s->result, "order,position,rank,before,id,token,score,max_marginal,paths", err))
        return false;
    for (size_t order = only; order < LATTICE_ORDERS && (all || order == only); order++)
        for (size_t l = 0; l < s->n; l++)
            for (size_t i = 0; i < s->lattice.places[order][l].n; i++)
                if (!span_row(s, order, l, i, err))
                    return false;
    return true;
}

static bool give_paths(const struct search *s, struct err *err)
{
    bool ok = result_columns(s->result, "path,tokens,cascade,full,ids,text", err);
    for (size_t i = 0; ok && i < s->n_paths; i++) {
        const struct path *path = &s->paths[i];
        struct buf ids = {0}, text = {0};
        for (size_t k = 0; k < s->n; k++)
            buf_printf(&ids, "%s%d", k ? "," : "", path->ids[k]);
        spell(s, path->ids, s->n, &text);
        struct cell_value cells[] = {{.kind = CELL_TEXT, .text = str_of(path->name)},
                                     int_cell((long long)s->n),
                                     number_cell(path->cascade, 4),
                                     number_cell(path->full, 4),
                                     {.kind = CELL_TEXT, .text = buf_view(&ids)},
                                     {.kind = CELL_TEXT, .text = buf_view(&text)}};
        ok = buf_ok(&ids, err) && buf_ok(&text, err) && result_row(s->result, cells, sizeof cells / sizeof *cells, err);
        buf_free(&ids);
        buf_free(&text);
    }
    return ok;
}

/* Above a person's table of candidates: how many stayed, and the paths. */
static bool say(const struct search *s, struct err *err)
{
    struct buf text = {0};
    for (size_t order = 0; order < LATTICE_ORDERS; order++) {
        buf_printf(&text, "order %zu: candidates a position", order);
        for (size_t l = 0; l < s->n; l++)
            buf_printf(&text, " %zu/%zu", s->lattice.places[order][l].n, s->lattice.places[order][l].scored);
        buf_char(&text, '\n');
    }
    for (size_t i = 0; i < s->n_paths; i++) {
        struct buf words = {0};
        spell(s, s->paths[i].ids, s->n, &words);
        buf_printf(&text, "%s: order 2 %.4f, full model %.4f nats:", s->paths[i].name, s->paths[i].cascade, s->paths[i].full);
        buf_char(&text, ' ');
        json_quote(&text, buf_view(&words));
        buf_char(&text, '\n');
        buf_free(&words);
    }
    bool ok = buf_ok(&text, err) && result_prose(s->result, buf_view(&text), err);
    buf_free(&text);
    return ok;
}

static bool give(const struct search *s, struct err *err)
{
    result_note(
        s->result,
        "a demonstration: %s was not trained with the barriers of a Markov transformer (Deng and Rush 2020), whose scores "
        "these would be",
        s->model.model->name);
    if (str_is(call_str(s->call, "list"), "paths"))
        return give_paths(s, err);
    bool person = strcmp(result_format(s->result), "table") == 0;
    return (!person || say(s, err)) && give_spans(s, err);
}

/* ---- the command ---- */

static bool make(struct search *s, const struct encoding *prompt, struct err *err)
{
    s->n = (size_t)call_int(s->call, "n");
    if (!read_keep(s, err) || !lattice_model_open(given_model(s->session, s->call, true, err), prompt, s->n, &s->model, err))
        return false;
    struct lattice_scorer scorer = lattice_model_scorer(&s->model);
    return lattice_make(&scorer, s->n, s->keep, s->arena, &s->lattice, err) && find_paths(s, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct given given;
    struct model *model = given_model(session, call, true, err);
    if (!model || !generate_head(model, err) || !given_read(call, model, &given, err))
        return false;
    struct search search = {.session = session, .call = call, .result = result, .arena = arena_new(err)};
    bool ok = search.arena && make(&search, &given.encoding, err) && give(&search, err);
    if (!ok && err && err->code != ERR_CANCELLED && err->code != ERR_PIPE && !err->column)
        given_blame(call, err);
    arena_free(search.arena);
    given_free(&given);
    return ok;
}

static const struct option options[] = {
    {.name = "n", .kind = VALUE_INT, .fallback = "5", .lo = 1, .hi = 200, .summary = "positions: so many new tokens"},
    {.name = "keep",
     .kind = VALUE_WORD,
     .fallback = "16",
     .summary = "candidates that stay a position: one number, or one an order"},
    {.name = "order", .kind = VALUE_ENUM, .values = "0|1|2|all", .fallback = "2", .summary = "whose candidates are listed"},
    {.name = "list",
     .kind = VALUE_ENUM,
     .values = "candidates|paths",
     .fallback = "candidates",
     .summary = "a row a candidate, or a row a path"},
    {.name = "beams", .kind = VALUE_INT, .fallback = "4", .lo = 1, .hi = 64, .summary = "of the beam search beside it"},
    OPTIONS_TEXT,
    {0}};
static const struct arg args[] = {ARGS_TEXT, {0}};

extern const struct command command_lattice;
const struct command command_lattice = {
    .name = "lattice",
    .group = "runs",
    .keywords = "cascaded decoding|markov transformer|viterbi|max-marginals|trigram|parallel decoding",
    .summary = "candidates for the next tokens, pruned by unigrams, bigrams and trigrams of the model",
    .help =
        "Cascaded decoding (Deng and Rush 2020). Order m scores a token by the model run over the m tokens before it alone, at "
        "their places (windows 0, 1, 2; order 0 stands on the token that begins a text), so that of the prompt only its last two "
        "tokens count; an encoder-decoder sees its whole source. At each order the max-marginal of every span of m+1 tokens is "
        "found exactly (the score of the best sequence in the lattice that holds it) and the best keep= a position stay; those "
        "that overlap are the spans of the next order. Listed are the survivors of order 2 with their score, max-marginal and "
        "the "
        "paths that hold them. Paths: the best of the lattice, and beam search under the full model, each with its order-2 score "
        "and its log-probability under the full model, in nats. No model here was trained with the barriers of their Markov "
        "transformer: this shows the method, not their system.",
    .examples = "lattice \"The ship was\"\n"
                "lattice \"The ship was\" n=8 keep=64,32,16 order=all format=csv\n"
                "lattice \"The ship was\" list=paths format=json",
    .options = options,
    .args = args,
    .run = run,
};
