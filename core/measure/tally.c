/* Sums over a corpus. See tally.h.
 *
 * A pass is counted in two steps: first every head's numbers of all its texts are made (beside other passes), which may fail or be
 * cancelled; then they are added (heads on the pool), which does not. So a pass is counted whole or not at all. */
#include "core/measure/tally.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/base/random.h"
#include "core/measure/column.h"

size_t tally_places(const struct tally *tally)
{
    return tally->shape.places + TALLY_ENDS;
}

uint64_t tally_hash(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3u;
    return hash;
}

/* ---- making and freeing ---- */

void tally_shape_free(struct tally_shape *shape)
{
    free(shape->model);
    free(shape->sites);
    for (size_t m = 0; m < shape->n_measures; m++)
        free(shape->measures[m]);
}

static bool shape_copy(const struct tally_shape *from, struct tally_shape *to, struct err *err)
{
    *to = *from;
    to->n_measures = 0;
    to->sites = mem_new(from->n_sites, sizeof *to->sites, "heads of a tally", err);
    to->model = mem_copy_str(str_of(from->model), err);
    if (to->sites)
        memcpy(to->sites, from->sites, from->n_sites * sizeof *to->sites);
    bool ok = to->sites && to->model;
    while (ok && to->n_measures < from->n_measures) {
        char *name = mem_copy_str(str_of(from->measures[to->n_measures]), err);
        if ((ok = name != NULL))
            to->measures[to->n_measures++] = name;
    }
    if (!ok)
        tally_shape_free(to);
    return ok;
}

bool tally_new(const struct tally_shape *shape, struct tally *out, struct err *err)
{
    size_t values, cells, places;
    *out = (struct tally){.shortest = UINT64_MAX};
    if (!size_mul(shape->n_sites, shape->n_measures, &values) || !size_add(shape->places, TALLY_ENDS, &places) ||
        !size_mul(shape->n_sites, places, &cells))
        return err_set(err, ERR_LIMIT, "a tally of %zu heads, %zu places is too large", shape->n_sites, shape->places);
    if (!shape_copy(shape, &out->shape, err)) {
        *out = (struct tally){0};
        return false;
    }
    out->values = mem_new(values + 1, sizeof *out->values, "sums of measures", err);
    out->cells = mem_new(cells, sizeof *out->cells, "sums by index", err);
    out->not_finite = mem_new(shape->n_sites, sizeof *out->not_finite, "counts of maps", err);
    out->sinks = mem_new(1, sizeof *out->sinks, "counts of sinks", err);
    if (out->values && out->cells && out->not_finite && out->sinks)
        return true;
    tally_free(out);
    *out = (struct tally){0};
    return false;
}

static void token_free(struct tally_token *token)
{
    if (!token)
        return;
    free(token->string);
    free(token->keys);
    free(token);
}

void tally_free(struct tally *tally)
{
    tally_shape_free(&tally->shape);
    free(tally->values);
    free(tally->cells);
    free(tally->not_finite);
    free(tally->sinks);
    for (size_t i = 0; i < tally->n_ids; i++)
        token_free(tally->by_id[i]);
    free(tally->by_id);
    for (size_t i = 0; i < tally->n_pieces; i++)
        free(tally->pieces[i].corpus);
    free(tally->pieces);
}

struct tally_token *tally_token(struct tally *t, size_t id, struct str string, bool special, struct err *err)
{
    if (id >= t->n_ids) {
        size_t before = t->n_ids, capacity = t->n_ids;
        if (!mem_grow((void **)&t->by_id, &capacity, id + 1, sizeof *t->by_id, "tokens of a tally", err))
            return NULL;
        t->n_ids = capacity;
        for (size_t i = before; i < t->n_ids; i++)
            t->by_id[i] = NULL;
    }
    if (t->by_id[id])
        return t->by_id[id];
    struct tally_token *token = mem_new(1, sizeof *token, "a token of a tally", err);
    if (!token)
        return NULL;
    token->keys = mem_new(t->shape.n_sites, sizeof *token->keys, "a token of a tally", err);
    token->string = mem_copy_str(string, err);
    token->bytes = string.n;
    token->special = special;
    if (!token->keys || !token->string) {
        token_free(token);
        return NULL;
    }
    return t->by_id[id] = token;
}

/* ---- a pass ---- */

