/* Columns of one map: how much mass a key draws, from how many queries, and by which terms. See column.h. */
#include "core/measure/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/measure/anova.h"
#include "core/measure/measure.h"
#include "core/op/op.h"

/* What the queries give to one key. */
struct draw {
    double mass, ratio, cover;
    size_t others; /* queries i ≠ j that see it */
    bool enough;   /* queries see it to call it a column: all on a full map, 8 on a masked one */
    bool is_column;
};

/* In cross-attention a query and a key of one number are different tokens. */
static bool same_tokens(const struct attention *a)
{
    return a->queries == a->keys;
}

bool column_is_causal(const struct attention *a)
{
    for (size_t i = 0; i < a->Tq; i++)
        if (!a->mask.hi || a->mask.hi[i] != i + 1)
            return false;
    return same_tokens(a);
}

static const struct column_rule own_rule = {COLUMN_RATIO, COLUMN_COVER};

/* values_out [Tq] or NULL: A_ij · (keys that i sees) of the others. */
static struct draw draw_of(const float *probs, const struct attention *a, size_t key, const struct column_rule *rule,
                           float *values_out)
{
    struct draw d = {0};
    size_t queries = 0, covered = 0;
    bool full = true;
    for (size_t i = 0; i < a->Tq; i++) {
        size_t seen = keys_seen(a, i);
        full = full && seen == a->Tk;
        if (attention_masked(a, i, key))
            continue;
        double p = probs[i * a->Tk + key], times = p * (double)seen;
        d.mass += p;
        d.ratio += times;
        queries++;
        if (i == key && same_tokens(a))
            continue;
        covered += times >= 2;
        if (values_out)
            values_out[d.others] = (float)times;
        d.others++;
    }
    d.mass /= (double)a->Tq;
    d.ratio = queries ? d.ratio / (double)queries : 0;
    d.cover = d.others ? (double)covered / (double)d.others : NAN;
    rule = rule ? rule : &own_rule;
    d.enough = full || queries >= ANOVA_QUERIES;
    d.is_column = d.ratio >= rule->ratio && d.cover >= rule->cover && d.enough;
    return d;
}

/* The k-th smallest (Hoare's selection); reorders x. */
static float kth(float *x, size_t n, size_t k)
{
    size_t lo = 0, hi = n - 1;
    while (lo < hi) {
        float pivot = x[lo + (hi - lo) / 2];
        size_t i = lo, j = hi;
        for (;;) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j)
                break;
            float swap = x[i];
            x[i++] = x[j];
            x[j--] = swap;
        }
        if (k <= j)
            hi = j;
        else
            lo = j + 1;
    }
    return x[k];
}

static double median_of(float *x, size_t n)
{
    if (n == 0)
        return NAN;
    double upper = kth(x, n, n / 2);
    return n % 2 ? upper : (upper + kth(x, n, n / 2 - 1)) / 2;
}

static void no_nats(struct column *column)
{
    column->nats = column->edge = column->by_queries = column->by_keys = column->keys = NAN;
    for (size_t t = 0; t < MAX_TERMS; t++)
        column->term[t] = NAN;
    for (size_t s = 0; s < SPLITS; s++)
        column->split[s] = NAN;
}

/* The part of the map that draws: mass, ratio, cover and median of every key. */
static bool fill_draws(const struct run *run, struct site site, const struct attention *a, const struct column_rule *rule,
                       struct column_map *out, struct err *err)
{
    struct column *columns = out->columns;
    size_t cells;
    if (!size_mul(a->Tq, a->Tk, &cells))
        return err_set(err, ERR_LIMIT, "a map of %zu × %zu is too large", a->Tq, a->Tk);
    float *probs = mem_new(cells, sizeof *probs, "an attention map", err);
    float *values = mem_new(a->Tq, sizeof *values, "a column", err);
    bool ok = probs && values && run_map(run, site, (struct part){.kind = PART_PROBS}, 0, a->Tq, probs, err);
    bool causal = column_is_causal(a);
    out->not_finite = ok && map_not_finite(a, probs);
    for (size_t j = 0; ok && j < a->Tk; j++) {
        if (out->not_finite) {
            columns[j] = (struct column){
                .key = j, .mass = NAN, .alpha = NAN, .ratio = NAN, .cover = NAN, .median = NAN};
            no_nats(&columns[j]);
            continue;
        }
        struct draw d = draw_of(probs, a, j, rule, values);
        columns[j] = (struct column){.key = j,
                                     .mass = d.mass,
                                     .alpha = causal ? d.mass * (double)a->Tq / (double)(a->Tq - j) : NAN,
                                     .ratio = d.ratio,
                                     .cover = d.cover,
                                     .median = median_of(values, d.others),
                                     .is_column = d.is_column};
    }
    free(probs);
    free(values);
    return ok;
}

