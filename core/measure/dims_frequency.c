/* Dimensions, mass and the frequency of tokens. See dims_frequency.h. */
#include "core/measure/dims_frequency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/column.h"

/* ---- ranks ---- */

struct ranked {
    double value;
    size_t at;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->value != y->value ? (x->value > y->value) - (x->value < y->value) : (x->at > y->at) - (x->at < y->at);
}

/* Ranks of n numbers, from 1; equal ones share the mean of theirs. */
static bool to_ranks(const double *x, size_t n, double *out, struct err *err)
{
    struct ranked *sorted = mem_new(n, sizeof *sorted, "ranks", err);
    for (size_t i = 0; sorted && i < n; i++)
        sorted[i] = (struct ranked){x[i], i};
    if (sorted)
        qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t i = 0, end; sorted && i < n; i = end) {
        for (end = i + 1; end < n && sorted[end].value == sorted[i].value; end++)
            ;
        for (size_t k = i; k < end; k++)
            out[sorted[k].at] = (double)(i + end + 1) / 2;
    }
    free(sorted);
    return sorted != NULL;
}

static double correlation(const double *x, const double *y, size_t n)
{
    double mx = 0, my = 0, xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        mx += x[i] / (double)n;
        my += y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        xy += (x[i] - mx) * (y[i] - my);
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* By Fisher's z, with the standard error that Bonett and Wright give for ranks. */
static struct rank_correlation with_interval(double rho, size_t n)
{
    struct rank_correlation out = {rho, NAN, NAN};
    if (n > 3 && fabs(rho) < 1) {
        double half = 1.959963984540054 * sqrt((1 + rho * rho / 2) / (double)(n - 3));
        out.low = tanh(atanh(rho) - half);
        out.high = tanh(atanh(rho) + half);
    }
    return out;
}

/* Spearman's ρ of n pairs, ties share the mean of their ranks; NaN where one side is constant. Reorders nothing. */
static bool correlate_ranks(const double *x, const double *y, size_t n, struct rank_correlation *out, struct err *err)
{
    double *ranks = mem_new(2 * n, sizeof *ranks, "ranks", err);
    bool ok = ranks && to_ranks(x, n, ranks, err) && to_ranks(y, n, ranks + n, err);
    *out = ok && n > 3 ? with_interval(correlation(ranks, ranks + n, n), n) : (struct rank_correlation){NAN, NAN, NAN};
    free(ranks);
    return ok;
}

/* ---- sums over texts ---- */

struct work {
    const struct frequency_options *options;
    struct frequency *out;
    size_t layers, states, columns; /* attention layers; hidden states; dimensions told and others */
    size_t *dim;           /* [columns] */
    int32_t *type_of;      /* [V] the number of an id's type, -1: none yet */
    int32_t *ids;          /* [types] */
    double *places;        /* [types] */
    float *sums;           /* [types, states·columns + layers] of |h_d| and n·c_j */
    size_t capacity, ids_capacity, places_capacity;
    double *special, *rest; /* [states·columns + layers] */
};

static size_t width(const struct work *w)
{
    return w->states * w->columns + w->layers;
}

static bool new_type(struct work *w, int32_t id, struct err *err)
{
    size_t n = w->out->types + 1;
    if (!mem_grow((void **)&w->ids, &w->ids_capacity, n, sizeof *w->ids, "tokens", err) ||
        !mem_grow((void **)&w->places, &w->places_capacity, n, sizeof *w->places, "tokens", err) ||
        !mem_grow((void **)&w->sums, &w->capacity, n * width(w), sizeof *w->sums, "tokens", err))
        return false;
    memset(w->sums + w->out->types * width(w), 0, width(w) * sizeof *w->sums);
    w->places[w->out->types] = 0;
    w->ids[w->out->types] = id;
    w->type_of[id] = (int32_t)w->out->types++;
    return true;
}

/* Mean over the heads of a layer of every key's n·c_j: [n]. */
static bool masses(const struct run *run, size_t text, size_t layer, size_t n, float *out, struct err *err)
{
    struct site site = {STACK_MAIN, text, layer, 0};
    const struct attention *a = run_attention(run, site, err);
    float *probs = a ? mem_new(n * n + n, sizeof *probs, "an attention map", err) : NULL;
    bool ok = probs && (a->Tq == n && a->Tk == n ? true : err_set(err, ERR_UNSUPPORTED, "L%zu: its keys are not the text's tokens", layer));
    memset(out, 0, n * sizeof *out);
    for (; ok && site.head < a->H; site.head++) {
        ok = run_map(run, site, (struct part){.kind = PART_PROBS}, 0, n, probs, err);
        if (ok)
            column_ratios(probs, a, probs + n * n);
        for (size_t j = 0; ok && j < n; j++)
            out[j] += probs[n * n + j] / (float)a->H;
    }
    free(probs);
    return ok;
}

/* What is told of one place into row [width]. mass [layers, n]. */
static void fill_row(const struct work *w, const struct scan_text *text, size_t at, const float *mass, float *row)
{
    size_t E = w->options->scan.model->E, n = text->tokens->n, first = text->run->tokens->starts[text->text];
    for (size_t s = 0; s < w->states; s++) {
        const float *h = run_hidden(text->run, STACK_MAIN, s) + (first + at) * E;
        for (size_t c = 0; c < w->columns; c++)
            row[s * w->columns + c] = fabsf(h[w->dim[c]]);
    }
    for (size_t l = 0; l < w->layers; l++)
        row[w->states * w->columns + l] = mass[l * n + at];
}

static bool see(void *context, const struct scan_text *text, struct err *err)
{
    struct work *w = context;
    size_t n = text->tokens->n;
    float *mass = mem_new(w->layers * n + width(w), sizeof *mass, "masses of keys", err), *row = mass ? mass + w->layers * n : NULL;
    bool ok = mass && w->out->texts < w->options->texts;
    if (mass && !ok) {
        free(mass);
        return true;
    }
    for (size_t s = 0; ok && s < w->states; s++)
        ok = run_hidden(text->run, STACK_MAIN, s) || err_set(err, ERR_UNSUPPORTED, "hidden state %zu is not kept by itself here", s);
    for (size_t l = 0; ok && l < w->layers; l++)
        ok = masses(text->run, text->text, l, n, mass + l * n, err);
    for (size_t i = 0; ok && i < n; i++) {
        const struct token *token = &text->tokens->tokens[i];
        bool special = token->special || token->special_id, listed = !special && w->options->counts[token->id] > 0;
        fill_row(w, text, i, mass, row);
        for (size_t k = 0; (special || listed) && k < width(w); k++)
            (special ? w->special : w->rest)[k] += isfinite(row[k]) ? (double)row[k] : 0;
        w->out->specials += special;
        w->out->unlisted += !special && !listed;
        w->out->tokens += listed;
        ok = !listed || w->type_of[token->id] >= 0 || new_type(w, token->id, err);
        size_t type = ok && listed ? (size_t)w->type_of[token->id] : 0;
        for (size_t k = 0; ok && listed && k < width(w); k++)
            w->sums[type * width(w) + k] += isfinite(row[k]) ? row[k] : 0; /* too few queries see the key: a causal text's last ones */
        if (ok && listed)
            w->places[type]++;
    }
    w->out->texts += ok;
    free(mass);
    return ok;
}

/* ---- rows ---- */

static bool correlate(const struct work *w, size_t column, const double *frequency, double *x, struct rank_correlation *out, struct err *err)
{
    for (size_t t = 0; t < w->out->types; t++)
        x[t] = (double)w->sums[t * width(w) + column] / w->places[t];
    return correlate_ranks(x, frequency, w->out->types, out, err);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One hidden state: the dimensions told, beside the others. */
static bool state_rows(struct work *w, size_t state, const double *frequency, double *x, struct err *err)
{
    size_t told = w->options->dims.n, n = w->columns - told, finite = 0;
    double *rho = mem_new(n, sizeof *rho, "correlations", err);
    struct rank_correlation one;
    bool ok = rho != NULL;
    for (size_t c = told; ok && c < w->columns; c++) {
        ok = correlate(w, state * w->columns + c, frequency, x, &one, err);
        if (ok && isfinite(one.rho))
            rho[finite++] = one.rho;
    }
    if (ok)
        qsort(rho, finite, sizeof *rho, by_size);
    for (size_t c = 0; ok && c < told; c++) {
        size_t at = state * w->columns + c;
        struct frequency_row *row = &w->out->rows[w->out->n++];
        *row = (struct frequency_row){.layer = state, .dim = w->dim[c], .specials = w->special[at] / (double)w->out->specials,
                                      .rest = w->rest[at] / (double)w->out->tokens, .others_low = NAN, .others_high = NAN};
        if (finite) {
            row->others_low = rho[(size_t)(0.05 * (double)(finite - 1))];
            row->others_high = rho[(size_t)ceil(0.95 * (double)(finite - 1))];
        }
        ok = correlate(w, at, frequency, x, &row->with, err);
    }
    free(rho);
    return ok;
}

static bool make_rows(struct work *w, struct err *err)
{
    struct frequency *out = w->out;
    double *frequency = mem_new(2 * out->types, sizeof *frequency, "frequencies", err), *x = frequency + out->types;
    out->rows = mem_new(w->states * w->options->dims.n + w->layers, sizeof *out->rows, "correlations", err);
    bool ok = frequency && out->rows;
    for (size_t t = 0; ok && t < out->types; t++)
        frequency[t] = log(w->options->counts[w->ids[t]]);
    for (size_t s = 0; ok && s < w->states; s++) {
        if (s < w->layers) {
            size_t at = w->states * w->columns + s;
            struct frequency_row *row = &out->rows[out->n++];
            *row = (struct frequency_row){.layer = s, .dim = SIZE_MAX, .specials = w->special[at] / (double)out->specials,
                                          .rest = w->rest[at] / (double)out->tokens, .others_low = NAN, .others_high = NAN};
            ok = correlate(w, at, frequency, x, &row->with, err);
        }
        ok = ok && state_rows(w, s, frequency, x, err);
    }
    free(frequency);
    return ok;
}

/* The dimensions told, then others drawn at random. */
static bool choose_dims(struct work *w, struct err *err)
{
    const struct frequency_options *o = w->options;
    size_t E = o->scan.model->E;
    struct dims_controls drawn = {0};
    struct dims of = o->dims;
    double *alike = mem_new(E, sizeof *alike, "dimensions", err);
    for (size_t d = 0; alike && d < E; d++)
        alike[d] = 1;
    of.n = o->dims.n < E / 2 ? o->dims.n : E / 2;
    bool ok = alike && dims_controls_draw(&of, alike, E, o->others, 0, o->seed, &drawn, err);
    free(alike);
    w->dim = ok ? mem_new(o->dims.n + o->others, sizeof *w->dim, "dimensions", err) : NULL;
    for (size_t i = 0; w->dim && i < o->dims.n; i++)
        w->dim[w->columns++] = (size_t)o->dims.dim[i];
    for (size_t i = 0; w->dim && i < drawn.n_random; i++) { /* the first of each set: each once */
        size_t d = (size_t)drawn.random[i].dim[0], k = 0;
        while (k < w->columns && w->dim[k] != d)
            k++;
        if (k == w->columns)
            w->dim[w->columns++] = d;
    }
    if (ok)
        dims_controls_free(&drawn);
    return w->dim != NULL;
}

bool dims_frequency(const struct frequency_options *options, struct frequency *out, struct err *err)
{
    const struct model *model = options->scan.model;
    struct work w = {.options = options, .out = out};
    struct scan_observer observer = {.context = &w, .see = see};
    struct scan_counts counts;
    size_t V = model->dim['V'];
    *out = (struct frequency){0};
    w.layers = model->stacks[STACK_MAIN].layers;
    w.states = w.layers + 1;
    bool ok = choose_dims(&w, err);
    w.type_of = ok ? mem_new(V, sizeof *w.type_of, "tokens", err) : NULL;
    w.special = w.type_of ? mem_new(2 * width(&w), sizeof *w.special, "tokens", err) : NULL;
    ok = w.special != NULL;
    if (ok) {
        w.rest = w.special + width(&w);
        memset(w.type_of, 0xff, V * sizeof *w.type_of);
        ok = scan(&options->scan, &observer, 1, &counts, err);
    }
    if (ok && out->types < 4)
        ok = err_set(err, ERR_NOT_FOUND, "%s: %zu of its tokens stand in the list of frequencies, %zu places do not: four are needed", options->scan.name,
                     out->types, out->unlisted);
    ok = ok && make_rows(&w, err);
    free(w.dim);
    free(w.type_of);
    free(w.ids);
    free(w.places);
    free(w.sums);
    free(w.special);
    if (!ok) {
        free(out->rows);
        *out = (struct frequency){0};
    }
    return ok;
}
