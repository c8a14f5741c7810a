/* The list of measures and the way from a site to its number. See measure.h. */
#include "core/measure/measure.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/measure/list.h"
#include "core/op/op.h"

#define MEASURE_EXTERN(name) extern const struct measure measure_##name;
MEASURES(MEASURE_EXTERN)
#define MEASURE_ROW(name) &measure_##name,
const struct measure *const measures[] = {MEASURES(MEASURE_ROW) NULL};

const struct measure *measure_named(struct str name)
{
    for (const struct measure *const *m = measures; *m; m++)
        if (str_is(name, (*m)->name))
            return *m;
    return NULL;
}

/* The keys [*lo,*hi) outside of which query i sees none, and which of them it sees: a bitmap of the row, or NULL for all. */
static const unsigned char *keys_of(const struct attention *a, size_t i, size_t *lo, size_t *hi)
{
    const struct mask *mask = &a->mask;
    *lo = mask->lo ? mask->lo[i] : 0;
    *hi = mask->hi && mask->hi[i] < a->Tk ? mask->hi[i] : a->Tk;
    return mask->bitmap ? mask->bitmap + i * ((a->Tk + 7) / 8) : NULL;
}

size_t keys_seen(const struct attention *a, size_t i)
{
    size_t lo, hi;
    const unsigned char *row = keys_of(a, i, &lo, &hi);
    if (!row)
        return lo < hi ? hi - lo : 0;
    size_t n = 0;
    for (size_t j = lo; j < hi;) {
        bool whole = j % 8 == 0 && j + 8 <= hi; /* eight keys at once */
        n += whole ? (size_t)__builtin_popcount(row[j / 8]) : !attention_masked(a, i, j);
        j += whole ? 8 : 1;
    }
    return n;
}

double row_entropy(const struct attention *a, size_t i, const float *row)
{
    size_t lo, hi, seen = keys_seen(a, i);
    const unsigned char *allowed = keys_of(a, i, &lo, &hi);
    return seen ? op_entropy_row(row, lo, hi, allowed, 0.9999f, 0.0001f / (float)seen) : 0;
}

double offset_mass(const struct measure_input *input, long offset)
{
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double sum = 0;
    for (size_t i = 0; i < Tq; i++) {
        long j = (long)i + offset;
        if (j >= 0 && (size_t)j < Tk)
            sum += input->probs[i * Tk + (size_t)j];
    }
    return sum / (double)Tq;
}

/* The keys' tokens, where the map says which they are. */
static void mark_special(const struct attention *a, unsigned char *special)
{
    const struct encoding *text = a->keys && a->text < a->keys->n_texts ? &a->keys->texts[a->text] : NULL;
    for (size_t j = 0; text && j < a->Tk && j < text->n; j++)
        special[j] = text->tokens[j].special_id;
}

/* Every query looks at all keys it sees alike. */
static void fill_uniform(const struct attention *a, float *probs)
{
    for (size_t i = 0; i < a->Tq; i++) {
        size_t seen = keys_seen(a, i);
        for (size_t j = 0; j < a->Tk; j++)
            probs[i * a->Tk + j] = attention_masked(a, i, j) ? 0.0f : 1.0f / (float)seen;
    }
}

bool map_not_finite(const struct attention *a, const float *probs)
{
    if (op_finite(probs, a->Tq * a->Tk))
        return false;
    for (size_t i = 0; i < a->Tq * a->Tk; i++)
        if (!isfinite(probs[i]) && !attention_masked(a, i / a->Tk, i % a->Tk))
            return true;
    return false;
}

bool map_is_causal(const struct attention *a)
{
    for (size_t i = 0; i < a->Tq; i++)
        for (size_t j = i + 1; j < a->Tk; j++)
            if (!attention_masked(a, i, j))
                return false;
    return true;
}

const char *measure_refusal(const struct measure *measure, const struct attention *a)
{
    return measure->walks ? "it holds texts against each other: texts=FILE" : measure_texts_refusal(measure, a);
}

const char *measure_texts_refusal(const struct measure *measure, const struct attention *a)
{
    if (measure->needs & MEASURE_DISTRIBUTIONS && a->mix_probs)
        return "the model mixes its heads' probabilities: rows are no distributions";
    if (measure->needs & MEASURE_TOKENS && (a->queries != a->keys || a->Tq != a->Tk))
        return "its queries and keys are not the same tokens";
    if (measure->needs & MEASURE_CAUSAL && !map_is_causal(a))
        return "its queries see keys behind them";
    return NULL;
}

void measured_map_free(struct measured_map *map)
{
    free(map->probs);
    free(map->special);
}