/* Σ_j part_j · c_j / Σ_j c_j² over the keys of the fit. */
static double share_of(const double *part, const double *c, size_t n)
{
    double with = 0, all = 0;
    for (size_t j = 0; j < n; j++)
        if (!isnan(c[j])) {
            with += part[j] * c[j];
            all += c[j] * c[j];
        }
    return all > 0 ? with / all : NAN;
}

/* What words, positions and the query's bias make of the content, where this layer has such parts and the content is used. */
static bool split_content(const struct run *run, struct site site, const struct attention *a, unsigned used, bool additive,
                          struct anova *anova, const double *c, double *part, struct column_map *out, struct err *err)
{
    size_t content = split_of(a->terms);
    bool there = additive && content < MAX_TERMS && used >> content & 1;
    for (size_t s = 0; s < SPLITS; s++) {
        struct err why = {0};
        bool made = there && anova_columns(anova, run, site, effect_part(splits[s]), part, NULL, &why);
        if (there && !made && why.code != ERR_UNSUPPORTED) {
            if (err)
                *err = why;
            return false;
        }
        for (size_t j = 0; j < a->Tk; j++)
            out->columns[j].split[s] = made ? part[j] : NAN;
        out->split_share[s] = made ? share_of(part, c, a->Tk) : NAN;
        out->split_made |= (unsigned)made << s;
    }
    return true;
}

/* Edges of the mean query and key, and what queries and keys make beside: the map is linear in either. */
static bool fill_edges(const struct run *run, struct site site, unsigned used, bool additive, struct anova *anova, const double *c,
                       double *part, struct column_map *out, struct err *err)
{
    static const enum part_kind kinds[] = {PART_EDGE, PART_EDGE_QUERIES, PART_EDGE_KEYS};
    for (size_t k = 0; k < 3; k++) {
        if (additive && !anova_columns(anova, run, site, (struct part){.kind = kinds[k], .terms = used}, part, NULL, err))
            return false;
        for (size_t j = 0; j < out->n; j++) {
            struct column *column = &out->columns[j];
            if (!additive)
                column->edge = column->by_queries = column->by_keys = NAN;
            else if (k == 0)
                column->edge = part[j];
            else
                *(k == 1 ? &column->by_queries : &column->by_keys) = part[j] - column->edge;
        }
        if (k == 0)
            out->edge_share = additive ? share_of(part, c, out->n) : NAN;
    }
    for (size_t j = 0; j < out->n; j++) {
        struct column *column = &out->columns[j];
        column->keys = column->nats - column->edge - column->by_queries - column->by_keys;
    }
    return true;
}

/* The column part of the scores and its split over the terms. c and part: [Tk] each. */
static bool fill_parts(const struct run *run, struct site site, const struct attention *a, struct anova *anova, double *c,
                       double *part, struct column_map *out, struct err *err)
{
    size_t n = a->Tk;
    unsigned used = ((1u << out->n_terms) - 1) & ~attention_dropped(a, site.head);
    bool additive = !a->mix_scores && a->cap == 0; /* else the terms are those of other maps than this one */
    if (!anova_columns(anova, run, site, (struct part){.kind = PART_SCORES}, c, &out->share, err))
        return false;
    for (size_t j = 0; j < n; j++)
        out->columns[j].nats = c[j];
    for (size_t t = 0; t < out->n_terms; t++) {
        bool there = used >> t & 1;
        if (there && additive &&
            !anova_columns(anova, run, site, (struct part){.kind = PART_LOGITS, .terms = 1u << t}, part, NULL, err))
            return false;
        for (size_t j = 0; j < n; j++) {
            if (!additive || !there)
                part[j] = !additive || isnan(c[j]) ? NAN : 0;
            out->columns[j].term[t] = part[j];
        }
        out->term_share[t] = share_of(part, c, n);
    }
    return split_content(run, site, a, used, additive, anova, c, part, out, err) &&
           fill_edges(run, site, used, additive, anova, c, part, out, err);
}

