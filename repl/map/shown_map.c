/* Maps as they are shown: the part of a site, its rows and columns chosen and joined, several heads folded. See
 * selector.h.
 *
 * Order of work on each head: the part and which cells are masked; special=renorm; word pieces joined (words=on); rows and
 * columns left out (q=, k=, from=, to=, special=). Then agg= folds the heads, and the marks come from probabilities. */
#include "repl/map/shown_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/measure/column.h"
#include "repl/grammar/call.h"
#include "repl/map/axis.h"
#include "repl/run/selector.h"

enum special { SPECIAL_ON, SPECIAL_OFF, SPECIAL_RENORM };
enum fold { FOLD_NONE, FOLD_MEAN, FOLD_MAX, FOLD_MIN, FOLD_STD };

/* What one call does to every map. */
struct plan {
    const struct run *run;
    const struct encoding *text;
    struct part part;
    enum special special;
    enum fold fold;
    bool words, marks;
    struct axis rows, cols;
    size_t T;
    unsigned char *masked;   /* [T,T] of the site at work: 1 where its queries do not see the key */
    bool any_masked;
    unsigned char *left_out; /* [T] special tokens that special= leaves out */
};

static bool is_probability(struct part part)
{
    return part.kind == PART_PROBS || part.kind == PART_SOFTMAX;
}

static bool read_plan(const struct call *call, struct plan *plan, struct err *err)
{
    struct str special = call_option(call, "special"), fold = call_option(call, "agg");
    plan->special = str_is(special, "off") ? SPECIAL_OFF : str_is(special, "renorm") ? SPECIAL_RENORM : SPECIAL_ON;
    plan->fold = str_is(fold, "mean")  ? FOLD_MEAN
                 : str_is(fold, "max") ? FOLD_MAX
                 : str_is(fold, "min") ? FOLD_MIN
                 : str_is(fold, "std") ? FOLD_STD
                                       : FOLD_NONE;
    plan->words = str_is(call_option(call, "words"), "on");
    plan->marks = str_is(call_option(call, "mark"), "columns");
    if (!select_part(call, plan->run->model, &plan->part, err))
        return false;
    if (plan->words && !is_probability(plan->part)) {
        err_set(err, ERR_ARG, "words=on joins probabilities (summed over the key's pieces, averaged over the query's); "
                              "scores and terms have no such sum: leave it out, or take softmax=");
        return call_blame_option(call, "words", err);
    }
    if (plan->special == SPECIAL_RENORM && !is_probability(plan->part)) {
        err_set(err, ERR_ARG, "special=renorm divides probabilities by what stays visible; for scores and terms take special=off");
        return call_blame_option(call, "special", err);
    }
    return true;
}

/* ---- one head ---- */

/* The part of one site into full [T,T], its masked cells into plan->masked. */
static bool make_part(struct plan *plan, struct site site, struct part part, float *full, struct err *err)
{
    const struct attention *a = run_attention(plan->run, site, err);
    if (!a || !run_map(plan->run, site, part, 0, a->Tq, full, err))
        return false;
    plan->any_masked = a->mask.lo || a->mask.hi || a->mask.bitmap;
    for (size_t i = 0; plan->any_masked && i < a->Tq; i++)
        for (size_t j = 0; j < a->Tk; j++)
            plan->masked[i * a->Tk + j] = attention_masked(a, i, j);
    return true;
}

static bool is_masked(const struct plan *plan, size_t i, size_t j)
{
    return plan->any_masked && plan->masked[i * plan->T + j];
}

/* special=renorm: each row divided by its mass on the columns that stay; a row with none is masked. */
static void renormalise(struct plan *plan, float *full)
{
    size_t T = plan->T;
    for (size_t i = 0; i < T; i++) {
        double stays = 0;
        for (size_t j = 0; j < T; j++)
            if (!plan->left_out[j] && !is_masked(plan, i, j))
                stays += full[i * T + j];
        if (stays == 0 && !plan->any_masked) {
            memset(plan->masked, 0, T * T);
            plan->any_masked = true;
        }
        for (size_t j = 0; j < T; j++)
            if (stays == 0)
                plan->masked[i * T + j] = 1;
            else
                full[i * T + j] = (float)(full[i * T + j] / stays);
    }
}

