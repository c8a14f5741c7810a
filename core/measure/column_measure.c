/* The measuring half: base and variants of each text, what each column draws in them. See column_work.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/pool.h"
#include "core/base/random.h"
#include "core/measure/column_look.h"
#include "core/measure/column_work.h"
#include "core/measure/measure.h"

/* ---- one map of one job ---- */

/* What one job gives at one used site. */
struct seen {
    float *ratios;                    /* [n] */
    float *halves;                    /* [n,2] of jobs in the layout of components, else NULL */
    double divergence[PLACES_AT_ENDS];
    double alpha;                     /* of the first key, causal maps alone; else NaN */
};
struct viewing {
    struct column_work *work;
    const struct run *run;
    struct seen *seen; /* [jobs, n_used] */
    struct err *errs;  /* [jobs · n_used] */
};

/* The place of a variant among those whose keys are cells of the layout: of words put in the first alone. LAYOUT_VARIANTS: none. */
static size_t layout_place(const struct job *job)
{
    const struct variant *v = &variants[job->variant];
    bool repeated = v->cell != SQUARE_CELLS && job->word % COLUMN_TEST_WORDS != 0;
    if (job->variant == VARIANT_BASE)
        return 0;
    if (job->variant == VARIANT_SHUFFLED)
        return 1;
    if (job->variant == VARIANT_RANDOM)
        return 2;
    return v->cell == SQUARE_CELLS || repeated ? LAYOUT_VARIANTS : 3 + (size_t)v->cell;
}

static void see_site(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct viewing *v = context;
    struct column_work *w = v->work;
    size_t n = w->material.length, u = task % w->n_used;
    const struct job *job = &w->jobs.job[task / w->n_used];
    struct seen *seen = &v->seen[task];
    struct site site = w->sites[w->used[u]];
    site.text = task / w->n_used;
    float *base = w->base + u * n * n, *own = NULL, *probs = base;
    seen->alpha = NAN;
    if (job->variant != VARIANT_BASE)
        probs = own = mem_new(n * n, sizeof *own, "an attention map", &v->errs[task]);
    const struct attention *a = probs ? run_attention(v->run, site, &v->errs[task]) : NULL;
    if (a && run_map(v->run, site, (struct part){.kind = PART_PROBS}, 0, n, probs, &v->errs[task])) {
        bool broken = map_not_finite(a, probs);
        column_ratios(probs, a, seen->ratios);
        enum column_place place = variants[job->variant].place;
        if (variants[job->variant].cell != SQUARE_CELLS)
            seen->divergence[place] = column_rest_divergence(&job->made, place, a, probs, base);
        for (size_t j = 0; seen->halves && j < n; j++)
            for (size_t h = 0; h < 2; h++)
                seen->halves[2 * j + h] = broken ? NAN : (float)column_half_ratio(probs, a, j, h);
        if (job->variant == VARIANT_BASE && !broken && column_is_causal(a)) {
            seen->alpha = 0;
            for (size_t i = 0; i < a->Tq; i++)
                seen->alpha += (double)probs[i * n] / (double)a->Tq;
        }
    }
    free(own);
}

/* ---- what it says of the heads ---- */

static double excess_of(float ratio)
{
    return isfinite(ratio) ? (double)ratio - 1 : NAN;
}

/* The keys of a job into the layout of a head. */
static void add_cells(struct column_work *w, size_t h, const struct job *job, const struct seen *seen, size_t text)
{
    size_t n = w->material.length, place = layout_place(job);
    const struct column_test_head *head = &w->heads[h];
    bool cell = variants[job->variant].cell != SQUARE_CELLS;
    if (place == LAYOUT_VARIANTS || text >= w->layout_texts || !seen->halves || (cell && variants[job->variant].place != head->place))
        return;
    struct component_cell *cells = w->cells + ((h * w->layout_texts + text) * LAYOUT_VARIANTS + place) * n;
    for (size_t j = 0; j < n; j++)
        cells[j] = (struct component_cell){(int32_t)j + (job->made.shifted ? w->jobs.shift : 0), job->made.ids[j],
                                           {seen->halves[2 * j], seen->halves[2 * j + 1]}};
}

