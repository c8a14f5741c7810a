/* Columns on maps built by hand: what is planted is found, an edge is called an edge, chance gives nothing. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/measure/column.h"
#include "tests/core/measure/planted.h"

static struct column_map map_of(const struct planted *p)
{
    struct column_map map;
    struct err err = {0};
    cr_assert(column_map(&p->run, p->site, NULL, &map, &err), "%s", err.message);
    cr_assert_eq(map.n, p->n);
    cr_assert_eq(map.n_terms, PLANTED_TERMS);
    return map;
}

/* The keys that are columns are exactly those of `keys`, ended by -1. */
static void expect_columns(const struct column_map *map, const int *keys, const char *what)
{
    for (size_t j = 0; j < map->n; j++) {
        bool wanted = false;
        for (const int *k = keys; *k >= 0; k++)
            wanted = wanted || (size_t)*k == j;
        cr_expect_eq(map->columns[j].is_column, wanted, "%s: key %zu is %sa column (%.2f x uniform, cover %.2f)", what, j,
                     wanted ? "not " : "", map->columns[j].ratio, map->columns[j].cover);
    }
}

static void add_noise(struct planted *p, size_t term, uint64_t seed, double size)
{
    for (size_t i = 0; i < p->n * p->n; i++)
        p->term[term][i] += (float)((random_fraction(&seed) * 2 - 1) * size);
}

/* Products of queries and keys, as the content term of a model makes them: key 9's vector points where all queries do. */
Test(core_column, a_tokens_column_is_found_in_its_term)
{
    enum { n = 24, D = 8, KEY = 9 };
    struct planted *p = planted_new(n, false);
    float q[n * D], k[n * D];
    uint64_t seed = 7;
    for (size_t i = 0; i < n * D; i++) {
        q[i] = (float)(1 + 0.3 * (random_fraction(&seed) - 0.5));
        k[i] = (float)(random_fraction(&seed) - 0.5);
    }
    for (size_t d = 0; d < D; d++)
        k[KEY * D + d] = 1.0f;
    const struct term *const content[] = {&term_content, NULL};
    p->attention.terms = content;
    p->attention.D = D;
    p->attention.scale = 0.5f;
    p->attention.q = (struct strided){q, D, D};
    p->attention.k = (struct strided){k, D, D};
    struct column_map map;
    struct err err = {0};
    cr_assert(column_map(&p->run, p->site, NULL, &map, &err), "%s", err.message);
    expect_columns(&map, (int[]){KEY, -1}, "content");
    const struct column *c = &map.columns[KEY];
    double expected = 0, mean = 0; /* q̄·k_j · scale, centred over the keys */
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t d = 0; d < D; d++)
                sum += (double)q[i * D + d] * k[j * D + d] * 0.5 / n;
        mean += sum / n;
        if (j == KEY)
            expected = sum;
    }
    cr_expect_float_eq(c->nats, expected - mean, 1e-5);
    cr_expect_float_eq(c->term[0], c->nats, 1e-6);
    cr_expect_float_eq(map.term_share[0], 1, 1e-9);
    cr_expect_float_eq(c->edge, 0, 1e-12, "the content term has no edge");
    column_map_free(&map);
    planted_free(p);
}

Test(core_column, a_positions_column_is_found_in_its_term)
{
    struct planted *p = planted_new(40, false);
    add_noise(p, 0, 3, 0.4);
    for (size_t i = 0; i < p->n; i++)
        p->term[1][i * p->n + 4] = 3; /* key 4 has 3 nats more than the others, from every query */
    struct column_map map = map_of(p);
    expect_columns(&map, (int[]){4, -1}, "position");
    cr_expect_float_eq(map.columns[4].term[1], 3 - 3.0 / 40, 1e-6);
    cr_expect_gt(map.term_share[1], 0.95);
    cr_expect_float_eq(map.columns[4].edge, 0, 1e-12);
    column_map_free(&map);
    planted_free(p);
}

/* s = a·(i−j) has no content and no absolute position, and yet a perfect column at index 0. */
Test(core_column, an_edge_is_called_an_edge)
{
    struct planted *p = planted_new(32, false);
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->n; j++)
            p->term[2][i * p->n + j] = p->edge[2][i * p->n + j] = 0.3f * ((float)i - (float)j);
    struct column_map map = map_of(p);
    expect_columns(&map, (int[]){0, 1, 2, 3, -1}, "edge"); /* 8.3, 6.1, 4.6, 3.4 x uniform; then 2.5 */
    double first = (1 - exp(-0.3)) / (1 - exp(-0.3 * 32)); /* A_i0 of every row: a geometric series */
    cr_expect_float_eq(map.columns[0].ratio, 32 * first, 1e-4);
    cr_expect_float_eq(map.columns[0].ratio, 8.3, 0.05);
    cr_expect_float_eq(map.columns[0].cover, 1, 1e-12);
    cr_expect_float_eq(map.share, 1, 1e-5);
    for (size_t j = 0; j < p->n; j++) {
        cr_expect_float_eq(map.columns[j].nats, 0.3 * (15.5 - (double)j), 1e-5);
        cr_expect_float_eq(map.columns[j].edge, map.columns[j].nats, 1e-5, "key %zu", j);
    }
    cr_expect_float_eq(map.edge_share, 1, 1e-6);
    column_map_free(&map);
    planted_free(p);
}

