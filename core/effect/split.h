/* Parts of the content term, beside the model's own terms: what words and positions make of it in layer 0, and what the query's
 * bias makes of it. Each is an effect of its own; sums of them are parts of a map (struct part, bits from MAX_TERMS up). */
#ifndef GAZE_CORE_EFFECT_SPLIT_H
#define GAZE_CORE_EFFECT_SPLIT_H

#include "core/effect/effect.h"

enum { SPLITS = 6 };
enum { SPLIT_WPREST = 1 << 4, SPLIT_QBIAS = 1 << 5 }; /* bits of two of them, bit s: splits[s] */
/* w2w, w2p, p2w, p2p and the rest: together the content of layer 0. Then qbias, a part of the rest. */
extern const struct effect *const splits[SPLITS];
/* Which of the terms they are parts of: its number, or MAX_TERMS where none is query · key alone. */
size_t split_of(const struct term *const *terms);
/* Rows of PART_LOGITS or PART_SOFTMAX with parts of the content in it; beside the content itself they are taken off it. Errors say why
 * there is no such part here. */
NODISCARD bool split_map(const struct run *run, const struct attention *a, size_t head, struct part part, size_t row, size_t rows,
                         float *out, struct err *err);

#endif
