/* Parts of a prompt in other places. See segments_shuffled.h. */
#include "core/measure/segments_shuffled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/random.h"

size_t segment_movable(const struct segments *parts, const bool *held, size_t *moved)
{
    size_t m = 0;
    for (size_t p = 0; p < parts->n; p++)
        if (!held[p] && !parts->second[p]) {
            if (moved)
                moved[m] = p;
            m++;
        }
    return m;
}

void segment_order(const struct segment_shuffle *shuffle, size_t round, size_t m, size_t *order, size_t *scratch)
{
    uint64_t state = random_stream(shuffle->seed, round / m);
    for (size_t i = 0; i < m; i++)
        scratch[i] = i;
    for (size_t i = m; i > 1; i--) { /* Durstenfeld 1964 */
        size_t at = random_next(&state) % i, swap = scratch[at];
        scratch[at] = scratch[i - 1];
        scratch[i - 1] = swap;
    }
    for (size_t i = 0; i < m; i++)
        order[i] = scratch[(i + round) % m];
}

/* ---- the prompt of a round ---- */

/* Tokens of the base in a new order; the place that each stands in. */
struct arranged {
    struct encoding text;
    uint32_t *home;
    size_t n;
};

static bool put(struct arranged *out, const struct token *token, uint32_t place, struct err *err)
{
    struct token *to = &out->text.tokens[out->n];
    *to = *token;
    out->home[out->n++] = place;
    return arena_str(out->text.arena, token->string, &to->string, err);
}

/* at [n]: the part that stands in each place. Tokens of no part keep their place before, between and behind the parts. */
static bool arrange(const struct encoding *base, const struct segments *parts, const size_t *at, struct arranged *out,
                    struct err *err)
{
    bool ok = encoding_new(&out->text, base->n, err);
    size_t next = 0;
    for (size_t place = 0; ok && place < parts->n; place++) {
        for (; ok && next < parts->begin[place]; next++)
            ok = parts->home[next] != SEGMENT_APART || put(out, &base->tokens[next], SEGMENT_APART, err);
        next = parts->end[place];
        for (size_t t = parts->begin[at[place]]; ok && t < parts->end[at[place]]; t++)
            ok = put(out, &base->tokens[t], (uint32_t)place, err);
    }
    for (; ok && next < base->n; next++)
        ok = put(out, &base->tokens[next], SEGMENT_APART, err);
    return ok;
}

/* ---- a round ---- */

struct round {
    const struct run *base;
    const struct site *sites;
    size_t n, m;
    const struct segments *queries, *parts;
    const struct segment_shuffle *shuffle;
    size_t *moved, *order, *at;
    const struct segments **query_parts, **key_parts; /* [n] */
    struct segment_map *maps;                         /* [n] */
};

static bool run_arranged(struct round *r, struct model *model, struct arranged *arranged, struct run **out, struct err *err)
{
    struct encoding target = {0};
    const struct run *base = r->base;
    if (base->target && !encoding_copy(&base->target->texts[0], &target, err)) {
        encoding_free(&target);
        return false;
    }
    struct run_inputs inputs = {.texts = &arranged->text,
                                .targets = base->target ? &target : NULL,
                                .n_texts = 1,
                                .interventions = base->interventions.at,
                                .n_interventions = base->interventions.n,
                                .global = base->global,
                                .n_global = base->n_global,
                                .mask = base->mask,
                                .capacity = base->capacity};
    *out = run_new(model, &inputs, NULL, err);
    arranged->text = (struct encoding){0}; /* taken */
    return *out != NULL;
}

/* The parts of the arranged prompt are its places. */
static void places_of(const struct round *r, const struct tokens *axis, const uint32_t *home, struct segments *out)
{
    for (size_t t = 0; t < out->T; t++)
        out->part[t] = segment_apart(&axis->texts[0].tokens[t], t, r->shuffle->sinks) ? SEGMENT_APART : home[t];
}

static bool one_round(struct round *r, struct model *model, size_t round, struct segments *places, struct segment_rounds *out,
                      struct err *err)
{
    struct arranged arranged = {.home = places->home};
    struct run *run = NULL;
    segment_order(r->shuffle, round, r->m, r->order, r->at);
    for (size_t p = 0; p < r->parts->n; p++)
        r->at[p] = p;
    for (size_t k = 0; k < r->m; k++)
        r->at[r->moved[k]] = r->moved[r->order[k]];
    bool ok =
        arrange(&r->base->tokens->texts[0], r->parts, r->at, &arranged, err) && run_arranged(r, model, &arranged, &run, err);
    encoding_free(&arranged.text);
    if (ok) {
        places_of(r, run->tokens, places->home, places);
        ok = segment_maps_fill(run, r->sites, r->n, r->query_parts, r->key_parts, r->shuffle->sinks, NULL, r->maps, err);
    }
    for (size_t s = 0; ok && s < r->n; s++)
        for (size_t k = 0; k < r->m; k++) {
            size_t cell = r->shuffle->from * (r->parts->n + 1) + r->moved[k];
            out[s].mass[round * r->m + k] = r->maps[s].mass[cell];
            out[s].share[round * r->m + k] = r->maps[s].share[cell];
        }
    run_free(run);
    return ok;
}