struct pass {
    struct tally_observer *observer;
    const struct scan_text *texts;
    size_t n;
    size_t *starts;              /* [n + 1] first key of each text */
    double *values;              /* [n_sites, n, n_measures] NaN: none */
    struct column_draw *draws;   /* [n_sites, starts[n]] */
    size_t *keys;                /* [n_sites, n] keys of the map; 0: it is not finite */
    const struct tokens **axes;  /* [n_sites, n] whose tokens these are */
    struct tally_token **tokens; /* [starts[n]] of the texts' own tokens; NULL: not counted */
    unsigned char *sinks;        /* [n_sites, n, TALLY_THRESHOLDS] */
    struct err *errs;            /* [n_sites] */
};

static bool measure_map(struct pass *p, size_t s, size_t i, float *probs, unsigned char *special, struct err *err)
{
    const struct tally_shape *shape = &p->observer->tally->shape;
    struct site site = shape->sites[s];
    site.text = p->texts[i].text;
    const struct run *run = p->texts[i].run;
    const struct attention *a = run_attention(run, site, err);
    if (!a || !run_map(run, site, (struct part){.kind = PART_PROBS}, 0, a->Tq, probs, err))
        return false;
    double *values = p->values + (s * p->n + i) * shape->n_measures;
    bool broken = map_not_finite(a, probs);
    const struct encoding *text = a->keys && a->text < a->keys->n_texts ? &a->keys->texts[a->text] : NULL;
    memset(special, 0, a->Tk);
    for (size_t j = 0; text && j < a->Tk && j < text->n; j++)
        special[j] = text->tokens[j].special_id;
    struct column_draw *draws = p->draws + s * p->starts[p->n] + p->starts[i];
    if (!broken)
        column_draws(probs, a, NULL, draws);
    for (size_t m = 0; m < shape->n_measures; m++) {
        struct measure_input input = {run, a, site, probs, special, draws};
        const struct measure *measure = p->observer->measures[m];
        values[m] = NAN;
        if (!broken && !measure_refusal(measure, a) && !measure->value(&input, &values[m], err))
            return false;
    }
    p->keys[s * p->n + i] = broken ? 0 : a->Tk;
    p->axes[s * p->n + i] = a->keys;
    return true;
}

/* Room for the largest map of a head among the texts; how many keys that has. */
static bool largest_map(const struct pass *p, size_t s, size_t *cells_out, size_t *keys_out, struct err *err)
{
    *cells_out = *keys_out = 1;
    for (size_t i = 0; i < p->n; i++) {
        struct site site = p->observer->tally->shape.sites[s];
        site.text = p->texts[i].text;
        const struct attention *a = run_attention(p->texts[i].run, site, err);
        size_t cells;
        if (!a)
            return false;
        if (!size_mul(a->Tq, a->Tk, &cells) || a->Tk > p->starts[i + 1] - p->starts[i])
            return err_set(err, ERR_LIMIT, "a map of %zu × %zu has more keys than its text tokens", a->Tq, a->Tk);
        *cells_out = cells > *cells_out ? cells : *cells_out;
        *keys_out = a->Tk > *keys_out ? a->Tk : *keys_out;
    }
    return true;
}

static void measure_site_texts(void *context, size_t s, size_t thread)
{
    (void)thread;
    struct pass *p = context;
    struct err *err = &p->errs[s];
    size_t cells, keys;
    float *probs = NULL;
    unsigned char *special = NULL;
    if (cancel_requested()) {
        err_set(err, ERR_CANCELLED, "cancelled");
        return;
    }
    bool ok = largest_map(p, s, &cells, &keys, err) && (probs = mem_new(cells, sizeof *probs, "an attention map", err)) &&
              (special = mem_new(keys, 1, "marks of special tokens", err));
    for (size_t i = 0; ok && i < p->n; i++)
        ok = measure_map(p, s, i, probs, special, err);
    if (!ok && err->code == ERR_NONE)
        err_set(err, ERR_FORMAT, "a measure has no value here");
    free(probs);
    free(special);
}

/* ---- adding ---- */

static void add_place(struct tally_cell *cell, const struct column_draw *draw)
{
    bool ok = exact_add(&cell->mass, draw->mass) && exact_add(&cell->square, draw->mass * draw->mass) &&
              exact_add(&cell->ratio, draw->ratio);
    cell->n += ok;
    cell->columns += draw->is_column;
    for (size_t e = 0; e < TALLY_THRESHOLDS; e++)
        cell->over[e] += draw->alpha > TALLY_THRESHOLD(e);
}

