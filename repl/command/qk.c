/* qk: one query–key pair of a head: the content product dimension by dimension, then the other terms, up to the score. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/map/map_list.h"
#include "repl/result/result.h"
#include "repl/run/token_choice.h"

struct pair {
    const struct run *run;
    const struct attention *a;
    struct site site;
    size_t query, key;
};
struct dimension {
    size_t d;
    double q, k, value;
};

static int by_magnitude(const void *a, const void *b)
{
    const struct dimension *x = a, *y = b;
    double p = fabs(x->value), q = fabs(y->value);
    if (p != q)
        return p < q ? 1 : -1;
    return x->d < y->d ? -1 : x->d > y->d;
}

/* The cell of a map. */
static bool cell_of(const struct pair *pair, struct part part, double *out, struct err *err)
{
    float *row = mem_new(pair->a->Tk, sizeof *row, "a row of a map", err);
    bool ok = row && run_map(pair->run, pair->site, part, pair->query, 1, row, err);
    if (ok)
        *out = (double)row[pair->key];
    free(row);
    return ok;
}

/* The term that is the plain product of query and key, or -1. */
static int content_term(const struct attention *a)
{
    for (int t = 0; a->terms[t]; t++)
        if (a->terms[t]->logits == term_content_logits || strcmp(a->terms[t]->name, "c2c") == 0 ||
            strcmp(a->terms[t]->name, "content") == 0)
            return t;
    return -1;
}

static bool give(struct result *result, const char *part, const struct dimension *d, double value, struct err *err)
{
    struct cell_value none = {.kind = CELL_NONE};
    struct cell_value cells[] = {
        {.kind = CELL_TEXT, .text = str_of(part)},
        d ? (struct cell_value){.kind = CELL_INT, .integer = (long long)d->d} : none,
        d ? (struct cell_value){.kind = CELL_NUMBER, .number = d->q, .digits = 4} : none,
        d ? (struct cell_value){.kind = CELL_NUMBER, .number = d->k, .digits = 4} : none,
        {.kind = CELL_NUMBER, .number = value, .digits = 6}};
    return result_row(result, cells, 5, err);
}

/* q_d · k_d · scale of every dimension, largest first; beyond `top` the rest as one line. */
static bool give_dimensions(struct result *result, const struct pair *pair, const char *name, size_t top, struct err *err)
{
    const struct attention *a = pair->a;
    size_t kv = pair->site.head / (a->H / a->Hkv);
    struct dimension *dims = mem_new(a->D, sizeof *dims, "the dimensions", err);
    if (!dims)
        return false;
    for (size_t d = 0; d < a->D; d++) {
        double q = (double)a->q.data[pair->query * a->q.row + pair->site.head * a->q.step + d];
        double k = (double)a->k.data[pair->key * a->k.row + kv * a->k.step + d];
        dims[d] = (struct dimension){d, q, k, q * k * (double)a->scale};
    }
    qsort(dims, a->D, sizeof *dims, by_magnitude);
    double rest = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < a->D; i++) {
        if (top && i >= top)
            rest += dims[i].value;
        else
            ok = give(result, name, &dims[i], dims[i].value, err);
    }
    if (ok && top && a->D > top) {
        char line[64];
        snprintf(line, sizeof line, "%s (%zu others)", name, a->D - top);
        ok = give(result, line, NULL, rest, err);
    }
    free(dims);
    return ok;
}

static bool give_pair(struct result *result, const struct pair *pair, size_t top, struct err *err)
{
    const struct attention *a = pair->a;
    int content = content_term(a);
    double sum = 0, value, score, prob;
    if (content >= 0 && !give_dimensions(result, pair, a->terms[content]->name, top, err))
        return false;
    for (int t = 0; a->terms[t]; t++) {
        char name[64];
        snprintf(name, sizeof name, t == content ? "%s (sum)" : "%s", a->terms[t]->name);
        if (attention_dropped(a, pair->site.head) >> t & 1)
            continue;
        if (!cell_of(pair, (struct part){PART_LOGITS, 1u << t}, &value, err) || !give(result, name, NULL, value, err))
            return false;
        sum += value;
    }
    if (!cell_of(pair, (struct part){PART_SCORES, 0}, &score, err) || !cell_of(pair, (struct part){PART_PROBS, 0}, &prob, err))
        return false;
    bool changed = a->mix_scores || a->cap > 0; /* the score is not the sum where heads are mixed or scores capped */
    if (changed && !give(result, a->cap > 0 ? "cap" : "other heads (mixed in)", NULL, score - sum, err))
        return false;
    return give(result, "score", NULL, score, err) && give(result, "probability", NULL, prob, err);
}

