/* Cascaded decoding held against an enumeration of all sequences, on random scores of a small vocabulary. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/base/random.h"
#include "core/lattice.h"

enum { V = 4, N = 5, ALL = 1024 /* V^N */ };

/* A score for every order, position and context; holes are -inf. */
struct table {
    float at[LATTICE_ORDERS][N][V * V][V];
};

static bool look_up(void *context, size_t order, size_t position, const int32_t *contexts, size_t m, size_t n, float *out,
                    struct err *err)
{
    const struct table *table = context;
    (void)err;
    cr_assert_eq(m, order < position ? order : position);
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        for (size_t k = 0; k < m; k++)
            at = at * V + (size_t)contexts[i * m + k];
        memcpy(out + i * V, table->at[order][position][at], V * sizeof *out);
    }
    return true;
}

static void fill(struct table *table, uint64_t seed, bool holes)
{
    uint64_t state = random_stream(seed, 0);
    float *at = &table->at[0][0][0][0];
    for (size_t i = 0; i < sizeof *table / sizeof *at; i++) {
        uint64_t bits = random_next(&state);
        at[i] = holes && bits % 5 == 0 ? -INFINITY : -8 * random_unit(bits);
    }
}

static void spell(size_t number, int32_t *sequence)
{
    for (size_t l = N; l-- > 0; number /= V)
        sequence[l] = (int32_t)(number % V);
}

static double score_at(const struct table *table, size_t order, size_t l, const int32_t *sequence)
{
    size_t at = 0, m = order < l ? order : l;
    for (size_t k = 0; k < m; k++)
        at = at * V + (size_t)sequence[l - m + k];
    return (double)table->at[order][l][at][sequence[l]];
}

static double score_of(const struct table *table, size_t order, const int32_t *sequence)
{
    double sum = 0;
    for (size_t l = 0; l < N; l++)
        sum += score_at(table, order, l, sequence);
    return sum;
}

static const struct lattice_span *span_in(const struct lattice_place *place, const int32_t *sequence, size_t l)
{
    for (size_t i = 0; i < place->n; i++) {
        const struct lattice_span *span = &place->spans[i];
        if (memcmp(sequence + l + 1 - span->n, span->ids, span->n * sizeof *span->ids) == 0)
            return span;
    }
    return NULL;
}

/* Do all spans of a sequence lie in what stayed of the order before? */
static bool in_lattice(const struct lattice *lattice, size_t order, const int32_t *sequence)
{
    for (size_t l = 0; order && l < N; l++)
        if (!span_in(&lattice->places[order - 1][l], sequence, l))
            return false;
    return true;
}

/* The best score of a sequence of this order's lattice that holds these tokens at l; -inf: none. */
static double enumerate(const struct table *table, const struct lattice *lattice, size_t order, size_t l, const int32_t *ids,
                        size_t n)
{
    double most = -INFINITY;
    for (size_t number = 0; number < ALL; number++) {
        int32_t sequence[N];
        spell(number, sequence);
        if (memcmp(sequence + l + 1 - n, ids, n * sizeof *ids) == 0 && in_lattice(lattice, order, sequence))
            most = fmax(most, score_of(table, order, sequence));
    }
    return most;
}

static void check_place(const struct table *table, const struct lattice *lattice, size_t order, size_t l, size_t keep,
                        uint64_t seed)
{
    const struct lattice_place *place = &lattice->places[order][l];
    size_t n = (order < l ? order : l) + 1, better = 0, alive = 0;
    cr_assert(place->n >= 1 && place->n <= keep, "seed %zu order %zu at %zu: %zu spans", (size_t)seed, order, l, place->n);
    for (size_t i = 0; i < place->n; i++) {
        double want = enumerate(table, lattice, order, l, place->spans[i].ids, n);
        cr_expect_float_eq(place->spans[i].max_marginal, want, 1e-5, "seed %zu order %zu at %zu: %g, enumerated %g", (size_t)seed,
                           order, l, place->spans[i].max_marginal, want);
    }
    for (size_t number = 0; number < ALL; number++) { /* each span once: sequences that are 0 elsewhere */
        int32_t sequence[N], bare[N] = {0};
        spell(number, sequence);
        memcpy(bare + l + 1 - n, sequence + l + 1 - n, n * sizeof *bare);
        if (memcmp(bare, sequence, sizeof bare) != 0)
            continue;
        double value = enumerate(table, lattice, order, l, sequence + l + 1 - n, n);
        alive += value > -INFINITY;
        better += value > place->spans[place->n - 1].max_marginal + 1e-5;
    }
    cr_expect(better < place->n, "seed %zu order %zu at %zu: %zu spans are better than the last that stayed", (size_t)seed, order,
              l, better);
    cr_expect_eq(place->n, alive < keep ? alive : keep, "seed %zu order %zu at %zu: %zu of %zu stayed", (size_t)seed, order, l,
                 place->n, alive);
}

