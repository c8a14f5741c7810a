/* Control sets of dimensions. See dims.h. */
#include "core/measure/dims.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/random.h"

#define TOLERANCE 0.05

static void add_squares(void *context, const float *x, size_t rows, size_t E)
{
    double *squares = context;
    for (size_t r = 0; r < rows; r++)
        for (size_t d = 0; d < E; d++)
            squares[d] += (double)x[r * E + d] * x[r * E + d];
}

struct intervention dims_weighed(double *squares, enum rows_kind rows)
{
    return (struct intervention){.kind = intervention_named("watch_rows"), .layer = SIZE_MAX, .head = SIZE_MAX, .token = SIZE_MAX,
                                 .rows = rows, .see = add_squares, .context = squares};
}

struct intervention dims_zeroed(const struct dims *dims, enum rows_kind rows)
{
    return (struct intervention){.kind = intervention_named("zero_dims"), .layer = SIZE_MAX, .head = SIZE_MAX, .token = SIZE_MAX,
                                 .values = dims->dim, .n_values = dims->n, .rows = rows};
}

/* The dimensions that the set has not, in random order (Durstenfeld 1964). Returns how many. */
static size_t others(const struct dims *of, size_t E, uint64_t *state, float *out)
{
    size_t n = 0;
    for (size_t d = 0, k = 0; d < E; d++) {
        if (k < of->n && of->dim[k] == (float)d)
            k++;
        else
            out[n++] = (float)d;
    }
    for (size_t i = n; i > 1; i--) {
        size_t j = random_below((uint32_t)(random_next(state) >> 32), (uint32_t)i);
        float last = out[i - 1];
        out[i - 1] = out[j];
        out[j] = last;
    }
    return n;
}

static int by_number(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double held(const float *dim, size_t n, const double *squares)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += squares[(size_t)dim[i]];
    return sum;
}

/* Of n dimensions those that, taken in order, come to the sum wanted without going past it, to the front. Returns how many; 0
 * where they come to less. */
static size_t fill(float *dim, size_t n, const double *squares, double wanted)
{
    double sum = 0;
    size_t taken = 0;
    for (size_t i = 0; i < n && sum < (1 - TOLERANCE) * wanted; i++) {
        double own = squares[(size_t)dim[i]];
        if (sum + own > (1 + TOLERANCE) * wanted)
            continue;
        sum += own;
        float moved = dim[taken];
        dim[taken++] = dim[i];
        dim[i] = moved;
    }
    return sum >= (1 - TOLERANCE) * wanted ? taken : 0;
}

bool dims_controls_draw(struct dims *of, const double *squares, size_t E, size_t n_random, size_t n_matched, uint64_t seed,
                        struct dims_controls *out, struct err *err)
{
    double all = 0, wanted = held(of->dim, of->n, squares);
    for (size_t d = 0; d < E; d++)
        all += squares[d];
    *out = (struct dims_controls){.arena = arena_new(err)};
    of->squares = all > 0 ? wanted / all : NAN;
    if (all <= 0) {
        dims_controls_free(out);
        return err_set(err, ERR_ARG, "no such rows of the model's width pass by: there is nothing to zero");
    }
    if (2 * of->n > E) {
        dims_controls_free(out);
        return err_set(err, ERR_ARG, "%zu of %zu dimensions leave no set of as many others as a control", of->n, E);
    }
    out->random = out->arena ? arena_zalloc(out->arena, n_random + n_matched, sizeof *out->random, "dimensions", err) : NULL;
    out->matched = out->random ? out->random + n_random : NULL;
    bool ok = out->random != NULL;
    for (size_t i = 0; ok && i < n_random + n_matched; i++) {
        uint64_t state = random_stream(seed, i);
        bool is_random = i < n_random;
        struct dims *set = is_random ? &out->random[i] : &out->matched[out->n_matched];
        set->dim = arena_alloc(out->arena, E, sizeof *set->dim, "dimensions", err);
        ok = set->dim != NULL;
        if (!ok)
            break;
        size_t n = others(of, E, &state, set->dim);
        set->n = is_random ? of->n : wanted > 0 ? fill(set->dim, n, squares, wanted) : 0;
        set->squares = held(set->dim, set->n, squares) / all;
        qsort(set->dim, set->n, sizeof *set->dim, by_number);
        out->n_random += is_random;
        out->n_matched += !is_random && set->n;
    }
    if (!ok)
        dims_controls_free(out);
    return ok;
}

void dims_controls_free(struct dims_controls *controls)
{
    arena_free(controls->arena);
    *controls = (struct dims_controls){0};
}