/* What a job says of a head whose column is at an end. */
static void add_end(struct column_work *w, size_t h, const struct job *job, const struct seen *seen, size_t text)
{
    const struct column_test_head *head = &w->heads[h];
    const struct variant *variant = &variants[job->variant];
    size_t n = w->material.length;
    if (variant->place != PLACE_INNER && variant->place != head->place)
        return;
    w->excess[(h * VARIANTS + job->variant) * w->measured + text] += excess_of(seen->ratios[job->made.key[head->place]]);
    if (job->variant == VARIANT_EXCHANGE)
        w->other[h * w->measured + text] += excess_of(seen->ratios[job->made.other]);
    if (variant->cell == SQUARE_CELLS)
        return;
    w->divergence[h * SQUARE_CELLS + variant->cell] += seen->divergence[head->place];
    enum square_cell last = head->token >= 0 ? SQUARE_NONE : SQUARE_TOKEN;
    for (size_t j = 0; variant->cell == last && j < n; j++)
        if (job->made.from[j] != SIZE_MAX && isfinite(seen->ratios[j]))
            w->went[h * n + job->made.from[j]] += seen->ratios[j];
}

struct basing {
    struct column_work *work;
    const struct run *run;
    size_t text;
    struct err *errs; /* [heads] */
};

/* Another key of the text, drawn at random, and what it has beyond the uniform map: an inner one by its odd queries, as a column
 * there is measured. */
static double random_key_excess(const struct column_work *w, const struct column_test_head *head, const float *probs,
                                const struct attention *a, const struct token *tokens, uint64_t *state)
{
    size_t n = w->material.length;
    for (int tries = 0; tries < 1000; tries++) {
        size_t key = (size_t)(random_next(state) % n);
        double sum = 0;
        size_t queries = 0;
        if (head->place == PLACE_INNER ? key == 0 || key + 1 == n || tokens[key].special_id : key == head->index)
            continue;
        if (head->place == PLACE_INNER) {
            double half = column_half_ratio(probs, a, key, 1);
            if (isnan(half))
                continue;
            return half - 1;
        }
        for (size_t i = 0; i < a->Tq; i++)
            if (!attention_masked(a, i, key)) {
                sum += probs[i * n + key] * (double)keys_seen(a, i);
                queries++;
            }
        if (queries >= 8 || queries == a->Tq)
            return sum / (double)queries - 1;
    }
    return NAN;
}

/* What the base's map of a head says by itself: an inner column three times over (the text's own, that at the commonest index, that
 * of the commonest token); a random key; the column's place with the keys of each row permuted. */
static void see_base(void *context, size_t h, size_t thread)
{
    (void)thread;
    struct basing *b = context;
    struct column_work *w = b->work;
    const struct column_test_head *head = &w->heads[h];
    size_t n = w->material.length;
    struct site site = w->sites[w->used[w->of[h]]];
    const struct attention *a = run_attention(b->run, site, &b->errs[h]);
    const float *probs = w->base + w->of[h] * n * n;
    const struct token *tokens = w->material.texts[2 * b->text + 1].tokens;
    uint64_t state = random_stream(w->options->seed, (h + 1) * 0x100000001b3u + b->text);
    float *moved = mem_new(n * n, sizeof *moved, "an attention map", &b->errs[h]);
    size_t *visible = mem_new(n, sizeof *visible, "visible keys", &b->errs[h]);
    double *inner = w->inner + h * (1 + SQUARE_CELLS) * w->measured + b->text;
    if (a && moved && visible) {
        bool broken = map_not_finite(a, probs);
        if (head->place == PLACE_INNER) {
            inner[0] = broken ? NAN : column_best_excess(probs, a, tokens, n, -1);
            inner[(1 + SQUARE_INDEX) * w->measured] = broken ? NAN : column_half_ratio(probs, a, head->index, 1) - 1;
            inner[(1 + SQUARE_TOKEN) * w->measured] = broken ? NAN : column_best_excess(probs, a, tokens, n, head->token);
        }
        w->key[h * w->measured + b->text] = broken ? NAN : random_key_excess(w, head, probs, a, tokens, &state);
        memcpy(moved, probs, n * n * sizeof *moved);
        column_permute(moved, a, visible, &state);
        w->permuted[h * w->measured + b->text] = broken ? NAN : column_own_excess(head, moved, a, tokens, n);
    }
    free(moved);
    free(visible);
}

