/* Routing over many texts. See routing_texts.h. */
#include "core/measure/routing_texts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/random.h"

enum { DRAWS = 1000, TOKENS = 0, ENTROPY, DROPPED, SENT /* N of them, then N probabilities */ };

static size_t width(const struct routing_layer_texts *layer)
{
    return SENT + 2 * layer->N;
}

/* ---- adding up ---- */

/* The layer of these routes, added where it is new; NULL: no memory. */
static struct routing_layer_texts *layer_of(struct routing_texts *texts, const struct routing *r, struct err *err)
{
    for (size_t i = 0; i < texts->n; i++)
        if (texts->layers[i].stack == r->stack && texts->layers[i].layer == r->layer)
            return &texts->layers[i];
    struct routing_layer_texts *grown = realloc(texts->layers, (texts->n + 1) * sizeof *grown);
    if (!grown) {
        err_memory(err, (texts->n + 1) * sizeof *grown, "the routes");
        return NULL;
    }
    texts->layers = grown;
    grown[texts->n] = (struct routing_layer_texts){.stack = r->stack, .layer = r->layer, .N = r->N, .k = r->k};
    return &grown[texts->n++];
}

static bool add_text(struct routing_layer_texts *layer, const struct routing *r, struct err *err)
{
    size_t n = width(layer);
    if (!mem_grow((void **)&layer->sums, &layer->capacity, (layer->texts + 1) * n, sizeof *layer->sums, "the routes", err))
        return false;
    double *sums = layer->sums + layer->texts++ * n;
    memset(sums, 0, n * sizeof *sums);
    sums[TOKENS] = (double)r->T;
    for (size_t t = 0; t < r->T; t++) {
        sums[ENTROPY] += routing_entropy(r, t);
        sums[DROPPED] += r->dropped && r->dropped[t] ? 1 : 0;
        for (size_t c = 0; c < r->k; c++)
            sums[SENT + (size_t)r->chosen[t * r->k + c]]++;
        for (size_t e = 0; e < r->N; e++)
            sums[SENT + r->N + e] += (double)r->probs[t * r->N + e];
    }
    return true;
}

bool routing_texts_add(struct routing_texts *texts, const struct run *run, size_t text, struct err *err)
{
    for (size_t i = 0; i < run->n_kept; i++) {
        const struct kept *kept = &run->kept[i];
        struct routing r;
        if (strcmp(kept->name, "router") != 0 || !routing_is(run, kept->stack, kept->layer))
            continue;
        struct routing_layer_texts *layer =
            routing_of(run, kept->stack, kept->layer, text, &r, err) ? layer_of(texts, &r, err) : NULL;
        if (!layer || !add_text(layer, &r, err))
            return false;
    }
    return true;
}

void routing_texts_free(struct routing_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        free(texts->layers[i].sums);
    free(texts->layers);
    *texts = (struct routing_texts){0};
}

const struct routing_layer_texts *routing_texts_layer(const struct routing_texts *texts, enum stack_kind stack, size_t layer)
{
    for (size_t i = 0; i < texts->n; i++)
        if (texts->layers[i].stack == stack && texts->layers[i].layer == layer)
            return &texts->layers[i];
    return NULL;
}

/* ---- estimates ---- */

static double nats(double p)
{
    return p > 0 ? -p * log(p) : 0;
}

/* The numbers of one draw from its sums, in the order of slots: entropy, load entropy, balance, dropped, shares, means. */
static void numbers_of(const struct routing_layer_texts *layer, const double *sums, double *out)
{
    size_t N = layer->N;
    double T = sums[TOKENS], load = 0, balance = 0;
    for (size_t e = 0; e < N; e++) {
        double sent = sums[SENT + e] / T, mean = sums[SENT + N + e] / T;
        out[4 + e] = sent / (double)layer->k;
        out[4 + N + e] = mean;
        load += nats(out[4 + e]);
        balance += sent * mean;
    }
    out[0] = sums[ENTROPY] / T;
    out[1] = load;
    out[2] = (double)N * balance;
    out[3] = sums[DROPPED] / T;
}

static void add_sums(const struct routing_layer_texts *layer, size_t text, double *sums)
{
    for (size_t i = 0, n = width(layer); i < n; i++)
        sums[i] += layer->sums[text * n + i];
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* draws [DRAWS] of one slot; sorts them. */
static struct estimate estimate_of(double value, double *draws)
{
    qsort(draws, DRAWS, sizeof *draws, by_value);
    return (struct estimate){value, draws[DRAWS / 40], draws[DRAWS - 1 - DRAWS / 40]};
}

/* draws [slots, DRAWS]. */
static bool draw(const struct routing_layer_texts *layer, uint64_t seed, double *sums, double *numbers, double *draws,
                 struct err *err)
{
    uint64_t state = random_stream(seed, layer->layer);
    for (size_t d = 0; d < DRAWS; d++) {
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        memset(sums, 0, width(layer) * sizeof *sums);
        for (size_t i = 0; i < layer->texts; i++)
            add_sums(layer, random_below((uint32_t)(random_next(&state) >> 32), (uint32_t)layer->texts), sums);
        numbers_of(layer, sums, numbers);
        for (size_t s = 0; s < 4 + 2 * layer->N; s++)
            draws[s * DRAWS + d] = numbers[s];
    }
    return true;
}

bool routing_estimate(const struct routing_layer_texts *layer, uint64_t seed, struct arena *arena, struct routing_estimates *out,
                      struct err *err)
{
    size_t N = layer->N, slots = 4 + 2 * N;
    double *sums = arena_zalloc(arena, width(layer), sizeof *sums, "the routes", err);
    double *numbers = arena_alloc(arena, 2 * slots, sizeof *numbers, "the routes", err);
    double *draws = arena_alloc(arena, slots * DRAWS, sizeof *draws, "the routes", err);
    struct estimate *all = arena_alloc(arena, slots, sizeof *all, "the routes", err);
    if (!sums || !numbers || !draws || !all)
        return false;
    for (size_t i = 0; i < layer->texts; i++)
        add_sums(layer, i, sums);
    numbers_of(layer, sums, numbers);
    out->tokens = (size_t)sums[TOKENS];
    if (!draw(layer, seed, sums, numbers + slots, draws, err))
        return false;
    for (size_t s = 0; s < slots; s++)
        all[s] = estimate_of(numbers[s], draws + s * DRAWS);
    out->entropy = all[0];
    out->load_entropy = all[1];
    out->balance = all[2];
    out->dropped = all[3];
    out->share = all + 4;
    out->mean = all + 4 + N;
    return true;
}
