/* Cascaded decoding. See lattice.h. */
#include "core/lattice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"

struct builder {
    const struct lattice_scorer *scorer;
    size_t n;
    struct arena *arena;
    struct lattice *lattice;
};

/* ---- spans of an order ---- */

static bool place_new(struct builder *b, size_t spans, struct lattice_place *out, struct err *err)
{
    out->n = out->scored = spans;
    out->spans = arena_zalloc(b->arena, spans, sizeof *out->spans, "the lattice", err);
    return out->spans != NULL;
}

/* What is no number is no score. */
static double finite_or_none(float score)
{
    return isfinite(score) ? (double)score : -INFINITY;
}

/* Order 0: every token. */
static bool all_tokens(struct builder *b, size_t position, struct lattice_place *out, struct err *err)
{
    size_t V = b->scorer->width;
    float *scores = mem_new(V, sizeof *scores, "the lattice", err);
    bool ok = scores && place_new(b, V, out, err) && b->scorer->score(b->scorer->context, 0, position, NULL, 0, 1, scores, err);
    for (size_t v = 0; ok && v < V; v++)
        out->spans[v] = (struct lattice_span){.ids = {(int32_t)v}, .n = 1, .score = finite_or_none(scores[v])};
    free(scores);
    return ok;
}

/* Does `next` begin with all but the first of what `span` ends in? Both of one order, at neighbouring positions. */
static bool follows(const struct lattice_span *span, const struct lattice_span *next)
{
    size_t shared = next->n - 1;
    return shared <= span->n && memcmp(span->ids + span->n - shared, next->ids, shared * sizeof *next->ids) == 0;
}

/* The spans of order m at a position: those that stayed before, end to end; scores of what comes after each context. */
static bool joined(struct builder *b, size_t order, size_t position, struct lattice_place *out, struct err *err)
{
    const struct lattice_place *here = &b->lattice->places[order - 1][position];
    const struct lattice_place *before = position ? here - 1 : NULL;
    size_t n = 0, contexts = before ? before->n : 1, m = before ? before->spans[0].n : 0, V = b->scorer->width, cells;
    if (!size_mul(contexts, V, &cells))
        return err_memory(err, SIZE_MAX, "the lattice");
    float *scores = mem_new(cells, sizeof *scores, "the lattice", err);
    int32_t *ids = mem_new(contexts * (m ? m : 1), sizeof *ids, "the lattice", err);
    bool ok = scores && ids;
    for (size_t c = 0; ok && before && c < contexts; c++)
        memcpy(ids + c * m, before->spans[c].ids, m * sizeof *ids);
    ok = ok && b->scorer->score(b->scorer->context, order, position, ids, m, contexts, scores, err);
    for (size_t i = 0; ok && i < contexts * here->n; i++)
        n += !before || follows(&before->spans[i / here->n], &here->spans[i % here->n]);
    ok = ok && place_new(b, n, out, err);
    for (size_t i = 0, at = 0; ok && i < contexts * here->n; i++) {
        const struct lattice_span *last = &here->spans[i % here->n];
        if (before && !follows(&before->spans[i / here->n], last))
            continue;
        struct lattice_span *span = &out->spans[at++];
        int32_t id = last->ids[last->n - 1];
        memcpy(span->ids, ids + i / here->n * m, m * sizeof *ids);
        span->ids[m] = id;
        span->n = m + 1;
        span->score = finite_or_none(scores[i / here->n * V + (size_t)id]);
    }
    free(scores);
    free(ids);
    return ok;
}

/* ---- max-marginals ---- */

/* The best forward (or backward, with the score) of those that the span follows (or that follow it); -inf where there is none. */
static double best(const struct lattice_place *place, const struct lattice_span *span, bool before)
{
    double most = -INFINITY;
    for (size_t i = 0; i < place->n; i++) {
        const struct lattice_span *other = &place->spans[i];
        double value = before ? other->forward : other->score + other->backward;
        if (value > most && (before ? follows(other, span) : follows(span, other)))
            most = value;
    }
    return most;
}

/* Of order 0 any token follows any other: one maximum serves all. */
static double best_at(const struct lattice_place *places, size_t at, bool before, size_t order, size_t span, double of_all)
{
    const struct lattice_place *place = &places[at];
    return order ? best(before ? place - 1 : place + 1, &place->spans[span], before) : of_all;
}

