/* The whatever-the-text test. See column_test.h.
 *
 *   even texts ─► marks of all heads ─► heads with a column at an end, or among the inner keys
 *   odd texts  ─► base and variants, one pass a text ─► excess of each such column ─► verdicts
 */
#include "core/measure/column_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/measure/column_jobs.h"
#include "core/measure/divergence.h"
#include "core/measure/measure.h"
#include "core/measure/positions.h"

enum { ROWS_IN_A_PASS = 768 };

struct work {
    const struct column_test_options *options;
    struct column_test *out;
    struct material material;
    struct jobs jobs;
    size_t measured;  /* texts of the measuring half */
    size_t *used;     /* [n_used] sites with a candidate, and */
    size_t n_used, *of; /* [heads] which of them a candidate's is */
    double *excess;   /* [heads, VARIANTS, measured] sums over words */
    double *other;    /* [heads, measured] the word at the place, exchanged */
    double *inner;    /* [heads, 1 + SQUARE_CELLS, measured] base and cells of inner columns */
    double *went;     /* [heads, n] ratios with neither cause, summed; by the base's keys */
    double *divergence; /* [heads, SQUARE_CELLS] summed */
    size_t repeats[VARIANTS];
    float *base;      /* [n_used, n, n] maps of the text in hand */
    size_t done, all;
};

static bool report(struct work *w, struct err *err)
{
    const struct watch *watch = w->options->watch;
    w->done++;
    if (watch && watch->progress)
        watch->progress(watch->context, w->done, w->all);
    return !cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled");
}

/* ---- the choosing half ---- */

struct marking {
    const struct work *work;
    const struct run *run;
    size_t first, n;      /* texts of the run, counted in the half */
    size_t texts;         /* of the half */
    unsigned char *marks; /* [n_sites, texts, n] */
    struct err *errs;     /* [n_sites] */
};

static void mark_site(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct marking *m = context;
    struct err *err = &m->errs[task];
    size_t n = m->work->material.length;
    struct site site = m->work->options->sites[task];
    float *probs = mem_new(n * n, sizeof *probs, "an attention map", err);
    for (site.text = 0; probs && site.text < m->n; site.text++) {
        const struct attention *a = run_attention(m->run, site, err);
        if (!a || a->Tk != n || a->Tq != n || !run_map(m->run, site, (struct part){.kind = PART_PROBS}, 0, n, probs, err))
            break;
        column_marks(probs, n, n, a, &m->work->options->rule, m->marks + (task * m->texts + m->first + site.text) * n);
    }
    free(probs);
}

static bool any_err(const struct err *errs, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (errs[i].code != ERR_NONE) {
            if (err)
                *err = errs[i];
            return true;
        }
    return false;
}

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The commonest of n values, the smallest of equals; sorts them. */
static size_t commonest(size_t *values, size_t n)
{
    size_t best = SIZE_MAX, most = 0;
    qsort(values, n, sizeof *values, by_size);
    for (size_t i = 0, some; i < n; i += some) {
        for (some = 1; i + some < n && values[i + some] == values[i];)
            some++;
        if (some > most) {
            most = some;
            best = values[i];
        }
    }
    return best;
}