/* A map that is not finite has no parts. */
static void no_parts(struct column_map *out)
{
    out->share = out->edge_share = NAN;
    for (size_t t = 0; t < MAX_TERMS; t++)
        out->term_share[t] = NAN;
    for (size_t s = 0; s < SPLITS; s++)
        out->split_share[s] = NAN;
}

/* Maps that were given without scores leave their columns without parts. */
static bool fill_scores(const struct run *run, struct site site, const struct attention *a, struct anova *anova, double *c,
                        struct column_map *out, struct err *err)
{
    if (attention_has_scores(a))
        return fill_parts(run, site, a, anova, c, c + a->Tk, out, err);
    for (size_t j = 0; j < a->Tk; j++)
        no_nats(&out->columns[j]);
    return true;
}

bool column_map(const struct run *run, struct site site, const struct column_rule *rule, struct column_map *out, struct err *err)
{
    *out = (struct column_map){0};
    const struct attention *a = run_attention(run, site, err);
    if (!a)
        return false;
    struct anova anova = {0};
    double *c = mem_new(2 * a->Tk, sizeof *c, "column parts", err);
    out->n = a->Tk;
    out->n_terms = attention_terms(a);
    out->columns = mem_new(a->Tk, sizeof *out->columns, "columns", err);
    no_parts(out);
    bool ok = c && out->columns && anova_new(a, &anova, err) && fill_draws(run, site, a, rule, out, err) &&
              (out->not_finite || fill_scores(run, site, a, &anova, c, out, err));
    out->left_out = anova.left_out;
    anova_free(&anova);
    free(c);
    if (!ok) {
        column_map_free(out);
        *out = (struct column_map){0};
    }
    return ok;
}

void column_map_free(struct column_map *map)
{
    free(map->columns);
}

struct many {
    const struct run *run;
    const struct site *sites;
    const struct column_rule *rule;
    struct column_map *out;
    struct err *errs;
};

static void map_one(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct many *many = context;
    if (!column_map(many->run, many->sites[task], many->rule, &many->out[task], &many->errs[task]) &&
        many->errs[task].code == ERR_NONE)
        err_set(&many->errs[task], ERR_FORMAT, "a map without columns");
}

bool column_maps(const struct run *run, const struct site *sites, size_t n, const struct column_rule *rule,
                 const struct watch *watch, struct column_map *out, struct err *err)
{
    enum { BATCH = 16 }; /* progress and cancel come between batches */
    struct err errs[BATCH];
    memset(out, 0, n * sizeof *out);
    bool ok = true;
    for (size_t at = 0; at < n && ok; at += BATCH) {
        size_t some = n - at < BATCH ? n - at : BATCH;
        memset(errs, 0, sizeof errs);
        struct many many = {run, sites + at, rule, out + at, errs};
        pool_run(some, map_one, &many);
        for (size_t i = 0; i < some && ok; i++)
            if (errs[i].code != ERR_NONE) {
                if (err)
                    *err = errs[i];
                ok = false;
            }
        if (watch && watch->progress)
            watch->progress(watch->context, at + some, n);
        if (ok && cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "cancelled");
    }
    for (size_t i = 0; i < n && !ok; i++)
        column_map_free(&out[i]);
    if (!ok)
        memset(out, 0, n * sizeof *out);
    return ok;
}

void column_marks(const float *probs, size_t Tq, size_t Tk, const struct attention *attention, const struct column_rule *rule,
                  unsigned char *out)
{
    struct attention shape = attention ? *attention : (struct attention){0};
    static const struct tokens other;
    if (!attention && Tq != Tk)
        shape.keys = &other;
    shape.Tq = Tq;
    shape.Tk = Tk;
    for (size_t j = 0; j < Tk; j++)
        out[j] = draw_of(probs, &shape, j, rule, NULL).is_column;
    if (map_not_finite(&shape, probs)) /* keys that no broken query sees would be left */
        memset(out, 0, Tk);
}

/* The sums of each key run over the queries in their order, as those of draw_of do; a key that a query does not see draws 0 of it. */
enum { PIECE = 256 }; /* keys, or queries, at a time: what is kept of them stays on the stack */
struct draw_sums {
    double mass[PIECE], ratio[PIECE];
    uint32_t covered[PIECE], queries[PIECE];
};

/* How many queries see each of n keys from `from` on. */
static void count_queries(const struct attention *a, size_t from, size_t n, uint32_t *out)
{
    bool masked = a->mask.lo || a->mask.bitmap;
    for (size_t j = 0; j < n; j++)
        out[j] = masked ? 0 : (uint32_t)a->Tq;
    for (size_t i = 0; masked && i < a->Tq; i++)
        for (size_t j = 0; j < n; j++)
            out[j] += !attention_masked(a, i, from + j);
}

