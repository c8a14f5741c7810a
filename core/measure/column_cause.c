/* What carries a column. See column_cause.h.
 *
 *   even texts ─► heads with a column at an end or between; squares of dimensions ─► control sets
 *   odd texts  ─► {nothing, dimensions, each control set} zeroed × variants ─► excess by text ─► retention, log changes
 */
#include "core/measure/column_cause.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/measure/column_jobs.h"
#include "core/measure/column_test.h"
#include "core/measure/measure.h"
#include "core/measure/positions.h"

enum { ROWS_IN_A_PASS = 768 };

const enum rows_kind cause_rows[CAUSE_ROWS_KINDS] = {ROWS_POSITIONS, ROWS_WORDS, ROWS_NORMS, ROWS_HIDDEN};

const char *rows_kind_name(enum rows_kind kind)
{
    static const char *const names[] = {[ROWS_HIDDEN] = "hidden",        [ROWS_WORDS] = "words", [ROWS_POSITIONS] = "positions",
                                        [ROWS_NORMS] = "norms",          [ROWS_FFN] = "ffn",     [ROWS_OTHER] = "other"};
    return names[kind];
}

struct work {
    const struct column_cause_options *options;
    struct column_cause *out;
    struct material material;
    struct jobs jobs;
    size_t texts;            /* measured */
    unsigned char *chosen;   /* [n_sites, CAUSE_PLACES] */
    double *squares;         /* [CAUSE_ROWS_KINDS, E] */
    double *plain;           /* [VARIANTS, CAUSE_PLACES, texts] excess with nothing zeroed */
    double *zeroed;          /* the same with something zeroed */
    size_t *inner;           /* [texts, n_sites] the inner key that is measured; SIZE_MAX: none */
    bool picking;            /* it is being chosen */
    size_t columns[CAUSE_PLACES]; /* of the last look at the base */
    size_t done, all;
};

static bool report(struct work *w, struct err *err)
{
    const struct watch *watch = w->options->test.watch;
    w->done++;
    if (watch && watch->progress)
        watch->progress(watch->context, w->done, w->all);
    return !cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled");
}

/* ---- looking at jobs ---- */

/* What the map of one head and job gives at the two ends and between them. */
struct seen {
    double excess[CAUSE_PLACES];
    size_t columns[CAUSE_PLACES];
    size_t inner; /* where one is chosen */
};
struct looking {
    const struct work *w;
    size_t first; /* the text of the first job, among those measured; SIZE_MAX: these are not */
    const struct run *run;
    struct seen *seen; /* [jobs, n_sites] */
    struct err *errs;  /* [jobs · n_sites] */
};

/* n·mass − 1 of a key by every second query, from query `from` on; NaN: too few see it. */
static double half_excess(const float *probs, const struct attention *a, size_t key, size_t from)
{
    double sum = 0;
    size_t queries = 0;
    for (size_t i = from; i < a->Tq; i += 2)
        if (!attention_masked(a, i, key)) {
            sum += (double)probs[i * a->Tk + key] * (double)keys_seen(a, i);
            queries++;
        }
    return queries >= 4 ? sum / (double)queries - 1 : NAN;
}

/* The inner key that even queries look at most. */
static size_t pick(const float *probs, const struct attention *a)
{
    size_t best = SIZE_MAX;
    double most = -INFINITY;
    for (size_t j = 1; j + 1 < a->Tk; j++) {
        double excess = half_excess(probs, a, j, 0);
        if (excess > most) {
            most = excess;
            best = j;
        }
    }
    return best;
}

static void look_inside(const struct looking *l, size_t task, const struct attention *a, const float *probs, const unsigned char *marks)
{
    struct seen *seen = &l->seen[task];
    size_t at = l->first == SIZE_MAX ? SIZE_MAX : (l->first + task / l->w->options->test.n_sites) * l->w->options->test.n_sites + task % l->w->options->test.n_sites;
    for (size_t j = 1; j + 1 < a->Tk; j++)
        seen->columns[PLACE_INNER] += marks[j];
    seen->inner = at == SIZE_MAX ? SIZE_MAX : l->w->picking ? pick(probs, a) : l->w->inner[at];
    seen->excess[PLACE_INNER] = seen->inner == SIZE_MAX ? 0 : half_excess(probs, a, seen->inner, 1);
}