static double maximum(const struct lattice_place *place, bool before)
{
    double most = -INFINITY;
    for (size_t i = 0; i < place->n; i++)
        most = fmax(most, before ? place->spans[i].forward : place->spans[i].score + place->spans[i].backward);
    return most;
}

/* Best sums to the left of each span, with its own score, and to its right, without. */
static void pass_both_ways(struct lattice_place *places, size_t n, size_t order)
{
    for (size_t l = 0; l < n; l++) {
        double all = l && !order ? maximum(&places[l - 1], true) : 0;
        for (size_t i = 0; i < places[l].n; i++)
            places[l].spans[i].forward = places[l].spans[i].score + (l ? best_at(places, l, true, order, i, all) : 0);
    }
    for (size_t l = n; l-- > 0;) {
        double all = l + 1 < n && !order ? maximum(&places[l + 1], false) : 0;
        for (size_t i = 0; i < places[l].n; i++)
            places[l].spans[i].backward = l + 1 < n ? best_at(places, l, false, order, i, all) : 0;
    }
}

static int by_max_marginal(const void *a, const void *b)
{
    const struct lattice_span *x = a, *y = b;
    if (x->max_marginal != y->max_marginal)
        return x->max_marginal < y->max_marginal ? 1 : -1;
    for (size_t i = 0; i < x->n; i++)
        if (x->ids[i] != y->ids[i])
            return x->ids[i] < y->ids[i] ? -1 : 1;
    return 0;
}

/* What no sequence holds falls out with the rest. */
static void prune(struct lattice_place *place, size_t keep)
{
    for (size_t i = 0; i < place->n; i++)
        place->spans[i].max_marginal = place->spans[i].forward + place->spans[i].backward;
    qsort(place->spans, place->n, sizeof *place->spans, by_max_marginal);
    place->n = place->n < keep ? place->n : keep;
    while (place->n && place->spans[place->n - 1].max_marginal == -INFINITY)
        place->n--;
}

/* ---- the best path ---- */

/* Of those that stayed at the last order: the best of the first place, then the best that follows. */
static bool follow_best(struct lattice *lattice)
{
    const struct lattice_place *places = lattice->places[LATTICE_ORDERS - 1];
    const struct lattice_span *span = NULL;
    for (size_t l = 0; l < lattice->n; l++) {
        const struct lattice_span *next = NULL;
        for (size_t i = 0; i < places[l].n; i++) {
            const struct lattice_span *other = &places[l].spans[i];
            if ((!span || follows(span, other)) && (!next || other->score + other->backward > next->score + next->backward))
                next = other;
        }
        if (!next)
            return false;
        lattice->score += next->score;
        lattice->path[l] = next->ids[next->n - 1];
        span = next;
    }
    return isfinite(lattice->score);
}

static bool no_sequence(size_t order, struct err *err)
{
    return err_set(err, ERR_FORMAT, "no sequence of the lattice has a finite score at order %zu", order);
}

bool lattice_make(const struct lattice_scorer *scorer, size_t n, const size_t keep[LATTICE_ORDERS], struct arena *arena,
                  struct lattice *out, struct err *err)
{
    struct builder b = {.scorer = scorer, .n = n, .arena = arena, .lattice = out};
    *out = (struct lattice){.n = n, .path = arena_alloc(arena, n, sizeof *out->path, "the lattice", err)};
    bool ok = out->path != NULL;
    for (size_t order = 0; ok && order < LATTICE_ORDERS; order++) {
        struct lattice_place *places = arena_zalloc(arena, n, sizeof *places, "the lattice", err);
        ok = (out->places[order] = places) != NULL;
        for (size_t l = 0; ok && l < n; l++) {
            ok = !cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled");
            ok = ok && (order ? joined(&b, order, l, &places[l], err) : all_tokens(&b, l, &places[l], err));
        }
        if (!ok)
            break;
        pass_both_ways(places, n, order);
        for (size_t l = 0; ok && l < n; l++) {
            prune(&places[l], keep[order]);
            ok = places[l].n || no_sequence(order, err);
        }
    }
    if (!ok)
        return false;
    pass_both_ways(out->places[LATTICE_ORDERS - 1], n, LATTICE_ORDERS - 1);
    return follow_best(out) || no_sequence(LATTICE_ORDERS - 1, err);
}