static void add_site_texts(void *context, size_t s, size_t thread)
{
    (void)thread;
    struct pass *p = context;
    struct tally *t = p->observer->tally;
    const struct tally_shape *shape = &t->shape;
    struct tally_cell *cells = t->cells + s * tally_places(t);
    for (size_t i = 0; i < p->n; i++) {
        const double *values = p->values + (s * p->n + i) * shape->n_measures;
        const struct column_draw *draws = p->draws + s * p->starts[p->n] + p->starts[i];
        size_t keys = p->keys[s * p->n + i];
        bool own = p->axes[s * p->n + i] == p->texts[i].run->tokens;
        t->not_finite[s] += keys == 0;
        for (size_t m = 0; m < shape->n_measures; m++) {
            struct tally_value *value = &t->values[s * shape->n_measures + m];
            if (!isnan(values[m]) && exact_add(&value->sum, values[m]) && exact_add(&value->square, values[m] * values[m]))
                value->n++;
        }
        for (size_t j = 0; j < keys; j++) {
            struct tally_token *token = own ? p->tokens[p->starts[i] + j] : NULL;
            if (j < shape->places)
                add_place(&cells[j], &draws[j]);
            if (keys - 1 - j < TALLY_ENDS)
                add_place(&cells[shape->places + keys - 1 - j], &draws[j]);
            if (token && exact_add(&token->keys[s].mass, draws[j].mass) && exact_add(&token->keys[s].ratio, draws[j].ratio)) {
                token->keys[s].n++;
                token->keys[s].columns += draws[j].is_column;
            }
        }
        for (size_t e = 0; e < TALLY_THRESHOLDS; e++)
            p->sinks[(s * p->n + i) * TALLY_THRESHOLDS + e] = keys && draws[0].alpha > TALLY_THRESHOLD(e);
    }
}

/* How often a text counts in a replicate: Poisson's distribution of mean 1, by inversion in whole numbers. */
static uint64_t poisson(uint64_t bits)
{
    /* floor(2^64 · P(K ≤ k)) */
    static const uint64_t below[] = {0x5e2d58d8b3bcdf1a, 0xbc5ab1b16779be35, 0xeb715e1dc1582dc2, 0xfb23979734a252f1, 0xff1025f59174dc3d,
                                     0xffd90f3ba4055e19, 0xfffa8b71fc72c913, 0xffff540c0914b3c9, 0xffffed1f4aa8f120};
    uint64_t k = 0;
    while (k < sizeof below / sizeof *below && bits >= below[k])
        k++;
    return k;
}

/* What all heads of a text did together. */
static void add_text(struct pass *p, size_t i)
{
    struct tally *t = p->observer->tally;
    const struct encoding *text = p->texts[i].tokens;
    uint64_t k[TALLY_THRESHOLDS] = {0}, hash = TALLY_HASH;
    size_t n_sites = t->shape.n_sites;
    bool finite = true;
    for (size_t j = 0; j < text->n; j++) {
        hash = tally_hash(hash, &text->tokens[j].id, sizeof text->tokens[j].id);
        if (p->tokens[p->starts[i] + j])
            p->tokens[p->starts[i] + j]->n++;
    }
    t->texts++;
    t->tokens += text->n;
    t->shortest = text->n < t->shortest ? text->n : t->shortest;
    t->longest = text->n > t->longest ? text->n : t->longest;
    for (size_t s = 0; s < n_sites; s++) {
        finite = finite && p->keys[s * p->n + i];
        for (size_t e = 0; e < TALLY_THRESHOLDS; e++)
            k[e] += p->sinks[(s * p->n + i) * TALLY_THRESHOLDS + e];
    }
    if (!finite)
        return;
    t->sinks->texts++;
    t->sinks->sites = n_sites;
    for (size_t e = 0; e < TALLY_THRESHOLDS; e++) {
        t->sinks->over[e] += k[e];
        t->sinks->square[e] += k[e] * k[e];
    }
    uint64_t state = random_stream(t->shape.seed, hash);
    for (size_t b = 0; b < TALLY_REPLICATES; b++) {
        uint64_t times = poisson(random_next(&state));
        t->sinks->drawn[b] += times;
        for (size_t e = 0; times && e < TALLY_THRESHOLDS; e++)
            t->sinks->drawn_over[b][e] += times * k[e];
    }
}

/* The rows of the texts' tokens: made before the heads count, each in a place of its own. */
static bool find_tokens(struct pass *p, struct err *err)
{
    struct tally *t = p->observer->tally;
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->texts[i].tokens->n; j++) {
            const struct token *token = &p->texts[i].tokens->tokens[j];
            struct tally_token **row = &p->tokens[p->starts[i] + j];
            if (token->id < 0 || (!t->shape.tokens && !token->special_id))
                continue;
            *row = tally_token(t, (size_t)token->id, token->string, token->special_id, err);
            if (!*row)
                return false;
        }
    return true;
}