/* A token's column beside an edge in one term: each part is told from the other. */
Test(core_column, content_and_edge_of_one_term_are_told_apart)
{
    struct planted *p = planted_new(32, false);
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->n; j++) {
            p->edge[0][i * p->n + j] = 0.05f * ((float)i - (float)j);
            p->term[0][i * p->n + j] = p->edge[0][i * p->n + j] + (j == 20 ? 4.0f : 0.0f);
        }
    struct column_map map = map_of(p);
    expect_columns(&map, (int[]){20, -1}, "both");
    const struct column *c = &map.columns[20];
    cr_expect_float_eq(c->edge, 0.05 * (15.5 - 20), 1e-5);
    cr_expect_float_eq(c->nats - c->edge, 4 - 4.0 / 32, 1e-5);
    column_map_free(&map);
    planted_free(p);
}

Test(core_column, random_maps_have_none)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct planted *p = planted_new(8 + seed, seed % 2);
        add_noise(p, 0, seed, 2);
        add_noise(p, 1, seed + 1000, 1);
        struct column_map map = map_of(p);
        for (size_t j = 0; j < map.n; j++)
            cr_expect_not(map.columns[j].is_column, "seed %zu: key %zu of %zu, %.2f x uniform", (size_t)seed, j, map.n,
                          map.columns[j].ratio);
        column_map_free(&map);
        planted_free(p);
    }
}

/* 20 % of the queries at 1.0 and all queries at 0.2 have the same mean: only the second is a column. */
Test(core_column, cover_tells_few_queries_from_all)
{
    float few[50 * 50], all[50 * 50];
    unsigned char marks[50];
    for (size_t i = 0; i < 50; i++)
        for (size_t j = 0; j < 50; j++) {
            bool fifth = i % 5 == 0;
            few[i * 50 + j] = fifth ? (j == 7) : 1.0f / 49 * (j != 7);
            all[i * 50 + j] = j == 7 ? 0.2f : 0.8f / 49;
        }
    column_marks(few, 50, 50, NULL, NULL, marks);
    cr_expect_eq(marks[7], 0, "10 x uniform in mean, from a fifth of the queries");
    column_marks(all, 50, 50, NULL, NULL, marks);
    cr_expect_eq(marks[7], 1);
    cr_expect_eq(memchr(marks, 1, 50), marks + 7, "and the first mark");
    cr_expect_null(memchr(marks + 8, 1, 42), "and the only one");
}

static void check_sums(bool causal)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct planted *p = planted_new(10 + 3 * seed, causal);
        for (size_t t = 0; t < PLANTED_TERMS; t++)
            add_noise(p, t, seed * 10 + t, 4);
        struct column_map map = map_of(p);
        double worst = 0, shares = 0, centre = 0;
        for (size_t j = 0; j < map.n; j++) {
            const struct column *c = &map.columns[j];
            if (isnan(c->nats)) {
                cr_expect(causal && map.n - j < 8, "key %zu of %zu is left out", j, map.n);
                continue;
            }
            worst = fmax(worst, fabs(c->nats - c->term[0] - c->term[1] - c->term[2]));
            centre += c->nats;
        }
        for (size_t t = 0; t < PLANTED_TERMS; t++)
            shares += map.term_share[t];
        cr_expect_lt(worst, 1e-5, "n = %zu: the terms' parts differ from the scores' by %g", map.n, worst);
        cr_expect_float_eq(shares, 1, 1e-5);
        cr_expect_float_eq(centre, 0, 1e-6);
        cr_expect_eq(map.left_out, causal ? 7 : 0);
        column_map_free(&map);
        planted_free(p);
    }
}

Test(core_column, parts_of_terms_add_up_on_full_maps)
{
    check_sums(false);
}

Test(core_column, parts_of_terms_add_up_on_causal_maps)
{
    check_sums(true);
}

static unsigned second_term(const void *context, const struct attention *a, size_t head)
{
    (void)context, (void)a, (void)head;
    return 1u << 1;
}

Test(core_column, a_dropped_term_has_no_part)
{
    struct planted *p = planted_new(16, false);
    add_noise(p, 0, 1, 1);
    add_noise(p, 1, 2, 5);
    p->attention.drops = second_term;
    struct column_map map = map_of(p);
    for (size_t j = 0; j < map.n; j++) {
        cr_expect_float_eq(map.columns[j].term[1], 0, 0);
        cr_expect_float_eq(map.columns[j].term[0], map.columns[j].nats, 1e-6);
    }
    column_map_free(&map);
    planted_free(p);
}