static void look(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct looking *l = context;
    const struct column_test_options *o = &l->w->options->test;
    size_t n = l->w->material.length;
    const struct job *job = &l->w->jobs.job[task / o->n_sites];
    struct site site = o->sites[task % o->n_sites];
    site.text = task / o->n_sites;
    struct err *err = &l->errs[task];
    float *probs = mem_new(n * n + n, sizeof *probs, "an attention map", err), *ratios = probs ? probs + n * n : NULL;
    unsigned char *marks = mem_new(n, 1, "an attention map", err);
    const struct attention *a = probs && marks ? run_attention(l->run, site, err) : NULL;
    if (a && run_map(l->run, site, (struct part){.kind = PART_PROBS}, 0, n, probs, err)) {
        column_ratios(probs, a, ratios);
        column_marks(probs, n, n, a, &o->rule, marks);
        for (size_t p = 0; p < PLACES_AT_ENDS; p++) {
            size_t key = job->made.key[p];
            l->seen[task].excess[p] = isfinite(ratios[key]) ? (double)ratios[key] - 1 : NAN;
            l->seen[task].columns[p] = marks[key];
        }
        look_inside(l, task, a, probs, marks);
    }
    free(probs);
    free(marks);
}

/* Run the jobs in hand, `first` the text of the first; seen [jobs, n_sites], on the heap, and the jobs stay until they are cleared. */
static struct seen *look_at(struct work *w, size_t first, struct err *err)
{
    size_t tasks = w->jobs.n * w->options->test.n_sites;
    struct looking l = {.w = w, .first = first};
    l.seen = mem_new(tasks, sizeof *l.seen, "masses of keys", err);
    l.errs = mem_new(tasks, sizeof *l.errs, "errors of heads", err);
    struct run *run = l.seen && l.errs ? jobs_run(&w->jobs, err) : NULL;
    l.run = run;
    if (run)
        pool_run(tasks, look, &l);
    bool ok = run != NULL;
    for (size_t i = 0; ok && i < tasks; i++)
        if (l.errs[i].code != ERR_NONE) {
            ok = false;
            if (err)
                *err = l.errs[i];
        }
    run_free(run);
    free(l.errs);
    if (ok)
        return l.seen;
    free(l.seen);
    return NULL;
}

/* ---- the choosing half ---- */

static bool choose(struct work *w, struct err *err)
{
    const struct column_test_options *o = &w->options->test;
    size_t texts = (w->material.n + 1) / 2, n = w->material.length;
    size_t *count = mem_new(o->n_sites * CAUSE_PLACES, sizeof *count, "columns", err);
    bool ok = count != NULL;
    for (size_t at = 0, first = 0; ok && at < texts; first = at) {
        for (; ok && at < texts && (at == first || (at - first + 1) * n <= ROWS_IN_A_PASS); at++)
            ok = jobs_add(&w->jobs, 2 * at, VARIANT_BASE, 0, err) && report(w, err);
        struct seen *seen = ok ? look_at(w, SIZE_MAX, err) : NULL;
        ok = seen != NULL;
        for (size_t i = 0; ok && i < w->jobs.n * o->n_sites; i++)
            for (size_t p = 0; p < CAUSE_PLACES; p++)
                count[(i % o->n_sites) * CAUSE_PLACES + p] += seen[i].columns[p] > 0;
        free(seen);
        jobs_clear(&w->jobs);
    }
    for (size_t i = 0; ok && i < o->n_sites * CAUSE_PLACES; i++) {
        w->chosen[i] = 2 * count[i] >= texts;
        w->out->heads[i % CAUSE_PLACES] += w->chosen[i];
    }
    w->out->chosen_on = texts;
    free(count);
    return ok;
}

/* What rows of each kind hold in the even texts. */
static bool weigh(struct work *w, struct err *err)
{
    size_t E = w->options->test.model->E, n = w->material.length;
    for (size_t k = 0; k < CAUSE_ROWS_KINDS; k++) {
        struct intervention watch = dims_weighed(w->squares + k * E, cause_rows[k]);
        bool ok = true;
        w->jobs.change = &watch;
        for (size_t at = 0, first = 0; ok && at < w->out->chosen_on; first = at) {
            for (; ok && at < w->out->chosen_on && (at == first || (at - first + 1) * n <= ROWS_IN_A_PASS); at++)
                ok = jobs_add(&w->jobs, 2 * at, VARIANT_BASE, 0, err);
            struct run *run = ok ? jobs_run(&w->jobs, err) : NULL;
            ok = run != NULL;
            run_free(run);
            jobs_clear(&w->jobs);
        }
        w->jobs.change = NULL;
        if (!ok)
            return false;
    }
    return true;
}

/* ---- the measuring half ---- */

