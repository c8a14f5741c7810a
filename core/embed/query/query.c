/* Answering questions. A scan of the 8-bit copy bounds every row's score; the k-th best lower bound is a threshold that the
 * answers reach; rows whose upper bound reaches it are computed exactly. See query.h, sketch.h. */
#include "core/embed/query/query.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/embed/query/sketch.h"

enum { BLOCK = 2048 };

bool query_resolve(struct vectors *v, struct query_term *terms, size_t n, bool fold, struct arena *arena, size_t *unknown_out,
                   struct err *err)
{
    *unknown_out = SIZE_MAX;
    if (!sketch_prepare(v, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        float *unit = arena_alloc(arena, v->E, sizeof *unit, "a question", err);
        if (!unit)
            return false;
        if (!vectors_of(v, terms[i].word, fold, unit, &terms[i].row)) {
            *unknown_out = i;
            return err_set(err, ERR_NOT_FOUND, "\"%.*s\" is not in %s", STR_ARGS(terms[i].word), v->name);
        }
        double norm = sqrt(dot_exact(unit, unit, v->E));
        if (!isfinite(norm)) {
            *unknown_out = i;
            return err_set(err, ERR_FORMAT, "\"%.*s\" has numbers in %s that are NaN or infinite", STR_ARGS(terms[i].word),
                           v->name);
        }
        if (norm == 0) {
            *unknown_out = i;
            return err_set(err, ERR_FORMAT, "all numbers of \"%.*s\" are 0 in %s: it has no direction, and so nothing is near to it",
                           STR_ARGS(terms[i].word), v->name);
        }
        for (size_t d = 0; d < v->E; d++)
            unit[d] = (float)((double)unit[d] / norm);
        terms[i].unit = unit;
    }
    return true;
}

double query_cosine(const struct vectors *v, const struct query_term *a, const struct query_term *b)
{
    return fmax(-1, fmin(1, dot_exact(a->unit, b->unit, v->E))); /* units are rounded, and may be a bit too long */
}

void query_centrality(const struct vectors *v, const struct query_term *terms, size_t n, float *out)
{
    double square = 0;
    for (size_t i = 0; i < n; i++) /* Σ of all products is the square of the sum's length */
        for (size_t k = 0; k < n; k++)
            square += dot_exact(terms[i].unit, terms[k].unit, v->E);
    for (size_t i = 0; i < n; i++) {
        double dot = 0;
        for (size_t k = 0; k < n; k++)
            dot += dot_exact(terms[i].unit, terms[k].unit, v->E);
        out[i] = square > 0 ? (float)(dot / sqrt(square)) : 0;
    }
}

/* ---- the k best lower bounds of a thread: a heap with the smallest on top ---- */

struct heap {
    float *values;
    size_t n, capacity;
};

static void heap_offer(struct heap *h, float value)
{
    if (h->n == h->capacity && !(value > h->values[0]))
        return;
    size_t at = 0;
    if (h->n < h->capacity) { /* rises */
        for (at = h->n++; at && h->values[(at - 1) / 2] > value; at = (at - 1) / 2)
            h->values[at] = h->values[(at - 1) / 2];
    } else { /* sinks from the top */
        for (size_t child; (child = 2 * at + 1) < h->n; at = child) {
            child += child + 1 < h->n && h->values[child + 1] < h->values[child];
            if (h->values[child] >= value)
                break;
            h->values[at] = h->values[child];
        }
    }
    h->values[at] = value;
}

static int falling(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* ---- the search ---- */

struct search {
    struct vectors *v;
    const struct query_method *method;
    const struct query_term *terms;
    size_t n_terms, n_probes, k;
    size_t V; /* rows to search, the first of the set */
    double constant;
    struct probe *probes;
    float *upper;       /* [V] */
    struct heap *heaps; /* [threads] */
    atomic_bool failed;
};

static void bound_block(void *context, size_t task, size_t thread)
{
    struct search *s = context;
    size_t V = s->V, begin = task * BLOCK, rows = V - begin < BLOCK ? V - begin : BLOCK;
    float *dots = pool_scratch(thread, 0, (2 * s->n_probes + 1) * BLOCK * sizeof *dots);
    if (!dots) {
        atomic_store(&s->failed, true);
        return;
    }
    float *slack = dots + s->n_probes * rows, *lower = slack + s->n_probes * rows, *upper = s->upper + begin;
    for (size_t p = 0; p < s->n_probes; p++)
        sketch_dots(s->v->sketch, &s->probes[p], begin, rows, dots + p * rows, slack + p * rows);
    s->method->bounds(s->terms, s->n_terms, rows, dots, slack, s->constant, lower, upper);
    struct heap *heap = &s->heaps[thread];
    for (size_t i = 0; i < rows; i++) {
        if (!(s->v->sketch->norms[begin + i] > 0)) /* NaN, or no direction */
            upper[i] = NAN;
        else
            heap_offer(heap, lower[i]);
    }
}

/* The k-th best lower bound of all threads, −infinity where there are fewer. */
static float threshold(struct search *s, size_t threads, struct err *err, bool *ok)
{
    size_t n = 0;
    for (size_t t = 0; t < threads; t++)
        n += s->heaps[t].n;
    float *all = mem_new(n ? n : 1, sizeof *all, "the answers", err), result = -INFINITY;
    *ok = all != NULL;
    if (!all)
        return result;
    n = 0;
    for (size_t t = 0; t < threads; t++) {
        memcpy(all + n, s->heaps[t].values, s->heaps[t].n * sizeof *all);
        n += s->heaps[t].n;
    }
    qsort(all, n, sizeof *all, falling);
    if (n >= s->k)
        result = all[s->k - 1];
    free(all);
    return result;
}

static int best_first(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->word > y->word) - (x->word < y->word);
}

static bool is_input(const struct query_term *terms, size_t n, size_t row)
{
    for (size_t i = 0; i < n; i++)
        if (terms[i].row == row)
            return true;
    return false;
}

/* Compute every row that may reach the threshold. */
static bool finish(struct search *s, float least, bool keep_inputs, size_t k, struct hit *hits_out, size_t *n_out,
                   struct err *err)
{
    size_t V = s->V, E = s->v->E, capacity = 0, n = 0;
    struct hit *hits = NULL;
    double *dots = mem_new(s->n_probes, sizeof *dots, "a question", err);
    float *row = mem_new(E, sizeof *row, "a vector", err);
    bool ok = dots && row;
    for (size_t i = 0; ok && i < V; i++) {
        if (!(s->upper[i] >= least) || (!keep_inputs && is_input(s->terms, s->n_terms, i)))
            continue;
        double norm = s->v->sketch->norms[i];
        vectors_row(s->v, i, row);
        for (size_t p = 0; p < s->n_probes; p++)
            dots[p] = norm > 0 ? dot_exact(row, s->probes[p].exact, E) / norm : 0;
        ok = mem_grow((void **)&hits, &capacity, n + 1, sizeof *hits, "the answers", err);
        if (ok)
            hits[n++] = (struct hit){i, (float)s->method->score(s->terms, s->n_terms, dots, s->constant)};
    }
    if (ok && n)
        qsort(hits, n, sizeof *hits, best_first);
    *n_out = n < k ? n : k;
    if (ok && n)
        memcpy(hits_out, hits, *n_out * sizeof *hits);
    free(hits);
    free(dots);
    free(row);
    return ok;
}

static bool search_run(struct search *s, bool keep_inputs, size_t k, struct hit *hits_out, size_t *n_out, struct err *err)
{
    size_t threads = pool_threads(), V = s->V;
    bool ok = true;
    s->k = k + (keep_inputs ? 0 : s->n_terms);
    if (s->k > V)
        s->k = V;
    s->upper = mem_new(V, sizeof *s->upper, "the scores", err);
    s->heaps = mem_new(threads, sizeof *s->heaps, "the answers", err);
    ok = s->upper && s->heaps;
    for (size_t t = 0; ok && t < threads; t++) {
        s->heaps[t].capacity = s->k;
        ok = (s->heaps[t].values = mem_new(s->k, sizeof(float), "the answers", err)) != NULL;
    }
    if (ok) {
        pool_run((V + BLOCK - 1) / BLOCK, bound_block, s);
        ok = s->failed ? err_memory(err, BLOCK * sizeof(float), "the scores") : true;
    }
    float least = ok ? threshold(s, threads, err, &ok) : 0;
    if (ok && cancel_requested())
        ok = err_set(err, ERR_CANCELLED, "cancelled");
    ok = ok && finish(s, least, keep_inputs, k, hits_out, n_out, err);
    for (size_t t = 0; s->heaps && t < threads; t++)
        free(s->heaps[t].values);
    free(s->heaps);
    free(s->upper);
    return ok;
}

static bool check_terms(const struct query_method *method, const struct query_term *terms, size_t n, struct err *err)
{
    size_t negative = 0, first = 0;
    for (size_t i = 0; i < n; i++)
        if (terms[i].negative && !negative++)
            first = i;
    if (negative == n)
        return err_set(err, ERR_ARG, "no word is added: at least one is needed");
    if (method->pair && (n != 3 || negative != 1 || first != 1))
        return err_set(err, ERR_ARG, "%s wants three words, A - B + C", method->name);
    return true;
}

bool query_best_of(struct vectors *v, size_t words, const struct query_method *method, const struct query_term *terms, size_t n,
                   bool keep_inputs, size_t k, struct hit *hits_out, size_t *n_out, struct err *err)
{
    struct search s = {.v = v, .method = method, .terms = terms, .n_terms = n, .V = words && words < v->V ? words : v->V};
    *n_out = 0;
    if (!check_terms(method, terms, n, err) || !sketch_prepare(v, err))
        return false;
    float *directions = mem_new(n > 2 ? n : 2, v->E * sizeof *directions, "a question", err);
    s.probes = mem_new(n > 2 ? n : 2, sizeof *s.probes, "a question", err);
    bool ok = directions && s.probes;
    size_t wanted = ok ? method->directions(terms, n, v->E, directions) : 0;
    if (ok && !wanted)
        ok = err_set(err, ERR_ARG, "the words cancel each other out: what is left has no direction");
    s.constant = ok && method->constant ? method->constant(terms, n, v->E) : 0;
    for (; ok && s.n_probes < wanted; s.n_probes++)
        ok = probe_make(v->sketch, directions + s.n_probes * v->E, v->E, &s.probes[s.n_probes], err);
    ok = ok && search_run(&s, keep_inputs, k < s.V ? k : s.V, hits_out, n_out, err);
    for (size_t p = 0; s.probes && p < s.n_probes; p++)
        probe_free(&s.probes[p]);
    free(s.probes);
    free(directions);
    return ok;
}

bool query_best(struct vectors *v, const struct query_method *method, const struct query_term *terms, size_t n, bool keep_inputs,
                size_t k, struct hit *hits_out, size_t *n_out, struct err *err)
{
    return query_best_of(v, 0, method, terms, n, keep_inputs, k, hits_out, n_out, err);
}