/* Exactly one token; else an error at the option. */
static bool one_token(const struct call *call, struct spelled spelled, const char *option, size_t *out, struct err *err)
{
    size_t *tokens, n;
    if (!call_given(call, option))
        return err_set(err, ERR_ARG, "qk wants one query and one key: qk L2.H1 q=3 k=5");
    if (!select_tokens(spelled, call_str(call, option), &tokens, &n, err)) {
        err_prefix(err, "%s=: ", option);
        return call_blame_option(call, option, err);
    }
    *out = tokens[0];
    free(tokens);
    if (n == 1)
        return true;
    err_set(err, ERR_ARG, "%s= means %zu tokens, qk looks at one: %s=INDEX, or TEXT#2 for a text's second place", option, n, option);
    return call_blame_option(call, option, err);
}

/* Given maps have none. */
static bool has_queries(const struct pair *pair, struct err *err)
{
    return pair->a->q.data || err_set(err, ERR_ARG, "the run was opened from a file of tensors: %s has maps, no queries and keys",
                                      pair->run->model->name);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct map_list list;
    struct pair pair;
    if (!map_list_make(session, call, &list, err))
        return false;
    pair = (struct pair){.run = list.runs[0]->run, .site = list.sites[0].site[0]};
    bool ok = list.sites[0].n == 1;
    if (!ok) {
        err_set(err, ERR_ARG, "qk looks at one head, the selector picks %zu: qk L2.H1 q=3 k=5", list.sites[0].n);
        call_blame(call, call_arg(call, ARG_SELECTOR, 0), err);
    }
    ok = ok && (pair.a = run_attention(pair.run, pair.site, err)) != NULL &&
         has_queries(&pair, err) && one_token(call, spelled_of(pair.run, pair.a->queries, 0), "q", &pair.query, err) &&
         one_token(call, spelled_of(pair.run, pair.a->keys, 0), "k", &pair.key, err);
    bool all = !result_wants_picture(result) && !call_given(call, "top");
    ok = ok && result_columns(result, "part,dim,q,k,value", err) &&
         give_pair(result, &pair, all ? 0 : (size_t)call_int(call, "top"), err);
    if (ok) {
        maps_note(session, list.runs[0], &list.sites[0], result);
        maps_remember(session, &list);
    }
    map_list_free(&list);
    return ok;
}

static const struct option options[] = {
    {"q", VALUE_TOKENS, NULL, NULL, "the query: an index or a token's text", 0, 0},
    {"k", VALUE_TOKENS, NULL, NULL, "the key: an index or a token's text", 0, 0},
    {"top", VALUE_INT, NULL, "12", "so many dimensions, 0: all (in CSV and JSON all are the default)", 0, 1000000},
    {0},
};
static const struct arg args[] = {
    {"@RUN", ARG_RUN, true, false, "a run; the last where none is named"},
    {"SELECTOR", ARG_SELECTOR, true, false, "one head; the last one shown where none is named"},
    {0},
};
const struct command command_qk = {
    .name = "qk",
    .group = "maps",
    .keywords = "neuron view|neuron|dot product|query key|dimensions|bertviz",
    .summary = "one query and key of a head, dimension by dimension",
    .help = "The content term is the sum over dimensions of q times k times the scale: those dimensions first, the largest\n"
            "ahead. Then the other terms of the scores, and what they add up to: the score, and its probability.",
    .examples = "qk L2.H1 q=3 k=5\nqk L2.H1 q=tired k=cat top=0\nqk L2.H1 q=3 k=5 format=csv",
    .options = options,
    .args = args,
    .run = run,
};