static bool is_wanted(const struct work *w, size_t variant)
{
    const struct variant *v = &variants[variant];
    const struct column_cause *out = w->out;
    if (variant == VARIANT_BASE)
        return true;
    if (v->cell == SQUARE_CELLS || v->place == PLACE_INNER || !out->heads[v->place])
        return false;
    if (out->absolute && !out->shift && (variant == VARIANT_START_TOKEN || variant == VARIANT_START_NONE))
        return false;
    return out->token[v->place] >= 0 || v->cell == SQUARE_TOKEN; /* without a special token the place alone can be vacated */
}

/* The excess of the chosen heads together, by text, of one variant; columns of all heads at the ends are counted. */
static bool see_variant(struct work *w, size_t variant, double *excess, struct err *err)
{
    const struct column_test_options *o = &w->options->test;
    size_t n = w->material.length;
    bool ok = true;
    memset(w->columns, 0, sizeof w->columns);
    memset(excess, 0, CAUSE_PLACES * w->texts * sizeof *excess);
    for (size_t at = 0, first = 0; ok && at < w->texts; first = at) {
        for (; ok && at < w->texts && (at == first || (at - first + 1) * n <= ROWS_IN_A_PASS); at++)
            ok = jobs_add(&w->jobs, 2 * at + 1, variant, at, err);
        struct seen *seen = ok ? look_at(w, variant == VARIANT_BASE ? first : SIZE_MAX, err) : NULL;
        ok = seen != NULL;
        for (size_t i = 0; ok && w->picking && i < w->jobs.n * o->n_sites; i++)
            w->inner[(first + i / o->n_sites) * o->n_sites + i % o->n_sites] = seen[i].inner;
        for (size_t i = 0; ok && i < w->jobs.n * o->n_sites; i++)
            for (size_t p = 0; p < CAUSE_PLACES; p++) {
                w->columns[p] += seen[i].columns[p];
                if (w->chosen[(i % o->n_sites) * CAUSE_PLACES + p])
                    excess[p * w->texts + first + i / o->n_sites] += seen[i].excess[p];
            }
        free(seen);
        jobs_clear(&w->jobs);
    }
    return ok && report(w, err);
}

static bool see_cells(struct work *w, const struct intervention *change, double *excess, size_t columns_out[CAUSE_PLACES], struct err *err)
{
    bool ok = true;
    w->jobs.change = change;
    for (size_t v = 0; ok && v < VARIANTS; v++) {
        if (!is_wanted(w, v))
            continue;
        w->picking = v == VARIANT_BASE && !change;
        ok = see_variant(w, v, excess + v * CAUSE_PLACES * w->texts, err);
        w->picking = false;
        if (v == VARIANT_BASE)
            memcpy(columns_out, w->columns, sizeof w->columns);
    }
    w->jobs.change = NULL;
    return ok;
}

/* ---- numbers of a row ---- */

static struct cause_mean mean_of(const double *x, size_t n)
{
    double sum = 0, squares = 0;
    struct cause_mean out = {NAN, NAN, NAN};
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    out.mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - out.mean) * (x[i] - out.mean);
    if (n > 1) {
        double half = student_quantile(0.025, (double)n - 1) * sqrt(squares / (double)(n - 1) / (double)n);
        out.low = out.mean - half;
        out.high = out.mean + half;
    }
    return out;
}

static double log_excess(double excess, size_t heads)
{
    return log(fmax(excess / (double)heads, CAUSE_FLOOR));
}

static size_t variant_of(enum column_place place, size_t cell)
{
    static const size_t cells[CAUSE_PLACES][CAUSE_CELLS] = {
        {VARIANT_BASE, VARIANT_START_INDEX, VARIANT_START_TOKEN, VARIANT_START_NONE},
        {VARIANT_BASE, VARIANT_END_INDEX, VARIANT_END_TOKEN, VARIANT_END_NONE},
        {VARIANT_BASE, VARIANTS, VARIANTS, VARIANTS}}; /* inner keys have no square */
    return cells[place][cell];
}