static bool see_bases(struct column_work *w, const struct run *run, size_t text, struct err *err)
{
    struct basing b = {w, run, text, mem_new(w->n_heads, sizeof *b.errs, "errors of heads", err)};
    if (!b.errs)
        return false;
    pool_run(w->n_heads, see_base, &b);
    bool ok = !column_any_err(b.errs, w->n_heads, err);
    free(b.errs);
    return ok;
}

/* Run the jobs in hand and add what they give. */
static bool see_jobs(struct column_work *w, size_t text, struct err *err)
{
    size_t n = w->material.length, tasks = w->jobs.n * w->n_used;
    struct viewing v = {.work = w};
    float *numbers = mem_new(3 * tasks * n, sizeof *numbers, "masses of keys", err);
    v.seen = mem_new(tasks, sizeof *v.seen, "masses of keys", err);
    v.errs = mem_new(tasks, sizeof *v.errs, "errors of heads", err);
    struct run *run = numbers && v.seen && v.errs ? jobs_run(&w->jobs, err) : NULL;
    v.run = run;
    for (size_t i = 0; run && i < tasks; i++) {
        bool wanted = text < w->layout_texts && layout_place(&w->jobs.job[i / w->n_used]) != LAYOUT_VARIANTS;
        v.seen[i].ratios = numbers + 3 * i * n;
        v.seen[i].halves = wanted ? numbers + (3 * i + 1) * n : NULL;
    }
    if (run)
        pool_run(tasks, see_site, &v);
    bool ok = run && !column_any_err(v.errs, tasks, err);
    for (size_t j = 0; ok && j < w->jobs.n; j++)
        for (size_t h = 0; h < w->n_heads; h++) {
            const struct job *job = &w->jobs.job[j];
            const struct seen *seen = &v.seen[j * w->n_used + w->of[h]];
            if (w->heads[h].place != PLACE_INNER)
                add_end(w, h, job, seen, text);
            if (job->variant == VARIANT_BASE)
                w->alpha[h * w->measured + text] = seen->alpha;
            add_cells(w, h, job, seen, text);
        }
    if (ok && w->jobs.job[0].variant == VARIANT_BASE) /* it runs alone */
        ok = see_bases(w, run, text, err);
    run_free(run);
    free(numbers);
    free(v.seen);
    free(v.errs);
    jobs_clear(&w->jobs);
    return ok;
}

/* ---- all texts ---- */

/* Is this variant of use to any of the heads? */
static bool is_wanted(const struct column_work *w, size_t variant)
{
    if (w->side->absolute && !w->side->shift && (variant == VARIANT_START_TOKEN || variant == VARIANT_START_NONE))
        return false;
    for (size_t h = 0; h < w->n_heads; h++) {
        const struct column_test_head *head = &w->heads[h];
        bool replaces = variants[variant].cell == SQUARE_INDEX || variants[variant].cell == SQUARE_NONE || variant == VARIANT_EXCHANGE;
        if (variant == VARIANT_SHUFFLED || variant == VARIANT_RANDOM)
            return true;
        if (head->place != PLACE_INNER && (variants[variant].place == PLACE_INNER || variants[variant].place == head->place) &&
            (head->token >= 0 || !replaces))
            return true;
    }
    return false;
}

bool column_measure(struct column_work *w, struct err *err)
{
    size_t n = w->material.length;
    for (size_t v = 0; v < VARIANTS; v++)
        w->repeats[v] = v && !is_wanted(w, v) ? 0 : variant_has_words(&variants[v], w->side->absolute) ? COLUMN_TEST_WORDS : 1;
    for (size_t i = 0; i < w->n_heads * w->layout_texts * LAYOUT_VARIANTS * n; i++)
        w->cells[i].halves[0] = w->cells[i].halves[1] = NAN;
    for (size_t text = 0; text < w->measured; text++) {
        if (!jobs_add(&w->jobs, 2 * text + 1, VARIANT_BASE, 0, err) || !see_jobs(w, text, err))
            return false;
        for (size_t v = 1; v < VARIANTS; v++)
            for (size_t word = 0; word < w->repeats[v]; word++)
                if (!jobs_add(&w->jobs, 2 * text + 1, v, word, err) ||
                    ((w->jobs.n + 1) * n > ROWS_IN_A_PASS && !see_jobs(w, text, err)))
                    return false;
        if ((w->jobs.n && !see_jobs(w, text, err)) || !column_step(w, err))
            return false;
    }
    return true;
}