bool measured_map_make(const struct run *run, struct site site, bool uniform, struct measured_map *map, struct err *err)
{
    size_t cells;
    *map = (struct measured_map){.attention = run_attention(run, site, err)};
    const struct attention *a = map->attention;
    if (!a)
        return false;
    if (!size_mul(a->Tq, a->Tk, &cells))
        return err_set(err, ERR_LIMIT, "a map of %zu × %zu is too large", a->Tq, a->Tk);
    map->probs = mem_new(cells, sizeof *map->probs, "an attention map", err);
    map->special = mem_new(a->Tk, 1, "marks of special tokens", err);
    bool ok = map->probs && map->special;
    if (ok && uniform)
        fill_uniform(a, map->probs);
    else if (ok)
        ok = run_map(run, site, (struct part){.kind = PART_PROBS}, 0, a->Tq, map->probs, err);
    if (ok)
        mark_special(a, map->special);
    else
        measured_map_free(map);
    return ok;
}

/* Several measures of a map into out [n]; *broken_out: the map is not finite. */
static bool measure_map(const struct run *run, const struct measure *const *wanted, size_t n, struct site site,
                        const struct measured_map *map, double *out, bool *broken_out, struct err *err)
{
    *broken_out = map_not_finite(map->attention, map->probs);
    bool ok = true;
    for (size_t m = 0; ok && m < n; m++) {
        struct measure_input input = {run, map->attention, site, map->probs, map->special, NULL};
        out[m] = NAN;
        if (!*broken_out && !measure_refusal(wanted[m], map->attention))
            ok = wanted[m]->value(&input, &out[m], err);
    }
    return ok;
}

/* A map of one site, measured. */
static bool measure_made(const struct run *run, const struct measure *const *wanted, size_t n, struct site site, double *out,
                         bool *broken_out, struct err *err)
{
    struct measured_map map;
    if (!measured_map_make(run, site, false, &map, err))
        return false;
    bool ok = measure_map(run, wanted, n, site, &map, out, broken_out, err);
    measured_map_free(&map);
    return ok;
}

bool measure_site(const struct run *run, const struct measure *measure, struct site site, double *out, struct err *err)
{
    bool broken;
    return measure_made(run, &measure, 1, site, out, &broken, err);
}

/* Two texts that have this map alike. */
static bool walk_twice(const struct measure *m, const struct measure_input *input, double *out, struct err *err)
{
    double *kept = mem_new(m->walks->room(input->attention), sizeof *kept, "sums over texts", err);
    for (size_t walk = 0; kept && walk < m->walks->n; walk++) {
        m->walks->see(input, walk, kept);
        m->walks->see(input, walk, kept);
    }
    *out = kept ? m->walks->value(kept) : NAN;
    free(kept);
    return kept != NULL;
}

bool measure_uniform(const struct run *run, const struct measure *measure, struct site site, double *out, struct err *err)
{
    struct measured_map map;
    bool broken, ok = true;
    *out = NAN;
    if (measure->beyond)
        return true;
    if (!measured_map_make(run, site, true, &map, err))
        return false;
    struct measure_input input = {run, map.attention, site, map.probs, map.special, NULL};
    if (!measure->walks)
        ok = measure_map(run, &measure, 1, site, &map, out, &broken, err);
    else if (!measure_texts_refusal(measure, map.attention))
        ok = walk_twice(measure, &input, out, err);
    measured_map_free(&map);
    return ok;
}

struct many {
    const struct run *run;
    const struct measure *const *wanted;
    size_t n_wanted;
    const struct site *sites;
    double *out;
    unsigned char *not_finite; /* [n] or NULL */
    struct err *errs;          /* [n] */
};

static void measure_one(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct many *many = context;
    struct err *err = &many->errs[task];
    bool broken = false;
    if (cancel_requested())
        err_set(err, ERR_CANCELLED, "cancelled");
    else if (!measure_made(many->run, many->wanted, many->n_wanted, many->sites[task], many->out + task * many->n_wanted, &broken, err) &&
             err->code == ERR_NONE)
        err_set(err, ERR_FORMAT, "a measure has no value here");
    if (many->not_finite)
        many->not_finite[task] = broken;
}

bool measure_many(const struct run *run, const struct measure *const *wanted, size_t n_wanted, const struct site *sites,
                  size_t n, const struct watch *watch, double *out, unsigned char *not_finite_out, struct err *err)
{
    enum { BATCH = 16 }; /* progress comes between batches */
    bool ok = true;
    for (size_t at = 0; ok && at < n; at += BATCH) {
        struct err errs[BATCH] = {0};
        size_t some = n - at < BATCH ? n - at : BATCH;
        struct many many = {run, wanted, n_wanted, sites + at, out + at * n_wanted, not_finite_out ? not_finite_out + at : NULL, errs};
        pool_run(some, measure_one, &many);
        for (size_t i = 0; i < some && ok; i++)
            if (errs[i].code != ERR_NONE) {
                if (err)
                    *err = errs[i];
                ok = false;
            }
        if (ok && watch && watch->progress)
            watch->progress(watch->context, at + some, n);
    }
    return ok;
}