/* Where columns of one site stand in the texts of the choosing half: a head for each place that half of them have. */
static bool choose(struct work *w, size_t site, const unsigned char *marks, size_t texts, struct err *err)
{
    size_t n = w->material.length, count[3] = {0}, n_inner = 0;
    size_t *index = mem_new(2 * texts * n, sizeof *index, "columns", err), *token = index ? index + texts * n : NULL;
    if (!index)
        return false;
    for (size_t t = 0; t < texts; t++) {
        const unsigned char *row = marks + t * n;
        const struct token *tokens = w->material.texts[2 * t].tokens;
        bool inner = false;
        count[PLACE_START] += row[0];
        count[PLACE_END] += row[n - 1];
        for (size_t j = 1; j + 1 < n; j++)
            if (row[j] && !tokens[j].special_id) {
                index[n_inner] = j;
                token[n_inner++] = (size_t)tokens[j].id;
                inner = true;
            }
        count[PLACE_INNER] += inner;
    }
    for (int place = PLACE_START; place <= PLACE_INNER; place++) {
        if (2 * count[place] < texts)
            continue;
        struct column_test_head *head = &w->out->heads[w->out->n];
        const struct token *first = w->material.texts[0].tokens;
        *head = (struct column_test_head){.site = w->options->sites[site], .place = (enum column_place)place, .chosen = count[place],
                                          .index = place == PLACE_END ? n - 1 : 0, .token = -1};
        if (place == PLACE_INNER) {
            head->index = commonest(index, n_inner);
            head->token = (int32_t)commonest(token, n_inner);
        } else if (first[head->index].special_id) {
            head->token = first[head->index].id;
        }
        if (!w->n_used || w->used[w->n_used - 1] != site)
            w->used[w->n_used++] = site;
        w->of[w->out->n++] = w->n_used - 1;
    }
    free(index);
    return true;
}

static bool choose_heads(struct work *w, struct err *err)
{
    const struct column_test_options *o = w->options;
    size_t n = w->material.length, texts = (w->material.n + 1) / 2, sites = o->n_sites;
    unsigned char *marks = mem_new(sites * texts * n, 1, "marks of columns", err);
    struct err *errs = mem_new(sites, sizeof *errs, "errors of heads", err);
    bool ok = marks && errs;
    for (size_t at = 0; ok && at < texts;) {
        size_t first = at;
        for (; ok && at < texts && (at == first || (at - first + 1) * n <= ROWS_IN_A_PASS); at++)
            ok = jobs_add(&w->jobs, 2 * at, VARIANT_BASE, 0, err) && report(w, err);
        struct run *run = ok ? jobs_run(&w->jobs, err) : NULL;
        struct marking m = {w, run, first, at - first, texts, marks, errs};
        if (run)
            pool_run(sites, mark_site, &m);
        ok = run && !any_err(errs, sites, err);
        run_free(run);
        jobs_clear(&w->jobs);
    }
    for (size_t s = 0; ok && s < sites; s++)
        ok = choose(w, s, marks + s * texts * n, texts, err);
    w->out->chosen_on = texts;
    free(marks);
    free(errs);
    return ok;
}

/* ---- the measuring half ---- */

/* Mean over the queries of one parity that see key j of A_ij · (keys that i sees). */
static double half_ratio(const float *probs, const struct attention *a, size_t key, size_t parity)
{
    double sum = 0;
    size_t queries = 0;
    for (size_t i = parity; i < a->Tq; i += 2)
        if (!attention_masked(a, i, key)) {
            sum += probs[i * a->Tk + key] * (double)keys_seen(a, i);
            queries++;
        }
    return queries >= 4 ? sum / (double)queries : NAN;
}

/* The inner key (of this token, where token >= 0) whose even queries give it the most, by what its odd queries give. A text
 * without the token gives it nothing. */
static double best_excess(const struct work *w, const float *probs, const struct attention *a, const struct token *tokens, int32_t token)
{
    size_t best = SIZE_MAX;
    double most = 0;
    for (size_t j = 1; j + 1 < w->material.length; j++) {
        if (tokens[j].special_id || (token >= 0 && tokens[j].id != token))
            continue;
        double ratio = half_ratio(probs, a, j, 0);
        if (!isnan(ratio) && (best == SIZE_MAX || ratio > most)) {
            most = ratio;
            best = j;
        }
    }
    return best == SIZE_MAX ? (token >= 0 ? 0 : NAN) : half_ratio(probs, a, best, 1) - 1;
}