/* The mean over the shown rows of the mass on columns that special=off hides. */
static double hidden_mass(const struct plan *plan, const float *full)
{
    double sum = 0;
    size_t n = 0, T = plan->T;
    for (size_t r = 0; r < plan->rows.n; r++)
        for (size_t p = 0; p < plan->rows.at[r].n; p++, n++)
            for (size_t j = 0; j < T; j++) {
                size_t i = plan->rows.at[r].first + p;
                if (plan->left_out[j] && !is_masked(plan, i, j))
                    sum += full[i * T + j];
            }
    return n ? sum / (double)n : NAN;
}

/* Cells of the shown map: mean over a row's pieces of the sum over a column's (single tokens: the value). NaN in out
 * and 1 in masked_out (which may be NULL where nothing is masked) where none of them is seen. */
static void join(const struct plan *plan, const float *full, float *out, unsigned char *masked_out)
{
    size_t T = plan->T;
    for (size_t r = 0; r < plan->rows.n; r++)
        for (size_t c = 0; c < plan->cols.n; c++) {
            struct piece row = plan->rows.at[r], col = plan->cols.at[c];
            double sum = 0;
            size_t seen = 0;
            for (size_t i = row.first; i < row.first + row.n; i++)
                for (size_t j = col.first; j < col.first + col.n; j++)
                    if (!is_masked(plan, i, j)) {
                        sum += full[i * T + j];
                        seen++;
                    }
            if (masked_out)
                masked_out[r * plan->cols.n + c] = seen == 0;
            out[r * plan->cols.n + c] = seen ? (float)(row.n == 1 && col.n == 1 ? sum : sum / (double)row.n) : NAN;
        }
}

/* ---- several heads ---- */

struct folding {
    double *sum, *square; /* mean and std: running mean and sum of squared deviations (Welford 1962) */
    size_t *n;            /* maps in which the cell is seen */
};

/* The maps that see a cell fold to its value; a value that is not a number stays one. */
static void fold_in(const struct plan *plan, struct folding *folding, const float *values, const unsigned char *masked, size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        double value = values[i], old = folding->sum[i];
        if (masked && masked[i])
            continue;
        folding->n[i]++;
        if (folding->n[i] == 1) {
            folding->sum[i] = value;
        } else if (plan->fold == FOLD_MAX || plan->fold == FOLD_MIN) {
            if (isnan(value) || (plan->fold == FOLD_MAX ? value > old : value < old))
                folding->sum[i] = value;
        } else {
            folding->sum[i] += (value - old) / (double)folding->n[i];
            folding->square[i] += (value - old) * (value - folding->sum[i]);
        }
    }
}

static void fold_out(const struct plan *plan, const struct folding *folding, float *out, unsigned char *masked, size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        if (masked)
            masked[i] = folding->n[i] == 0;
        out[i] = folding->n[i] == 0      ? NAN
                 : plan->fold == FOLD_STD ? (float)sqrt(folding->square[i] / (double)folding->n[i])
                                          : (float)folding->sum[i];
    }
}

/* All sites into map->values; the marks' mean probabilities into `probs` (NULL: none wanted). */
static bool make_values(struct plan *plan, const struct site *sites, size_t n_sites, struct shown_map *map, float *probs,
                        struct err *err)
{
    size_t T = plan->T, cells = map->rows * map->cols;
    struct folding folding = {0};
    float *full = arena_alloc(map->arena, T * T, sizeof *full, "a map", err);
    bool any_masked = false;
    plan->masked = arena_alloc(map->arena, T * T, 1, "a map", err);
    map->masked = arena_zalloc(map->arena, cells, 1, "a map", err);
    if (!full || !plan->masked || !map->masked)
        return false;
    if (plan->fold != FOLD_NONE) {
        folding.n = arena_zalloc(map->arena, cells, sizeof *folding.n, "the folded map", err);
        folding.sum = arena_zalloc(map->arena, cells, sizeof(double), "the folded map", err);
        folding.square = arena_zalloc(map->arena, cells, sizeof(double), "the folded map", err);
        if (!folding.n || !folding.sum || !folding.square)
            return false;
    }
    double hidden = 0;
    for (size_t s = 0; s < n_sites; s++) {
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (!make_part(plan, sites[s], plan->part, full, err))
            return false;
        hidden += hidden_mass(plan, full);
        if (plan->special == SPECIAL_RENORM)
            renormalise(plan, full);
        join(plan, full, map->values, map->masked);
        any_masked = any_masked || plan->any_masked;
        if (plan->fold != FOLD_NONE)
            fold_in(plan, &folding, map->values, map->masked, cells);
        if (!probs)
            continue;
        if (plan->part.kind != PART_PROBS || plan->special == SPECIAL_RENORM)
            if (!run_map(plan->run, sites[s], (struct part){PART_PROBS, 0}, 0, T, full, err))
                return false;
        for (size_t i = 0; i < T * T; i++)
            probs[i] += full[i] / (float)n_sites; /* 0 where masked */
    }
    if (plan->fold != FOLD_NONE)
        fold_out(plan, &folding, map->values, map->masked, cells);
    if (!any_masked)
        map->masked = NULL;
    shown_map_count(map);
    if (plan->special == SPECIAL_OFF && is_probability(plan->part))
        map->hidden_mass = hidden / (double)n_sites;
    return true;
}

