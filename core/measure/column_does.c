/* What columns do. See column_does.h. */
#include "core/measure/column_does.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/pool.h"
#include "core/effect/leave.h"
#include "core/effect/span.h"
#include "core/measure/measure.h"
#include "core/measure/outliers.h"

bool does_new(const struct model *model, const struct site *sites, size_t n_sites, struct column_does *out, struct err *err)
{
    size_t E = model->E;
    *out = (struct column_does){.sites = sites, .n_sites = n_sites, .E = E, .arena = arena_new(err)};
    out->rows = out->arena ? arena_zalloc(out->arena, n_sites * DOES_PLACES, sizeof *out->rows, "columns", err) : NULL;
    bool ok = out->rows != NULL;
    for (size_t i = 0; ok && i < n_sites * DOES_PLACES; i++) {
        out->rows[i].direction = arena_zalloc(out->arena, E, sizeof *out->rows[i].direction, "columns", err);
        ok = out->rows[i].direction != NULL;
    }
    for (size_t p = 0; ok && p < PLACES_AT_ENDS; p++) {
        out->dims[p].texts = arena_zalloc(out->arena, 2 * E, sizeof *out->dims[p].texts, "dimensions", err);
        out->dims[p].first = out->dims[p].texts ? out->dims[p].texts + E : NULL;
        ok = out->dims[p].texts != NULL;
    }
    if (!ok)
        does_free(out);
    return ok;
}

void does_free(struct column_does *does)
{
    free(does->massive);
    arena_free(does->arena);
    *does = (struct column_does){0};
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle of n numbers, the mean of two; sorts them. */
static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_size);
    return n ? (x[(n - 1) / 2] + x[n / 2]) / 2 : NAN;
}

/* ---- one head ---- */

/* ‖Z‖_F²/‖Z‖₂² of Z [T,D], which is overwritten. */
static double stable_rank(double *z, size_t T, size_t D, double *singular)
{
    double all = 0;
    span_singular_values(z, T, D, singular);
    for (size_t d = 0; d < D; d++)
        all += singular[d] * singular[d];
    return singular[0] > 0 ? all / (singular[0] * singular[0]) : NAN;
}

/* The head's output with key `out` left out and the weights of the others scaled to the same sum (SIZE_MAX: as it is). */
static void output_without(const struct attention *a, size_t head, const float *probs, size_t out, double *z)
{
    size_t kv = head / (a->H / a->Hkv);
    for (size_t i = 0; i < a->Tq; i++) {
        double all = 0, rest = 0;
        for (size_t j = 0; j < a->Tk; j++) {
            all += probs[i * a->Tk + j];
            rest += j == out ? 0 : (double)probs[i * a->Tk + j];
        }
        memset(z + i * a->D, 0, a->D * sizeof *z);
        for (size_t j = 0; rest > 0 && j < a->Tk; j++)
            for (size_t d = 0; j != out && d < a->D; d++)
                z[i * a->D + d] += probs[i * a->Tk + j] * all / rest * (double)a->v.data[j * a->v.row + kv * a->v.step + d];
    }
}

/* Norm of each key's f_h into norms [Tk]; false where it is not told apart. */
static bool value_norms(const struct attention *a, size_t head, float *f, double *norms)
{
    size_t E;
    if (!leave_known(a, NULL) || !leave_vectors(a, head, false, f, NULL))
        return false;
    E = leave_width(a);
    for (size_t j = 0; j < a->Tk; j++) {
        norms[j] = 0;
        for (size_t e = 0; e < E; e++)
            norms[j] += (double)f[j * E + e] * f[j * E + e];
        norms[j] = sqrt(norms[j]);
    }
    return true;
}

/* A column's value over the median of the other tokens', and its direction. */
static void add_value(const struct column_does *does, struct does_row *row, const float *f, const double *norms, size_t n, size_t key,
                      double *scratch)
{
    size_t k = 0;
    for (size_t j = 0; j < n; j++)
        if (j != key)
            scratch[k++] = norms[j];
    double middle = median(scratch, k);
    row->value += middle > 0 ? norms[key] / middle : 0;
    row->valued++;
    for (size_t e = 0; norms[key] > 0 && e < does->E; e++)
        row->direction[e] += f[key * does->E + e] / norms[key];
}