/* Jensen–Shannon divergence, the mean over queries, of the variant's map from the base's, both without the place. */
static double rest_divergence(const struct variant_text *made, enum column_place place, const float *probs, const float *base)
{
    size_t n = made->n, out = place == PLACE_START ? 0 : n - 1, rows = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (made->from[i] == SIZE_MAX)
            continue;
        const float *p = probs + i * n, *q = base + made->from[i] * n;
        double all_p = 0, all_q = 0, own = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t j = 0; j < n; j++) {
                if (made->from[j] == SIZE_MAX || made->from[j] == out)
                    continue;
                if (pass == 0) {
                    all_p += p[j];
                    all_q += q[made->from[j]];
                } else if (all_p > 0 && all_q > 0) {
                    own += divergence_term(p[j] / all_p, q[made->from[j]] / all_q);
                }
            }
        sum += own;
        rows++;
    }
    return rows ? sum / (double)rows : NAN;
}

/* What one job gives at one used site. */
struct seen {
    float *ratios;                    /* [n] */
    double divergence[PLACES_AT_ENDS];
};
struct viewing {
    struct work *work;
    const struct run *run;
    struct seen *seen; /* [jobs, n_used] */
    struct err *errs;  /* [jobs · n_used] */
};

static void see_site(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct viewing *v = context;
    struct work *w = v->work;
    size_t n = w->material.length, u = task % w->n_used;
    const struct job *job = &w->jobs.job[task / w->n_used];
    struct site site = w->options->sites[w->used[u]];
    site.text = task / w->n_used;
    float *base = w->base + u * n * n, *own = NULL, *probs = base;
    if (job->variant != VARIANT_BASE)
        probs = own = mem_new(n * n, sizeof *own, "an attention map", &v->errs[task]);
    const struct attention *a = probs ? run_attention(v->run, site, &v->errs[task]) : NULL;
    if (a && run_map(v->run, site, (struct part){.kind = PART_PROBS}, 0, n, probs, &v->errs[task])) {
        column_ratios(probs, a, v->seen[task].ratios);
        enum column_place place = variants[job->variant].place;
        if (variants[job->variant].cell != SQUARE_CELLS)
            v->seen[task].divergence[place] = rest_divergence(&job->made, place, probs, base);
    }
    free(own);
}

static double excess_of(float ratio)
{
    return isfinite(ratio) ? (double)ratio - 1 : NAN;
}

