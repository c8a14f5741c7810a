/* From masses to verdicts. See column_work.h. */
#include <math.h>
#include <stdlib.h>

#include "core/measure/column_work.h"

/* The samples of a head's variant, means over words; NULL: it was not run. */
static const double *samples(struct column_work *w, size_t h, size_t variant)
{
    double *at = w->excess + (h * VARIANTS + variant) * w->measured;
    return w->repeats[variant] ? at : NULL;
}

static const size_t cells[PLACES_AT_ENDS][SQUARE_CELLS] = {
    {VARIANT_START_INDEX, VARIANT_START_TOKEN, VARIANT_START_NONE}, {VARIANT_END_INDEX, VARIANT_END_TOKEN, VARIANT_END_NONE}};
static const size_t beside[] = {VARIANT_EXCHANGE, VARIANT_SHUFFLED, VARIANT_RANDOM};

/* The mean of those that are numbers, with the 90 % interval by Student's t. */
static struct column_reference mean_of(const double *x, size_t n, double add)
{
    double sum = 0, squares = 0;
    struct column_reference r = {NAN, NAN, NAN, 0};
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i])) {
            sum += x[i];
            r.n++;
        }
    if (!r.n)
        return r;
    r.mean = r.low = r.high = sum / (double)r.n + add;
    for (size_t i = 0; i < n; i++)
        squares += isfinite(x[i]) ? (x[i] + add - r.mean) * (x[i] + add - r.mean) : 0;
    if (r.n > 1) {
        double half = student_quantile(0.05, (double)r.n - 1) * sqrt(squares / ((double)r.n - 1) / (double)r.n);
        r.low -= half;
        r.high += half;
    }
    return r;
}

/* Where most went of what the column had, with neither cause. */
static void find_went(struct column_work *w, size_t h, double times)
{
    struct column_test_head *head = &w->heads[h];
    size_t n = w->material.length;
    head->went_ratio = NAN;
    for (size_t j = 0; times > 0 && j < n; j++) {
        double ratio = w->went[h * n + j] / times;
        if (j != head->index && !(ratio <= head->went_ratio)) {
            head->went = j;
            head->went_ratio = ratio;
        }
    }
}

static void judge_end(struct column_work *w, size_t h)
{
    struct column_test_head *head = &w->heads[h];
    bool special = head->token >= 0;
    enum square_cell last = special ? SQUARE_NONE : SQUARE_TOKEN; /* the cell with neither cause */
    for (size_t v = 0; v < VARIANTS; v++)
        for (size_t t = 0; t < w->measured && w->repeats[v] > 1; t++)
            w->excess[(h * VARIANTS + v) * w->measured + t] /= (double)w->repeats[v];
    struct square square = {.texts = w->measured, .base = samples(w, h, VARIANT_BASE), .bare = !special};
    for (size_t c = 0; c < SQUARE_CELLS; c++) {
        size_t v = cells[head->place][c];
        square.cell[c] = special || c == SQUARE_TOKEN ? samples(w, h, v) : NULL;
        square.broken[c] = w->side->broken[v];
        head->divergence[c] = square.cell[c] ? w->divergence[h * SQUARE_CELLS + c] / (double)(w->measured * w->repeats[v]) : NAN;
    }
    square_test(&square, &head->square);
    for (size_t b = 0; b < sizeof beside / sizeof *beside; b++)
        if (samples(w, h, beside[b]) && (beside[b] != VARIANT_EXCHANGE || (special && head->place == PLACE_START)))
            retention(samples(w, h, beside[b]), square.base, w->measured, &head->beside[beside[b]]);
    if (head->beside[VARIANT_EXCHANGE].texts)
        retention(w->other + h * w->measured, square.base, w->measured, &head->other);
    find_went(w, h, square.cell[last] ? (double)(w->measured * w->repeats[cells[head->place][last]]) : 0);
}