static void check_path(const struct table *table, const struct lattice *lattice, uint64_t seed)
{
    double most = -INFINITY;
    for (size_t number = 0; number < ALL; number++) {
        int32_t sequence[N];
        spell(number, sequence);
        if (in_lattice(lattice, LATTICE_ORDERS - 1, sequence))
            most = fmax(most, score_of(table, LATTICE_ORDERS - 1, sequence));
    }
    cr_expect_float_eq(lattice->score, most, 1e-5, "seed %zu: %g, enumerated %g", (size_t)seed, lattice->score, most);
    cr_expect_float_eq(score_of(table, LATTICE_ORDERS - 1, lattice->path), most, 1e-5, "seed %zu: the path", (size_t)seed);
}

static void check_cascade(uint64_t seed, const size_t *keep, bool holes)
{
    static struct table table;
    struct lattice lattice;
    struct err err = {0};
    struct arena *arena = arena_new(NULL);
    fill(&table, seed, holes);
    struct lattice_scorer scorer = {.width = V, .score = look_up, .context = &table};
    cr_assert(lattice_make(&scorer, N, keep, arena, &lattice, &err), "seed %zu: %s", (size_t)seed, err.message);
    for (size_t order = 0; order < LATTICE_ORDERS; order++)
        for (size_t l = 0; l < N; l++)
            check_place(&table, &lattice, order, l, keep[order], seed);
    check_path(&table, &lattice, seed);
    arena_free(arena);
}

Test(lattice, max_marginals_and_what_stays_are_those_of_all_sequences)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        check_cascade(seed, (size_t[]){3, 4, 2}, false);
}

Test(lattice, sequences_that_cannot_be_are_none)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        check_cascade(seed, (size_t[]){V, V * V, 5}, true);
}

Test(lattice, where_nothing_is_pruned_the_path_is_the_best_of_all)
{
    for (uint64_t seed = 1; seed <= 4; seed++)
        check_cascade(seed, (size_t[]){V, V * V, V * V * V}, false);
}

Test(lattice, one_position_is_its_best_token_of_the_last_order)
{
    static struct table table;
    struct lattice lattice;
    struct arena *arena = arena_new(NULL);
    fill(&table, 5, false);
    struct lattice_scorer scorer = {.width = V, .score = look_up, .context = &table};
    cr_assert(lattice_make(&scorer, 1, (size_t[]){V, V, V}, arena, &lattice, NULL));
    for (int32_t v = 0; v < V; v++)
        cr_expect(table.at[2][0][0][v] <= table.at[2][0][0][lattice.path[0]]);
    arena_free(arena);
}

Test(lattice, scores_that_are_no_numbers_are_an_error)
{
    static struct table table;
    struct lattice lattice;
    struct err err = {0};
    struct arena *arena = arena_new(NULL);
    fill(&table, 5, false);
    for (size_t v = 0; v < V; v++)
        table.at[0][2][0][v] = NAN;
    struct lattice_scorer scorer = {.width = V, .score = look_up, .context = &table};
    cr_expect_not(lattice_make(&scorer, N, (size_t[]){V, V, V}, arena, &lattice, &err));
    cr_expect(strstr(err.message, "order 0"), "%s", err.message);
    arena_free(arena);
}