static bool pass_new(struct pass *p, struct err *err)
{
    const struct tally_shape *shape = &p->observer->tally->shape;
    p->starts = mem_new(p->n + 1, sizeof *p->starts, "a pass of texts", err);
    for (size_t i = 0; p->starts && i < p->n; i++)
        p->starts[i + 1] = p->starts[i] + p->texts[i].tokens->n;
    size_t rows = p->starts ? p->starts[p->n] : 0, maps, keys, values;
    if (!size_mul(shape->n_sites, p->n, &maps) || !size_mul(shape->n_sites, rows, &keys) ||
        !size_mul(maps, shape->n_measures + 1, &values))
        return err_set(err, ERR_LIMIT, "%zu heads of %zu tokens are too many", shape->n_sites, rows);
    p->values = mem_new(values, sizeof *p->values, "values of heads", err);
    p->draws = mem_new(keys + 1, sizeof *p->draws, "what keys draw", err);
    p->keys = mem_new(maps, sizeof *p->keys, "values of heads", err);
    p->axes = mem_new(maps, sizeof *p->axes, "values of heads", err);
    p->tokens = mem_new(rows + 1, sizeof *p->tokens, "tokens of texts", err);
    p->sinks = mem_new(maps * TALLY_THRESHOLDS, 1, "sinks of texts", err);
    p->errs = mem_new(shape->n_sites, sizeof *p->errs, "values of heads", err);
    return p->starts && p->values && p->draws && p->keys && p->axes && p->tokens && p->sinks && p->errs;
}

static void pass_free(struct pass *p)
{
    free(p->starts);
    free(p->values);
    free(p->draws);
    free(p->keys);
    free(p->axes);
    free(p->tokens);
    free(p->sinks);
    free(p->errs);
}

static void drop(void *made)
{
    pass_free(made);
    free(made);
}

static void *look(void *context, const struct scan_text *texts, size_t n, struct err *err)
{
    struct tally_observer *observer = context;
    size_t n_sites = observer->tally->shape.n_sites;
    struct pass *p = mem_new(1, sizeof *p, "a pass of texts", err);
    if (!p)
        return NULL;
    *p = (struct pass){.observer = observer, .texts = texts, .n = n};
    bool ok = pass_new(p, err);
    if (ok)
        pool_run(n_sites, measure_site_texts, p);
    for (size_t s = 0; ok && s < n_sites; s++)
        if (p->errs[s].code != ERR_NONE) {
            *err = p->errs[s];
            ok = false;
        }
    if (ok)
        return p;
    drop(p);
    return NULL;
}

static bool take(void *context, void *made, struct err *err)
{
    (void)context;
    struct pass *p = made;
    if (!find_tokens(p, err))
        return false;
    pool_run(p->observer->tally->shape.n_sites, add_site_texts, p);
    for (size_t i = 0; i < p->n; i++)
        add_text(p, i);
    return true;
}

struct scan_observer tally_observer(struct tally_observer *observer)
{
    for (size_t m = 0; m < observer->tally->shape.n_measures; m++)
        observer->measures[m] = measure_named(str_of(observer->tally->shape.measures[m]));
    return (struct scan_observer){.context = observer, .look = look, .take = take, .drop = drop};
}

/* ---- merging ---- */

static bool differ(const char *what, struct err *err)
{
    return err_set(err, ERR_ARG, "not the same %s", what);
}

static bool same_shape(const struct tally_shape *a, const struct tally_shape *b, struct err *err)
{
    if (a->fingerprint != b->fingerprint)
        return err_set(err, ERR_ARG, "of other weights: %s and %s", a->model, b->model);
    if (a->n_sites != b->n_sites)
        return differ("heads", err);
    for (size_t s = 0; s < a->n_sites; s++)
        if (a->sites[s].stack != b->sites[s].stack || a->sites[s].layer != b->sites[s].layer || a->sites[s].head != b->sites[s].head)
            return differ("heads", err);
    bool same = a->n_measures == b->n_measures;
    for (size_t m = 0; same && m < a->n_measures; m++)
        same = strcmp(a->measures[m], b->measures[m]) == 0;
    return !same                                                         ? differ("measures", err)
           : a->places != b->places                                      ? differ("positions=", err)
           : a->length != b->length || a->shortest != b->shortest        ? differ("length= and shortest=", err)
           : a->no_special != b->no_special                              ? differ("add_special=", err)
           : a->paragraphs != b->paragraphs                              ? differ("by=", err)
           : a->tokens != b->tokens                                      ? differ("tokens=", err)
           : a->seed != b->seed                                          ? differ("seed=", err)
                                                                         : true;
}