/* Which shown columns hold a column of the probabilities. */
static bool make_marks(const struct plan *plan, struct site site, const float *probs, struct shown_map *map, struct err *err)
{
    const struct attention *a = run_attention(plan->run, site, err);
    unsigned char *marks = arena_zalloc(map->arena, plan->T, 1, "the marks", err);
    map->marked = arena_zalloc(map->arena, map->cols, 1, "the marks", err);
    if (!a || !marks || !map->marked)
        return false;
    column_marks(probs, plan->T, plan->T, a, NULL, marks);
    for (size_t c = 0; c < map->cols; c++)
        for (size_t j = 0; j < plan->cols.at[c].n; j++)
            map->marked[c] |= marks[plan->cols.at[c].first + j];
    return true;
}

/* ---- axes ---- */

static bool make_axes(const struct call *call, struct plan *plan, struct shown_map *map, struct err *err)
{
    plan->left_out = arena_zalloc(map->arena, plan->T ? plan->T : 1, 1, "the tokens", err);
    if (!plan->left_out)
        return false;
    for (size_t t = 0; t < plan->T; t++)
        plan->left_out[t] = plan->special != SPECIAL_ON && plan->text->tokens[t].special_id;
    const struct axis_request request = {call, plan->run, map->site.text, plan->words, plan->left_out, map->arena};
    if (!axis_make(&request, "q", "from", &plan->rows, err) || !axis_make(&request, "k", "to", &plan->cols, err))
        return false;
    map->rows = plan->rows.n;
    map->cols = plan->cols.n;
    map->row_tokens = plan->rows.tokens;
    map->col_tokens = plan->cols.tokens;
    map->row_labels = plan->rows.labels;
    map->col_labels = plan->cols.labels;
    map->words = plan->words;
    return true;
}

static bool same_layer(const struct site *sites, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (sites[i].layer != sites[0].layer || sites[i].stack != sites[0].stack)
            return false;
    return true;
}

bool shown_map_make(struct session *session, const struct call *call, struct kept_run *run, const struct site *sites,
                    size_t n_sites, struct shown_map *out, struct err *err)
{
    (void)session;
    *out = (struct shown_map){.run = run, .site = sites[0], .hidden_mass = NAN};
    struct plan plan = {.run = run->run, .text = &run->run->tokens->texts[sites[0].text], .T = run->run->tokens->texts[sites[0].text].n};
    float *probs = NULL;
    size_t cells;
    out->arena = arena_new(err);
    if (!out->arena || !read_plan(call, &plan, err) || !make_axes(call, &plan, out, err))
        goto fail;
    out->part = plan.part;
    if (plan.fold != FOLD_NONE) {
        out->agg_heads = n_sites;
        out->agg_layers = !same_layer(sites, n_sites);
    }
    if (!size_mul(out->rows, out->cols, &cells) || !size_mul(plan.T, plan.T, &(size_t){0})) {
        err_set(err, ERR_LIMIT, "a map of %zu tokens is too large", plan.T);
        goto fail;
    }
    out->values = arena_alloc(out->arena, cells, sizeof *out->values, "the map", err);
    if (!out->values)
        goto fail;
    if (plan.marks) {
        probs = arena_zalloc(out->arena, plan.T * plan.T, sizeof *probs, "the map", err);
        if (!probs)
            goto fail;
    }
    if (!make_values(&plan, sites, plan.fold == FOLD_NONE ? 1 : n_sites, out, probs, err))
        goto fail;
    if (probs && !make_marks(&plan, sites[0], probs, out, err))
        goto fail;
    return true;
fail:
    shown_map_free(out);
    return false;
}

void shown_map_count(struct shown_map *map)
{
    map->not_finite = 0;
    for (size_t i = 0; i < map->rows * map->cols; i++)
        map->not_finite += !(map->masked && map->masked[i]) && !isfinite(map->values[i]);
}

void shown_map_free(struct shown_map *map)
{
    arena_free(map->arena);
    *map = (struct shown_map){0};
}