/* What a job says of a head whose column is at an end. */
static void add_end(struct work *w, size_t h, const struct job *job, const struct seen *seen, size_t text)
{
    const struct column_test_head *head = &w->out->heads[h];
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

/* An inner column in the base's map: the text's own, that at the commonest index, that of the commonest token. */
static void add_inner(struct work *w, size_t h, const struct run *run, size_t text)
{
    const struct column_test_head *head = &w->out->heads[h];
    size_t n = w->material.length;
    struct site site = w->options->sites[w->used[w->of[h]]];
    const struct attention *a = run_attention(run, site, NULL);
    const float *probs = w->base + w->of[h] * n * n;
    const struct token *tokens = w->material.texts[2 * text + 1].tokens;
    double *at = w->inner + h * (1 + SQUARE_CELLS) * w->measured + text;
    bool broken = map_not_finite(a, probs);
    at[0] = broken ? NAN : best_excess(w, probs, a, tokens, -1);
    at[(1 + SQUARE_INDEX) * w->measured] = broken ? NAN : half_ratio(probs, a, head->index, 1) - 1;
    at[(1 + SQUARE_TOKEN) * w->measured] = broken ? NAN : best_excess(w, probs, a, tokens, head->token);
}

/* Run the jobs in hand and add what they give. */
static bool see_jobs(struct work *w, size_t text, struct err *err)
{
    size_t n = w->material.length, tasks = w->jobs.n * w->n_used;
    struct viewing v = {.work = w};
    float *ratios = mem_new(tasks * n, sizeof *ratios, "masses of keys", err);
    v.seen = mem_new(tasks, sizeof *v.seen, "masses of keys", err);
    v.errs = mem_new(tasks, sizeof *v.errs, "errors of heads", err);
    struct run *run = ratios && v.seen && v.errs ? jobs_run(&w->jobs, err) : NULL;
    v.run = run;
    for (size_t i = 0; run && i < tasks; i++)
        v.seen[i].ratios = ratios + i * n;
    if (run)
        pool_run(tasks, see_site, &v);
    bool ok = run && !any_err(v.errs, tasks, err);
    for (size_t j = 0; ok && j < w->jobs.n; j++)
        for (size_t h = 0; h < w->out->n; h++) {
            const struct job *job = &w->jobs.job[j];
            if (w->out->heads[h].place != PLACE_INNER)
                add_end(w, h, job, &v.seen[j * w->n_used + w->of[h]], text);
            else if (job->variant == VARIANT_BASE)
                add_inner(w, h, run, text);
        }
    run_free(run);
    free(ratios);
    free(v.seen);
    free(v.errs);
    jobs_clear(&w->jobs);
    return ok;
}

/* Is this variant of use to any of the heads? */
static bool is_wanted(const struct work *w, size_t variant)
{
    if (w->out->absolute && !w->out->shift && (variant == VARIANT_START_TOKEN || variant == VARIANT_START_NONE))
        return false;
    for (size_t h = 0; h < w->out->n; h++) {
        const struct column_test_head *head = &w->out->heads[h];
        bool replaces = variants[variant].cell == SQUARE_INDEX || variants[variant].cell == SQUARE_NONE || variant == VARIANT_EXCHANGE;
        if (head->place != PLACE_INNER && (variants[variant].place == PLACE_INNER || variants[variant].place == head->place) &&
            (head->token >= 0 || !replaces))
            return true;
    }
    return false;
}

static bool measure(struct work *w, struct err *err)
{
    size_t n = w->material.length;
    for (size_t v = 0; v < VARIANTS; v++)
        w->repeats[v] = v && !is_wanted(w, v) ? 0 : variant_has_words(&variants[v], w->out->absolute) ? COLUMN_TEST_WORDS : 1;
    for (size_t text = 0; text < w->measured; text++) {
        if (!jobs_add(&w->jobs, 2 * text + 1, VARIANT_BASE, 0, err) || !see_jobs(w, text, err))
            return false;
        for (size_t v = 1; v < VARIANTS; v++)
            for (size_t word = 0; word < w->repeats[v]; word++)
                if (!jobs_add(&w->jobs, 2 * text + 1, v, word, err) ||
                    ((w->jobs.n + 1) * n > ROWS_IN_A_PASS && !see_jobs(w, text, err)))
                    return false;
        if ((w->jobs.n && !see_jobs(w, text, err)) || !report(w, err))
            return false;
    }
    return true;
}

/* ---- verdicts ---- */

/* The samples of a head's variant, means over words; NULL: it was not run. */
static const double *samples(struct work *w, size_t h, size_t variant)
{
    double *at = w->excess + (h * VARIANTS + variant) * w->measured;
    return w->repeats[variant] ? at : NULL;
}

static const size_t cells[PLACES_AT_ENDS][SQUARE_CELLS] = {
    {VARIANT_START_INDEX, VARIANT_START_TOKEN, VARIANT_START_NONE}, {VARIANT_END_INDEX, VARIANT_END_TOKEN, VARIANT_END_NONE}};
static const size_t beside[] = {VARIANT_EXCHANGE, VARIANT_SHUFFLED, VARIANT_RANDOM};

static void judge_end(struct work *w, size_t h)
{
    struct column_test_head *head = &w->out->heads[h];
    size_t n = w->material.length;
    bool special = head->token >= 0;
    enum square_cell last = special ? SQUARE_NONE : SQUARE_TOKEN; /* the cell with neither cause */
    for (size_t v = 0; v < VARIANTS; v++)
        for (size_t t = 0; t < w->measured && w->repeats[v] > 1; t++)
            w->excess[(h * VARIANTS + v) * w->measured + t] /= (double)w->repeats[v];
    struct square square = {.texts = w->measured, .base = samples(w, h, VARIANT_BASE), .bare = !special};
    for (size_t c = 0; c < SQUARE_CELLS; c++) {
        size_t v = cells[head->place][c];
        square.cell[c] = special || c == SQUARE_TOKEN ? samples(w, h, v) : NULL;
        square.broken[c] = w->out->broken[v];
        head->divergence[c] = square.cell[c] ? w->divergence[h * SQUARE_CELLS + c] / (double)(w->measured * w->repeats[v]) : NAN;
    }
    square_test(&square, &head->square);
    for (size_t b = 0; b < sizeof beside / sizeof *beside; b++)
        if (samples(w, h, beside[b]) && (beside[b] != VARIANT_EXCHANGE || (special && head->place == PLACE_START)))
            retention(samples(w, h, beside[b]), square.base, w->measured, &head->beside[beside[b]]);
    if (head->beside[VARIANT_EXCHANGE].texts)
        retention(w->other + h * w->measured, square.base, w->measured, &head->other);
    head->went_ratio = NAN;
    double times = square.cell[last] ? (double)(w->measured * w->repeats[cells[head->place][last]]) : 0;
    for (size_t j = 0; times > 0 && j < n; j++) {
        double ratio = w->went[h * n + j] / times;
        if (j != head->index && !(ratio <= head->went_ratio)) {
            head->went = j;
            head->went_ratio = ratio;
        }
    }
}

/* Add the samples of one list of [measured] to another. */
static void add_samples(const struct work *w, const double *from, double *to)
{
    for (size_t t = 0; t < w->measured; t++)
        to[t] += from[t];
}

/* The columns at one end as one: what the sum of their excesses keeps. Heads without a special token there are left out. */
static bool pool(struct work *w, enum column_place place, struct err *err)
{
    struct pooled *pooled = &w->out->pooled[place];
    double *sums = mem_new((VARIANTS + 1) * w->measured, sizeof *sums, "masses", err), *other = sums ? sums + VARIANTS * w->measured : NULL;
    if (!sums)
        return false;
    for (size_t h = 0; h < w->out->n; h++) {
        if (w->out->heads[h].place != place || w->out->heads[h].token < 0)
            continue;
        pooled->heads++;
        for (size_t v = 0; v < VARIANTS; v++)
            add_samples(w, w->excess + (h * VARIANTS + v) * w->measured, sums + v * w->measured);
        add_samples(w, w->other + h * w->measured, other);
    }
    for (size_t c = 0; pooled->heads && c < SQUARE_CELLS; c++)
        if (w->repeats[cells[place][c]])
            retention(sums + cells[place][c] * w->measured, sums, w->measured, &pooled->cell[c]);
    for (size_t b = 0; pooled->heads && b < sizeof beside / sizeof *beside; b++)
        if (w->repeats[beside[b]] && (beside[b] != VARIANT_EXCHANGE || place == PLACE_START))
            retention(sums + beside[b] * w->measured, sums, w->measured, &pooled->beside[beside[b]]);
    if (pooled->beside[VARIANT_EXCHANGE].texts)
        retention(other, sums, w->measured, &pooled->other);
    free(sums);
    return true;
}

static void judge_inner(struct work *w, size_t h)
{
    struct column_test_head *head = &w->out->heads[h];
    const double *at = w->inner + h * (1 + SQUARE_CELLS) * w->measured;
    struct square square = {.texts = w->measured, .base = at, .inner = true,
                            .cell = {at + (1 + SQUARE_INDEX) * w->measured, at + (1 + SQUARE_TOKEN) * w->measured, NULL}};
    head->went_ratio = NAN;
    square_test(&square, &head->square);
}

static bool judge(struct work *w, struct err *err)
{
    struct column_test *out = w->out;
    struct square_verdict *squares = mem_new(out->n + 1, sizeof *squares, "verdicts", err);
    if (!squares)
        return false;
    for (size_t h = 0; h < out->n; h++) {
        (out->heads[h].place == PLACE_INNER ? judge_inner : judge_end)(w, h);
        squares[h] = out->heads[h].square;
    }
    bool ok = verdicts_decide(squares, out->n, err) && pool(w, PLACE_START, err) && pool(w, PLACE_END, err);
    for (size_t h = 0; ok && h < out->n; h++)
        out->heads[h].square = squares[h];
    free(squares);
    return ok;
}

/* ---- all of it ---- */

static bool room(struct work *w, struct err *err)
{
    size_t n = w->material.length, heads = w->out->n, product;
    if (!size_mul(heads * (VARIANTS + SQUARE_CELLS + 2) + 1, w->measured, &product) || !size_mul(w->n_used, n * n, &product))
        return err_set(err, ERR_LIMIT, "too many heads and texts");
    w->excess = mem_new(heads * VARIANTS * w->measured + 1, sizeof *w->excess, "masses", err);
    w->other = mem_new(heads * w->measured + 1, sizeof *w->other, "masses", err);
    w->inner = mem_new(heads * (1 + SQUARE_CELLS) * w->measured + 1, sizeof *w->inner, "masses", err);
    w->went = mem_new(heads * n + 1, sizeof *w->went, "masses", err);
    w->divergence = mem_new(heads * SQUARE_CELLS + 1, sizeof *w->divergence, "masses", err);
    w->base = mem_new(w->n_used * n * n + 1, sizeof *w->base, "attention maps", err);
    return w->excess && w->other && w->inner && w->went && w->divergence && w->base;
}

bool column_test(const struct column_test_options *options, struct column_test *out, struct err *err)
{
    struct work w = {.options = options, .out = out};
    *out = (struct column_test){.length = options->length};
    bool ok = material_gather(options, &w.material, err) && model_has_positions(options->model, &out->absolute, err);
    out->shift = ok && out->absolute ? column_shift(options->model, options->length) : 0;
    out->skipped = w.material.skipped;
    out->cut = w.material.cut;
    memcpy(out->words, w.material.words, sizeof out->words);
    w.jobs = (struct jobs){.options = options, .material = &w.material, .absolute = out->absolute, .shift = out->shift};
    w.measured = out->measured_on = w.material.n / 2;
    w.all = w.material.n;
    out->heads = ok ? mem_new(3 * options->n_sites, sizeof *out->heads, "columns", err) : NULL;
    w.used = ok ? mem_new(options->n_sites, sizeof *w.used, "columns", err) : NULL;
    w.of = ok ? mem_new(3 * options->n_sites, sizeof *w.of, "columns", err) : NULL;
    ok = ok && out->heads && w.used && w.of && choose_heads(&w, err) && room(&w, err);
    if (ok && out->n)
        ok = column_losses(&w.jobs, 1, out->loss, &out->loss_of, err);
    for (size_t v = 0; ok && v < VARIANTS; v++)
        out->broken[v] = out->loss[v] - out->loss[VARIANT_BASE] > COLUMN_TEST_BROKEN;
    if (ok && out->n)
        ok = measure(&w, err) && judge(&w, err);
    jobs_free(&w.jobs);
    material_free(&w.material);
    free(w.used);
    free(w.of);
    free(w.excess);
    free(w.other);
    free(w.inner);
    free(w.went);
    free(w.divergence);
    free(w.base);
    if (!ok) {
        column_test_free(out);
        *out = (struct column_test){0};
    }
    return ok;
}

void column_test_free(struct column_test *test)
{
    free(test->heads);
}