struct adding {
    struct column_does *does;
    const struct run *run;
    const struct column_rule *rule;
    struct err *errs;      /* [n_sites] */
    unsigned char *broken; /* [n_sites] */
};

static void add_head(struct adding *adding, size_t s, const struct attention *a, float *probs, double *room, unsigned char *marks)
{
    struct column_does *does = adding->does;
    size_t n = a->Tk, T = a->Tq, D = a->D, head = does->sites[s].head;
    double *z = room, *norms = z + T * D, *scratch = norms + n, *singular = scratch + n, rank = NAN;
    float *f = probs + T * n;
    bool known = false, had[DOES_PLACES] = {false};
    column_marks(probs, T, n, a, adding->rule, marks);
    for (size_t j = 0; j < n; j++) {
        struct does_row *row = &does->rows[s * DOES_PLACES + (j == 0 ? PLACE_START : j + 1 == n ? PLACE_END : PLACE_INNER)];
        double mass = 0;
        if (!marks[j])
            continue;
        if (isnan(rank)) { /* the first column of this map */
            known = value_norms(a, head, f, norms);
            output_without(a, head, probs, SIZE_MAX, z);
            rank = stable_rank(z, T, D, singular);
        }
        for (size_t i = 0; i < T; i++)
            mass += probs[i * n + j] / (double)T;
        output_without(a, head, probs, j, z);
        row->columns++;
        row->texts += !had[row - &does->rows[s * DOES_PLACES]];
        had[row - &does->rows[s * DOES_PLACES]] = true;
        row->mass += mass;
        row->rank += rank;
        row->rank_without += stable_rank(z, T, D, singular);
        if (known)
            add_value(does, row, f, norms, n, j, scratch);
    }
}

static void add_site(void *context, size_t s, size_t thread)
{
    (void)thread;
    struct adding *adding = context;
    struct site site = adding->does->sites[s];
    struct err *err = &adding->errs[s];
    const struct attention *a = run_attention(adding->run, site, err);
    if (!a)
        return;
    size_t n = a->Tk, T = a->Tq;
    float *probs = mem_new(T * n + n * adding->does->E, sizeof *probs, "an attention map", err);
    double *room = mem_new(T * a->D + 2 * n + a->D, sizeof *room, "a head's output", err);
    unsigned char *marks = mem_new(n, 1, "columns", err);
    if (probs && room && marks && run_map(adding->run, site, (struct part){.kind = PART_PROBS}, 0, T, probs, err)) {
        adding->broken[s] = map_not_finite(a, probs);
        if (!adding->broken[s])
            add_head(adding, s, a, probs, room, marks);
    }
    free(probs);
    free(room);
    free(marks);
}

/* ---- hidden states ---- */

static bool add_massive(struct column_does *does, struct massive m, struct err *err)
{
    for (size_t i = 0; i < does->n_massive; i++) {
        struct massive *known = &does->massive[i];
        if (known->dim != m.dim || known->index != m.index)
            continue;
        known->texts += known->seen != m.seen;
        known->seen = m.seen;
        known->first = m.first < known->first ? m.first : known->first;
        known->last = m.last > known->last ? m.last : known->last;
        if (fabs(m.value) > fabs(known->value)) {
            known->value = m.value;
            known->medians = m.medians;
            known->token = m.token;
        }
        return true;
    }
    if (!mem_grow((void **)&does->massive, &does->capacity, does->n_massive + 1, sizeof *does->massive, "massive activations", err))
        return false;
    does->massive[does->n_massive++] = m;
    return true;
}