static bool log_changes(const struct work *w, struct cause_row *row, struct err *err)
{
    size_t n = w->texts, heads = w->out->heads[row->place];
    double *change = mem_new((CAUSE_CELLS + 2) * n, sizeof *change, "masses", err);
    bool there[CAUSE_CELLS];
    for (size_t c = 0; change && c < CAUSE_CELLS; c++) {
        size_t v = variant_of(row->place, c), at = (v * CAUSE_PLACES + row->place) * n;
        there[c] = v < VARIANTS && is_wanted(w, v);
        for (size_t t = 0; there[c] && t < n; t++)
            change[c * n + t] = log_excess(w->zeroed[at + t], heads) - log_excess(w->plain[at + t], heads);
        row->log_change[c] = there[c] ? mean_of(change + c * n, n) : (struct cause_mean){NAN, NAN, NAN};
    }
    for (size_t k = 0; change && k < 2; k++) {
        size_t c = 1 + (k ? SQUARE_TOKEN : SQUARE_INDEX);
        double *difference = change + (CAUSE_CELLS + k) * n;
        for (size_t t = 0; t < n; t++)
            difference[t] = change[t] - change[c * n + t];
        *(k ? &row->with_place : &row->with_token) = there[c] ? mean_of(difference, n) : (struct cause_mean){NAN, NAN, NAN};
    }
    free(change);
    return change != NULL;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The q-quantile of n sorted numbers, between neighbours. */
static double quantile(const double *x, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    return i + 1 < n ? x[i] + (at - (double)i) * (x[i + 1] - x[i]) : x[n - 1];
}

/* What sets of one kind leave of both ends, into the rows of this kind. rows [CAUSE_PLACES], NULL: no such column. */
static bool control(struct work *w, const struct dims *sets, size_t n, enum rows_kind kind, struct cause_controls *out[CAUSE_PLACES],
                    struct err *err)
{
    double *rho = mem_new(CAUSE_PLACES * (n + 1), sizeof *rho, "controls", err);
    size_t dims = 0;
    bool ok = rho != NULL;
    for (size_t s = 0; ok && s < n; s++) {
        struct intervention zero = dims_zeroed(&sets[s], kind);
        w->jobs.change = &zero;
        ok = see_variant(w, VARIANT_BASE, w->zeroed, err);
        w->jobs.change = NULL;
        dims += sets[s].n;
        for (size_t p = 0; ok && p < CAUSE_PLACES; p++) {
            struct retention own;
            if (!out[p])
                continue;
            retention(w->zeroed + p * w->texts, w->plain + p * w->texts, w->texts, &own);
            rho[p * n + s] = own.value;
            out[p]->least = s && out[p]->least < w->columns[p] ? out[p]->least : w->columns[p];
            out[p]->most = s && out[p]->most > w->columns[p] ? out[p]->most : w->columns[p];
        }
    }
    for (size_t p = 0; ok && p < CAUSE_PLACES; p++) {
        double sum = 0;
        if (!out[p])
            continue;
        out[p]->sets = n;
        out[p]->dims = n ? (dims + n / 2) / n : 0;
        for (size_t s = 0; s < n; s++)
            sum += rho[p * n + s];
        qsort(rho + p * n, n, sizeof *rho, by_size);
        out[p]->mean = n ? sum / (double)n : NAN;
        out[p]->low = n ? quantile(rho + p * n, n, 0.05) : NAN;
        out[p]->high = n ? quantile(rho + p * n, n, 0.95) : NAN;
    }
    free(rho);
    return ok;
}

static enum cause_word word_of(const struct cause_row *row)
{
    const struct cause_controls *m = &row->matched;
    if (row->rho.fails <= 0.05 && m->sets && m->low >= RETENTION_LOW && m->high <= RETENTION_HIGH)
        return CAUSE_CARRIES;
    return row->rho.holds <= 0.05 ? CAUSE_LEAVES : CAUSE_UNDECIDED;
}

/* Dimensions zeroed in rows of one kind: a row an end that has columns. */
static bool measure_kind(struct work *w, size_t k, const size_t columns_before[CAUSE_PLACES], struct err *err)
{
    struct column_cause *out = w->out;
    struct dims dims = w->options->dims;
    struct dims_controls controls = {0};
    struct cause_row *row[CAUSE_PLACES] = {NULL};
    struct cause_controls *random[CAUSE_PLACES] = {NULL}, *matched[CAUSE_PLACES] = {NULL};
    size_t E = w->options->test.model->E, columns[CAUSE_PLACES];
    double all = 0;
    for (size_t d = 0; d < E; d++)
        all += w->squares[k * E + d];
    for (size_t p = 0; p < CAUSE_PLACES; p++)
        if (out->heads[p]) {
            row[p] = &out->row[out->n++];
            *row[p] = (struct cause_row){.place = (enum column_place)p, .rows = cause_rows[k], .passes = all > 0};
            random[p] = &row[p]->random;
            matched[p] = &row[p]->matched;
        }
    if (all <= 0)
        return true;
    struct intervention zero = dims_zeroed(&dims, cause_rows[k]);
    const char *unused;
    double loss[VARIANTS];
    bool ok = dims_controls_draw(&dims, w->squares + k * E, E, w->options->random, w->options->matched, w->options->test.seed, &controls, err) &&
              see_cells(w, &zero, w->zeroed, columns, err);
    for (size_t p = 0; ok && p < CAUSE_PLACES; p++) {
        if (!row[p])
            continue;
        row[p]->squares = dims.squares;
        row[p]->columns_before = columns_before[p];
        row[p]->columns = columns[p];
        retention(w->zeroed + p * w->texts, w->plain + p * w->texts, w->texts, &row[p]->rho);
        ok = log_changes(w, row[p], err);
    }
    ok = ok && control(w, controls.random, controls.n_random, cause_rows[k], random, err) &&
         control(w, controls.matched, controls.n_matched, cause_rows[k], matched, err);
    if (ok && out->loss_of) {
        w->jobs.change = &zero;
        ok = column_losses(&w->jobs, 1, loss, &unused, err);
        w->jobs.change = NULL;
        out->loss_zeroed[k] = ok ? loss[VARIANT_BASE] : NAN;
    }
    for (size_t p = 0; ok && p < CAUSE_PLACES; p++)
        if (row[p])
            row[p]->word = out->loss_zeroed[k] - out->loss > COLUMN_TEST_BROKEN ? CAUSE_UNDECIDED : word_of(row[p]);
    dims_controls_free(&controls);
    return ok;
}

static bool room(struct work *w, struct err *err)
{
    size_t n = VARIANTS * CAUSE_PLACES * w->texts;
    w->chosen = mem_new(w->options->test.n_sites * CAUSE_PLACES, 1, "columns", err);
    w->squares = mem_new(CAUSE_ROWS_KINDS * w->options->test.model->E, sizeof *w->squares, "dimensions", err);
    w->plain = mem_new(2 * n, sizeof *w->plain, "masses", err);
    w->zeroed = w->plain ? w->plain + n : NULL;
    w->inner = mem_new(w->texts * w->options->test.n_sites, sizeof *w->inner, "inner keys", err);
    return w->chosen && w->squares && w->plain && w->inner;
}

static bool all_kinds(struct work *w, struct err *err)
{
    struct column_cause *out = w->out;
    size_t columns[CAUSE_PLACES];
    double loss[VARIANTS];
    bool ok = weigh(w, err) && see_cells(w, NULL, w->plain, columns, err) && column_losses(&w->jobs, 1, loss, &out->loss_of, err);
    out->loss = ok && out->loss_of ? loss[VARIANT_BASE] : NAN;
    for (size_t k = 0; ok && k < CAUSE_ROWS_KINDS; k++)
        ok = measure_kind(w, k, columns, err);
    return ok;
}

bool column_cause(struct column_cause_options *options, struct column_cause *out, struct err *err)
{
    const struct column_test_options *o = &options->test;
    struct work w = {.options = options, .out = out};
    *out = (struct column_cause){.length = o->length, .loss = NAN};
    for (size_t k = 0; k < CAUSE_ROWS_KINDS; k++)
        out->loss_zeroed[k] = NAN;
    bool ok = material_gather(o, AXIS_SOURCE, &w.material, err) && model_has_positions(o->model, &out->absolute, err);
    out->shift = ok && out->absolute ? column_shift(o->model, AXIS_SOURCE, o->length) : 0;
    out->skipped = w.material.skipped;
    out->again = w.material.again;
    out->cut = w.material.cut;
    w.texts = out->measured_on = w.material.n / 2;
    w.jobs = (struct jobs){.options = o, .material = &w.material, .absolute = out->absolute, .shift = out->shift};
    for (size_t p = 0; ok && p < PLACES_AT_ENDS; p++) {
        const struct token *token = &w.material.texts[0].tokens[p == PLACE_START ? 0 : w.material.length - 1];
        out->token[p] = token->special_id ? token->id : -1;
    }
    size_t chosen_on = (w.material.n + 1) / 2;
    w.all = chosen_on + 5 * 7 + CAUSE_ROWS_KINDS * (options->random + options->matched);
    ok = ok && room(&w, err) && choose(&w, err) && ((!out->heads[PLACE_START] && !out->heads[PLACE_END] && !out->heads[PLACE_INNER]) || all_kinds(&w, err));
    jobs_free(&w.jobs);
    material_free(&w.material);
    free(w.chosen);
    free(w.squares);
    free(w.plain);
    free(w.inner);
    return ok;
}
