/* What one map says of one column. Sums over queries count each against the keys that it sees, as in column.h. */
#ifndef GAZE_CORE_MEASURE_COLUMN_LOOK_H
#define GAZE_CORE_MEASURE_COLUMN_LOOK_H

#include "core/measure/column_found.h"

/* Mean over the queries of one parity that see the key of A_ij · (keys that i sees); NaN where fewer than four do. */
double column_half_ratio(const float *probs, const struct attention *attention, size_t key, size_t parity);
/* The inner key (of this token, where token >= 0) whose even queries give it the most, by what its odd queries give, less 1. A text
 * without the token gives it nothing. tokens [n]. */
double column_best_excess(const float *probs, const struct attention *attention, const struct token *tokens, size_t n,
                          int32_t token);
/* n·c − 1 of the column that the head has in a text as it is: at its end, or the text's own inner one. NaN: not to be said. */
double column_own_excess(const struct column_test_head *head, const float *probs, const struct attention *attention,
                         const struct token *tokens, size_t n);
/* Jensen–Shannon divergence, the mean over queries, of the variant's map from the base's, both without the place. */
double column_rest_divergence(const struct variant_text *made, enum column_place place, const struct attention *attention,
                              const float *probs, const float *base);
/* Shuffle the visible keys of each row on its own (Durstenfeld 1964). visible [Tk] is scratch. */
void column_permute(float *probs, const struct attention *attention, size_t *visible, uint64_t *state);

#endif