static bool add_state(struct column_does *does, size_t state, const float *x, size_t T, const int32_t *ids, double *scratch, struct err *err)
{
    size_t E = does->E;
    for (size_t i = 0; i < T * E; i++)
        scratch[i] = fabs((double)x[i]);
    double middle = median(scratch, T * E), largest = scratch[T * E - 1];
    if (!isfinite(largest) || !isfinite(middle))
        return true;
    if (largest > does->largest) {
        does->largest = largest;
        does->largest_medians = largest / middle;
    }
    for (size_t i = 0; i < T * E; i++) {
        double h = fabs((double)x[i]);
        if (h > DOES_MASSIVE && h > DOES_MASSIVE_MEDIANS * middle &&
            !add_massive(does, (struct massive){.dim = i % E, .index = i / E, .texts = 1, .first = state, .last = state, .seen = does->texts + 1,
                                                .token = ids[i / E], .value = x[i], .medians = h / middle}, err))
            return false;
    }
    return true;
}

/* Which dimensions are out at the first and the last token of this text. */
static bool add_dims(struct column_does *does, const struct outliers *outliers, size_t T, struct err *err)
{
    unsigned char *had = mem_new(PLACES_AT_ENDS * does->E, 1, "dimensions", err);
    for (size_t i = 0; had && i < outliers->n; i++) {
        const struct outlier *o = &outliers->at[i];
        for (size_t p = 0; p < PLACES_AT_ENDS; p++) {
            if (o->index != (p == PLACE_START ? 0 : T - 1))
                continue;
            struct does_dims *dims = &does->dims[p];
            dims->first[o->dim] = dims->texts[o->dim] && dims->first[o->dim] < o->layer ? dims->first[o->dim] : o->layer;
            dims->texts[o->dim] += !had[p * does->E + o->dim];
            had[p * does->E + o->dim] = 1;
        }
    }
    free(had);
    return had != NULL;
}

static bool add_hidden(struct column_does *does, const struct run *run, struct err *err)
{
    size_t T = run->tokens->rows;
    struct outliers outliers = {0};
    double *scratch = mem_new(T * does->E, sizeof *scratch, "a hidden state", err);
    bool ok = scratch != NULL;
    does->states = run_hidden_states(run, STACK_MAIN);
    for (size_t l = 0; ok && l < does->states; l++) {
        const struct kept *kept = run_kept(run, "hidden", STACK_MAIN, l);
        if (kept && kept->shape[0] == T && kept->shape[1] == does->E)
            ok = outliers_add(&outliers, l, kept->data, T, does->E, run->tokens->ids, err) &&
                 add_state(does, l, kept->data, T, run->tokens->ids, scratch, err);
    }
    ok = ok && add_dims(does, &outliers, T, err);
    outliers_free(&outliers);
    free(scratch);
    return ok;
}

bool does_add(struct column_does *does, const struct run *run, const struct column_rule *rule, struct err *err)
{
    struct adding adding = {does, run, rule, mem_new(does->n_sites, sizeof *adding.errs, "columns", err),
                            mem_new(does->n_sites, 1, "columns", err)};
    bool ok = adding.errs && adding.broken;
    if (ok)
        pool_run(does->n_sites, add_site, &adding);
    for (size_t s = 0; ok && s < does->n_sites; s++) {
        does->not_finite += adding.broken[s];
        ok = adding.errs[s].code == ERR_NONE;
        if (!ok && err)
            *err = adding.errs[s];
    }
    free(adding.errs);
    free(adding.broken);
    ok = ok && add_hidden(does, run, err);
    does->texts++;
    return ok;
}

void does_finish(struct column_does *does)
{
    for (size_t i = 0; i < does->n_sites * DOES_PLACES; i++) {
        struct does_row *row = &does->rows[i];
        double n = (double)row->columns, v = (double)row->valued, length = 0;
        for (size_t e = 0; e < does->E; e++)
            length += row->direction[e] * row->direction[e];
        row->mass /= n;
        row->rank /= n;
        row->rank_without /= n;
        row->value = row->valued ? row->value / v : NAN;
        row->cosine = row->valued > 1 ? (length - v) / (v * (v - 1)) : NAN;
    }
}

const char *does_word(const struct does_row *row)
{
    if (isnan(row->value))
        return "-";
    if (row->value < DOES_NOP)
        return "nop";
    if (row->cosine >= DOES_CONSTANT)
        return "constant";
    return row->rank < DOES_BROADCAST * row->rank_without ? "broadcast" : "neither";
}