/* Where heads are mixed or scores capped, the terms are not those of this map alone. */
Test(core_column, mixed_and_capped_maps_have_no_split)
{
    float mix[1] = {1};
    for (int which = 0; which < 2; which++) {
        struct planted *p = planted_new(12, false);
        add_noise(p, 0, 1, 1);
        if (which)
            p->attention.cap = 5;
        else
            p->attention.mix_scores = mix;
        struct column_map map = map_of(p);
        for (size_t j = 0; j < map.n; j++) {
            cr_expect(isfinite(map.columns[j].nats));
            cr_expect(isnan(map.columns[j].term[0]) && isnan(map.columns[j].edge));
        }
        cr_expect(isfinite(map.share) && isnan(map.term_share[0]) && isnan(map.edge_share));
        column_map_free(&map);
        planted_free(p);
    }
}

/* A bitmap that hides nothing gives what no mask gives; one that hides cells leaves rarely seen keys out. */
Test(core_column, a_bitmap_counts_as_a_mask)
{
    unsigned char bits[20 * 3];
    memset(bits, 0xff, sizeof bits);
    struct planted *p = planted_new(20, false);
    add_noise(p, 0, 5, 3);
    struct column_map plain = map_of(p);
    p->attention.mask.bitmap = bits;
    struct column_map full = map_of(p);
    for (size_t j = 0; j < 20; j++) {
        cr_expect_float_eq(full.columns[j].nats, plain.columns[j].nats, 1e-12);
        cr_expect_float_eq(full.columns[j].ratio, plain.columns[j].ratio, 1e-12);
    }
    for (size_t i = 0; i < 13; i++)
        bits[i * 3] &= (unsigned char)~(1u << 2); /* key 2 is seen by the last seven queries alone */
    struct column_map hidden = map_of(p);
    cr_expect_eq(hidden.left_out, 1);
    cr_expect(isnan(hidden.columns[2].nats) && !hidden.columns[2].is_column);
    cr_expect(isfinite(hidden.columns[3].nats));
    column_map_free(&plain);
    column_map_free(&full);
    column_map_free(&hidden);
    planted_free(p);
}

Test(core_column, one_token_is_no_column)
{
    struct planted *p = planted_new(1, false);
    struct column_map map = map_of(p);
    cr_expect_float_eq(map.columns[0].mass, 1, 1e-9);
    cr_expect(!map.columns[0].is_column && isnan(map.columns[0].cover) && isnan(map.columns[0].median));
    column_map_free(&map);
    planted_free(p);
}

Test(core_column, a_missing_site_is_an_error_and_leaves_nothing)
{
    struct planted *p = planted_new(8, false);
    struct err err = {0};
    struct column_map maps[2];
    struct site sites[2] = {p->site, {.layer = 3}};
    cr_expect_not(column_maps(&p->run, sites, 2, NULL, NULL, maps, &err));
    cr_expect_eq(err.code, ERR_NOT_FOUND);
    cr_expect_null(maps[0].columns);
    cr_expect_not(column_map(&p->run, (struct site){.head = 2}, NULL, &maps[0], &err));
    cr_expect_null(maps[0].columns);
    planted_free(p);
}

Test(core_column, cancelling_ends_it)
{
    struct planted *p = planted_new(8, false);
    struct column_map map;
    struct err err = {0};
    cancel_request();
    bool done = column_map(&p->run, p->site, NULL, &map, &err);
    cancel_clear();
    cr_expect_not(done);
    cr_expect_eq(err.code, ERR_CANCELLED);
    planted_free(p);
}

/* A scan asks all keys at once what they draw, a map key by key. Key 0 is looked at by itself and by five of the nine others: a
 * column only where its own look counted. */
Test(core_column, what_all_keys_draw_at_once_is_what_each_draws)
{
    for (int causal = 0; causal < 2; causal++)
        for (uint64_t seed = 0; seed < 6; seed++) {
            size_t n = seed ? 7 * (size_t)seed + 5 : 10;
            struct planted *p = planted_new(n, causal);
            struct column_draw draws[64];
            float probs[64 * 64];
            struct err err = {0};
            random_probs(seed + 1, n, causal, 3, probs);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++) {
                    bool seen = !causal || j <= i;
                    p->term[0][i * n + j] = !seen ? 0 : seed ? logf(probs[i * n + j] + 1e-9f) : j == 0 && i <= 5 ? 6 : 0;
                }
            struct column_map map = map_of(p);
            cr_assert(run_map(&p->run, p->site, (struct part){.kind = PART_PROBS}, 0, n, probs, &err), "%s", err.message);
            column_draws(probs, &p->attention, NULL, draws);
            for (size_t j = 0; j < n; j++)
                cr_expect(fabs(draws[j].mass - map.columns[j].mass) < 1e-12 && fabs(draws[j].ratio - map.columns[j].ratio) < 1e-12 &&
                              draws[j].is_column == map.columns[j].is_column,
                          "causal %d, seed %zu, key %zu: %g %g %d, alone %g %g %d", causal, (size_t)seed, j, draws[j].mass, draws[j].ratio,
                          draws[j].is_column, map.columns[j].mass, map.columns[j].ratio, map.columns[j].is_column);
            if (seed == 0 && !causal)
                cr_expect(map.columns[0].ratio > 3 && !map.columns[0].is_column, "ratio %g, cover %g", map.columns[0].ratio,
                          map.columns[0].cover);
            column_map_free(&map);
            planted_free(p);
        }
}