static struct column_draw draw_from(const struct draw_sums *sums, size_t j, size_t others, size_t Tq, bool full, const struct column_rule *rule)
{
    double queries = (double)sums->queries[j], cover = others ? (double)sums->covered[j] / (double)others : NAN;
    struct column_draw d = {.mass = sums->mass[j] / (double)Tq,
                            .alpha = sums->queries[j] ? sums->mass[j] / queries : 0,
                            .ratio = sums->queries[j] ? sums->ratio[j] / queries : 0,
                            .enough = full || sums->queries[j] >= ANOVA_QUERIES};
    d.is_column = d.ratio >= rule->ratio && cover >= rule->cover && d.enough;
    return d;
}

void column_draws(const float *probs, const struct attention *a, const struct column_rule *rule, struct column_draw *out)
{
    rule = rule ? rule : &own_rule;
    for (size_t from = 0; from < a->Tk; from += PIECE) {
        size_t n = a->Tk - from < PIECE ? a->Tk - from : PIECE;
        struct draw_sums sums = {0};
        bool full = true;
        count_queries(a, from, n, sums.queries);
        for (size_t row = 0; row < a->Tq; row += PIECE) {
            size_t rows = a->Tq - row < PIECE ? a->Tq - row : PIECE;
            double seen[PIECE];
            for (size_t i = 0; i < rows; i++) {
                size_t keys = keys_seen(a, row + i);
                seen[i] = (double)keys;
                full = full && keys == a->Tk;
            }
            op_columns(probs + row * a->Tk + from, rows, a->Tk, n, seen, 2, sums.mass, sums.ratio, sums.covered);
        }
        for (size_t j = 0; j < n; j++) {
            size_t key = from + j;
            bool own = same_tokens(a) && key < a->Tq && !attention_masked(a, key, key); /* a query covers no key of its own */
            if (own)
                sums.covered[j] -= (double)probs[key * a->Tk + key] * (double)keys_seen(a, key) >= 2;
            out[key] = draw_from(&sums, j, sums.queries[j] - own, a->Tq, full, rule);
        }
    }
}

void column_ratios(const float *probs, const struct attention *attention, float *out)
{
    bool broken = map_not_finite(attention, probs);
    for (size_t j = 0; j < attention->Tk; j++) {
        struct draw d = draw_of(probs, attention, j, NULL, NULL);
        out[j] = broken ? INFINITY : d.enough ? (float)d.ratio : NAN;
    }
}

/* The largest ratio of all keys that enough queries see (NaN where none is), or of those that are columns (0 where none is). */
static bool largest_ratio(const struct measure_input *input, bool columns, double *out, struct err *err)
{
    size_t n = input->attention->Tk;
    struct column_draw *own = input->draws ? NULL : mem_new(n, sizeof *own, "what keys draw", err);
    const struct column_draw *draws = input->draws ? input->draws : own;
    *out = columns ? 0 : NAN;
    if (!draws)
        return false;
    if (own)
        column_draws(input->probs, input->attention, NULL, own);
    for (size_t j = 0; j < n; j++)
        if (columns ? draws[j].is_column : draws[j].enough)
            *out = fmax(*out, draws[j].ratio); /* a number, where one of them is NaN */
    free(own);
    return true;
}

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    return largest_ratio(input, true, out, err);
}

static bool value_of_any(const struct measure_input *input, double *out, struct err *err)
{
    return largest_ratio(input, false, out, err);
}

extern const struct measure measure_column;
const struct measure measure_column = {
    .name = "column",
    .label = "strongest column (× uniform)",
    .formula = "largest n·c_j, c_j = (1/n)·Σ_i A_ij, among keys with n·c_j >= 3 and A_ij >= 2/n in 2/3 of the queries i != j; "
               "0 where there is none",
    .source = "gaze's own definition and thresholds",
    .descending = true,
    .value = value,
};

extern const struct measure measure_ratio;
const struct measure measure_ratio = {
    .name = "ratio",
    .label = "largest mass (× uniform)",
    .formula = "largest n·c_j, c_j = (1/n)·Σ_i A_ij, of all keys (that 8 queries see, where keys are masked; none: no such key)",
    .source = "gaze's own",
    .descending = true,
    .value = value_of_any,
};
