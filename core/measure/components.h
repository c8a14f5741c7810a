/* Where the differences between masses come from: variance components of a crossed, unbalanced layout by the method of moments
 * (Henderson 1953, method 3, fitting constants): the sum of squares that each factor takes beyond the other is set equal to what it
 * is expected to be.
 *
 *   y_ch = μ + index + token + text_c + residual_ch       cell c: one key in one text; h: its even queries, its odd ones
 *
 * text is what one text does with one key beyond its index and its token (and where these two do not add up), in both halves of the
 * queries; the residual is what the halves do not share. A cell's mean has variance text + residual/2. With n_ij cells at index
 * level i and token level j, and SS(index|token) the squares of the cells' means that indices take beyond tokens,
 *
 *   E SS(index|token) = (C − Σ_j Σ_i n_ij²/n_·j)·index + rank(index|token)·(text + residual/2)       and token|index likewise.
 *
 * The layout, with halves of queries as the two looks at a cell, is gaze's own. */
#ifndef GAZE_CORE_MEASURE_COMPONENTS_H
#define GAZE_CORE_MEASURE_COMPONENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

enum component { COMPONENT_INDEX, COMPONENT_TOKEN, COMPONENT_TEXT, COMPONENT_RESIDUAL, COMPONENTS };
extern const char *const component_names[COMPONENTS];

struct component_cell {
    int32_t index, token; /* any numbers: equal ones are one level */
    float halves[2];      /* NaN: the cell does not count */
};
struct components {
    double variance[COMPONENTS]; /* as estimated: may be negative; NaN where the layout does not tell it from the others */
    double share[COMPONENTS];    /* of their sum, negative ones taken for 0; NaN where a variance is, or none is above 0 */
    size_t cells;                /* that count */
};
/* Errors: ERR_MEMORY. */
NODISCARD bool components(const struct component_cell *cells, size_t n, struct components *out, struct err *err);

#endif
