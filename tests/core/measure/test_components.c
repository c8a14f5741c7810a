/* Variance components against numpy's projections (reference_components.py). */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "core/measure/components.h"
#include "tests/core/measure/planted.h"

struct made {
    uint64_t seed;
    size_t texts, n, tokens;
    double index, token, text, noise;
};

/* The cells of reference_components.py; those that do not count have a NaN. */
static struct component_cell *cells_of(const struct made *m)
{
    struct component_cell *cells = calloc(m->texts * m->n, sizeof *cells);
    uint64_t state = m->seed;
    cr_assert(cells);
    for (size_t t = 0; t < m->texts; t++)
        for (size_t k = 0; k < m->n; k++) {
            int32_t token = (int32_t)(random_fraction(&state) * (double)m->tokens);
            double y = m->index * (k == 0) + m->token * (token == 1) + m->text * (random_fraction(&state) - 0.5);
            struct component_cell *cell = &cells[t * m->n + k];
            *cell = (struct component_cell){.index = (int32_t)k, .token = token};
            for (size_t h = 0; h < 2; h++)
                cell->halves[h] = (float)(y + m->noise * (random_fraction(&state) - 0.5));
            if ((t * m->n + k) % 7 == 3)
                cell->halves[t % 2] = NAN;
        }
    return cells;
}

Test(core_components, they_are_numpys)
{
    static const struct {
        struct made made;
        double variance[COMPONENTS], share[COMPONENTS];
    } rows[] = {
        {{3, 12, 10, 9, 4, 0, 0.5, 0.2}, {1.528463458, -0.001435299351, 0.026610353, 0.002974494802}, {0.981012, 0.000000, 0.017079, 0.001909}},
        {{4, 12, 10, 9, 0, 4, 0.5, 0.2}, {2.480241631e-06, 1.238739065, 0.02169625536, 0.003673562808}, {0.000002, 0.979929, 0.017163, 0.002906}},
        {{5, 12, 10, 9, 0, 0, 4, 0.2}, {-0.03382478828, -0.1168961068, 1.583961281, 0.003540791043}, {0.000000, 0.000000, 0.997770, 0.002230}},
        {{6, 10, 8, 30, 2, 3, 1, 1}, {0.4959841798, -0.005587659406, 0.04657859061, 0.0861439919}, {0.788896, 0.000000, 0.074086, 0.137018}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct component_cell *cells = cells_of(&rows[r].made);
        struct components found;
        struct err err = {0};
        cr_assert(components(cells, rows[r].made.texts * rows[r].made.n, &found, &err), "%s", err.message);
        for (int k = 0; k < COMPONENTS; k++) {
            cr_expect_float_eq(found.variance[k], rows[r].variance[k], 1e-7, "row %zu, %s: %.10g", r, component_names[k], found.variance[k]);
            cr_expect_float_eq(found.share[k], rows[r].share[k], 2e-6, "row %zu, share of %s: %.10g", r, component_names[k], found.share[k]);
        }
        free(cells);
    }
}

/* A token that stands at one index alone, and an index where no other stands: nothing tells the two apart. */
Test(core_components, what_the_layout_does_not_tell_apart_has_no_share)
{
    struct component_cell cells[24];
    struct components found;
    struct err err = {0};
    for (int i = 0; i < 24; i++)
        cells[i] = (struct component_cell){i % 4, 100 + i % 4, {(float)(i % 4) + 0.1f * (float)(i % 5), (float)(i % 4)}};
    cr_assert(components(cells, 24, &found, &err), "%s", err.message);
    cr_expect(isnan(found.variance[COMPONENT_INDEX]) && isnan(found.variance[COMPONENT_TOKEN]));
    for (int k = 0; k < COMPONENTS; k++)
        cr_expect(isnan(found.share[k]), "%s", component_names[k]);
    cr_assert(components(cells, 0, &found, &err), "%s", err.message);
    cr_expect_eq(found.cells, 0);
}