static void judge_inner(struct column_work *w, size_t h)
{
    struct column_test_head *head = &w->heads[h];
    const double *at = w->inner + h * (1 + SQUARE_CELLS) * w->measured;
    struct square square = {.texts = w->measured, .base = at, .inner = true,
                            .cell = {at + (1 + SQUARE_INDEX) * w->measured, at + (1 + SQUARE_TOKEN) * w->measured, NULL}};
    head->went_ratio = NAN;
    for (size_t c = 0; c < SQUARE_CELLS; c++)
        head->divergence[c] = NAN;
    square_test(&square, &head->square);
}

static void judge_sink(struct column_work *w, size_t h)
{
    struct column_test_head *head = &w->heads[h];
    const double *alpha = w->alpha + h * w->measured;
    size_t above = 0;
    struct column_reference all = mean_of(alpha, w->measured, 0);
    for (size_t t = 0; t < w->measured; t++)
        above += alpha[t] > COLUMN_TEST_SINK;
    bool there = head->place == PLACE_START && all.n;
    head->alpha = there ? all.mean : NAN;
    head->sinks = there ? (double)above / (double)all.n : NAN;
}

bool column_judge(struct column_work *w, struct err *err)
{
    size_t per_head = w->layout_texts * LAYOUT_VARIANTS * w->material.length;
    for (size_t h = 0; h < w->n_heads; h++) {
        struct column_test_head *head = &w->heads[h];
        (head->place == PLACE_INNER ? judge_inner : judge_end)(w, h);
        judge_sink(w, h);
        head->reference[REFERENCE_KEY] = mean_of(w->key + h * w->measured, w->measured, 1);
        head->reference[REFERENCE_PERMUTED] = mean_of(w->permuted + h * w->measured, w->measured, 1);
        if (!components(w->cells + h * per_head, per_head, &head->components, err))
            return false;
    }
    return true;
}

/* ---- the heads at one end together ---- */

/* Add the samples of one list of [measured] to another. */
static void add_samples(const struct column_work *w, const double *from, double *to)
{
    for (size_t t = 0; t < w->measured; t++)
        to[t] += from[t];
}

/* The columns at one end as one: what the sum of their excesses keeps. Where a special token stands there, heads are of one kind:
 * all have it, or none has. */
static bool pool_place(struct column_work *w, enum column_place place, struct err *err)
{
    struct pooled *pooled = &w->side->pooled[place];
    double *sums = mem_new((VARIANTS + 1) * w->measured, sizeof *sums, "masses", err), *other = sums ? sums + VARIANTS * w->measured : NULL;
    bool special = false;
    if (!sums)
        return false;
    for (size_t h = 0; h < w->n_heads; h++) {
        const struct column_test_head *head = &w->heads[h];
        if (head->place != place)
            continue;
        special = head->token >= 0;
        pooled->heads++;
        pooled->excess += head->square.excess;
        for (size_t c = 0; c < SQUARE_CELLS; c++)
            pooled->divergence[c] += head->divergence[c];
        for (size_t v = 0; v < VARIANTS; v++)
            add_samples(w, w->excess + (h * VARIANTS + v) * w->measured, sums + v * w->measured);
        add_samples(w, w->other + h * w->measured, other);
    }
    pooled->excess = pooled->heads ? pooled->excess / (double)pooled->heads : NAN;
    for (size_t c = 0; pooled->heads && c < SQUARE_CELLS; c++) {
        pooled->divergence[c] /= (double)pooled->heads;
        if (w->repeats[cells[place][c]] && (special || c == SQUARE_TOKEN))
            retention(sums + cells[place][c] * w->measured, sums, w->measured, &pooled->cell[c]);
    }
    for (size_t b = 0; pooled->heads && b < sizeof beside / sizeof *beside; b++)
        if (w->repeats[beside[b]] && (beside[b] != VARIANT_EXCHANGE || (special && place == PLACE_START)))
            retention(sums + beside[b] * w->measured, sums, w->measured, &pooled->beside[beside[b]]);
    if (pooled->beside[VARIANT_EXCHANGE].texts)
        retention(other, sums, w->measured, &pooled->other);
    free(sums);
    return true;
}

bool column_pool(struct column_work *w, struct err *err)
{
    return pool_place(w, PLACE_START, err) && pool_place(w, PLACE_END, err);
}