static bool apart(const struct tally *a, const struct tally *b, struct err *err)
{
    for (size_t i = 0; i < a->n_pieces; i++)
        for (size_t j = 0; j < b->n_pieces; j++) {
            const struct tally_piece *x = &a->pieces[i], *y = &b->pieces[j];
            if (strcmp(x->corpus, y->corpus) == 0 && x->size == y->size && x->from < y->to && y->from < x->to)
                return err_set(err, ERR_ARG, "both hold bytes %zu to %zu of %s", (size_t)(x->from > y->from ? x->from : y->from),
                               (size_t)(x->to < y->to ? x->to : y->to), x->corpus);
        }
    return true;
}

static bool merge_tokens(struct tally *t, const struct tally *other, struct err *err)
{
    for (size_t id = 0; id < other->n_ids; id++) {
        const struct tally_token *from = other->by_id[id];
        if (!from)
            continue;
        struct tally_token *to = tally_token(t, id, (struct str){from->string, from->bytes}, from->special, err);
        if (!to)
            return false;
        to->n += from->n;
        for (size_t s = 0; s < t->shape.n_sites; s++) {
            exact_merge(&to->keys[s].mass, from->keys[s].mass);
            exact_merge(&to->keys[s].ratio, from->keys[s].ratio);
            to->keys[s].n += from->keys[s].n;
            to->keys[s].columns += from->keys[s].columns;
        }
    }
    return true;
}

static bool merge_pieces(struct tally *t, const struct tally *other, struct err *err)
{
    if (!mem_grow((void **)&t->pieces, &t->pieces_capacity, t->n_pieces + other->n_pieces, sizeof *t->pieces, "pieces of a tally", err))
        return false;
    for (size_t i = 0; i < other->n_pieces; i++) {
        struct tally_piece piece = other->pieces[i];
        piece.corpus = mem_copy_str(str_of(piece.corpus), err);
        if (!piece.corpus)
            return false;
        t->pieces[t->n_pieces++] = piece;
    }
    return true;
}

bool tally_merge(struct tally *t, const struct tally *other, struct err *err)
{
    const struct tally_shape *shape = &t->shape;
    if (!same_shape(shape, &other->shape, err) || !apart(t, other, err) || !merge_tokens(t, other, err) || !merge_pieces(t, other, err))
        return false;
    for (size_t i = 0; i < shape->n_sites * shape->n_measures; i++) {
        exact_merge(&t->values[i].sum, other->values[i].sum);
        exact_merge(&t->values[i].square, other->values[i].square);
        t->values[i].n += other->values[i].n;
    }
    for (size_t i = 0; i < shape->n_sites * tally_places(t); i++) {
        struct tally_cell *to = &t->cells[i];
        const struct tally_cell *from = &other->cells[i];
        exact_merge(&to->mass, from->mass);
        exact_merge(&to->square, from->square);
        exact_merge(&to->ratio, from->ratio);
        to->n += from->n;
        to->columns += from->columns;
        for (size_t e = 0; e < TALLY_THRESHOLDS; e++)
            to->over[e] += from->over[e];
    }
    for (size_t s = 0; s < shape->n_sites; s++)
        t->not_finite[s] += other->not_finite[s];
    t->sinks->texts += other->sinks->texts;
    t->sinks->sites = other->sinks->sites ? other->sinks->sites : t->sinks->sites;
    for (size_t e = 0; e < TALLY_THRESHOLDS; e++) {
        t->sinks->over[e] += other->sinks->over[e];
        t->sinks->square[e] += other->sinks->square[e];
    }
    for (size_t b = 0; b < TALLY_REPLICATES; b++) {
        t->sinks->drawn[b] += other->sinks->drawn[b];
        for (size_t e = 0; e < TALLY_THRESHOLDS; e++)
            t->sinks->drawn_over[b][e] += other->sinks->drawn_over[b][e];
    }
    t->texts += other->texts;
    t->tokens += other->tokens;
    t->shortest = other->shortest < t->shortest ? other->shortest : t->shortest;
    t->longest = other->longest > t->longest ? other->longest : t->longest;
    t->counts.texts += other->counts.texts;
    t->counts.skipped += other->counts.skipped;
    t->counts.cut += other->counts.cut;
    t->counts.bad_line = t->counts.bad ? t->counts.bad_line : other->counts.bad_line;
    t->counts.bad += other->counts.bad;
    t->complete = t->complete && other->complete;
    return true;
}