static bool prepare(struct round *r, struct segments *places, struct arena *arena, struct segment_rounds *out, struct err *err)
{
    size_t n = r->parts->n, cells = r->shuffle->rounds * r->m;
    *places = *r->parts;
    places->part = arena_alloc(arena, places->T, sizeof *places->part, "parts", err);
    places->home = arena_alloc(arena, places->T, sizeof *places->home, "parts", err);
    r->order = arena_alloc(arena, n, sizeof *r->order, "parts", err);
    r->at = arena_alloc(arena, n, sizeof *r->at, "parts", err);
    r->query_parts = arena_alloc(arena, r->n, sizeof *r->query_parts, "parts", err);
    r->key_parts = arena_alloc(arena, r->n, sizeof *r->key_parts, "parts", err);
    r->maps = arena_alloc(arena, r->n, sizeof *r->maps, "parts", err);
    if (!places->part || !places->home || !r->order || !r->at || !r->query_parts || !r->key_parts || !r->maps)
        return false;
    for (size_t s = 0; s < r->n; s++) {
        r->query_parts[s] = r->queries == r->parts ? places : r->queries;
        r->key_parts[s] = places;
        out[s].mass = arena_alloc(arena, cells, sizeof *out[s].mass, "mass of parts", err);
        out[s].share = arena_alloc(arena, cells, sizeof *out[s].share, "mass of parts", err);
        if (!out[s].mass || !out[s].share || !segment_map_new(r->query_parts[s]->n, n, arena, &r->maps[s], err))
            return false;
    }
    return true;
}

bool segments_shuffled(struct model *model, const struct run *base, const struct site *sites, size_t n,
                       const struct segments *queries, const struct segments *parts, const struct segment_shuffle *shuffle,
                       const struct watch *watch, struct arena *arena, struct segment_rounds *out, struct err *err)
{
    struct round r = {.base = base, .sites = sites, .n = n, .queries = queries, .parts = parts, .shuffle = shuffle};
    struct segments places;
    r.moved = arena_alloc(arena, parts->n, sizeof *r.moved, "parts", err);
    if (!r.moved)
        return false;
    r.m = segment_movable(parts, shuffle->held, r.moved);
    bool ok = prepare(&r, &places, arena, out, err);
    for (size_t round = 0; ok && round < shuffle->rounds; round++) {
        ok = one_round(&r, model, round, &places, out, err);
        if (ok && watch && watch->progress)
            watch->progress(watch->context, round + 1, shuffle->rounds);
    }
    return ok;
}

/* ---- summed up ---- */

/* Σ n·(mean − all)² over groups of equal size. */
static double between(const double *means, size_t m, size_t n, double all)
{
    double sum = 0;
    for (size_t k = 0; k < m; k++)
        sum += (double)n * (means[k] - all) * (means[k] - all);
    return sum;
}

bool segment_effect_of(const struct segment_shuffle *shuffle, size_t m, const struct segment_rounds *rounds, struct arena *arena,
                       struct segment_effect *out, struct err *err)
{
    double *means = arena_zalloc(arena, 4 * m, sizeof *means, "mass of parts", err), all = 0, total = 0;
    size_t *order = arena_alloc(arena, 2 * m, sizeof *order, "parts", err), N = shuffle->rounds;
    if (!means || !order)
        return false;
    *out = (struct segment_effect){.place_mass = means,
                                   .place_share = means + m,
                                   .content_mass = means + 2 * m,
                                   .content_share = means + 3 * m,
                                   .place = NAN,
                                   .content = NAN};
    for (size_t i = 0; i < N * m; i++) {
        size_t k = i % m;
        if (k == 0)
            segment_order(shuffle, i / m, m, order, order + m);
        out->place_mass[k] += rounds->mass[i] / (double)N;
        out->place_share[k] += rounds->share[i] / (double)N;
        out->content_mass[order[k]] += rounds->mass[i] / (double)N;
        out->content_share[order[k]] += rounds->share[i] / (double)N;
        all += rounds->mass[i] / (double)(N * m);
    }
    for (size_t i = 0; i < N * m; i++)
        total += (rounds->mass[i] - all) * (rounds->mass[i] - all);
    if (total > 0) {
        out->place = between(out->place_mass, m, N, all) / total;
        out->content = between(out->content_mass, m, N, all) / total;
    }
    return true;
}
