/* Weights that have learned nothing, from a seed: the tensors of a checkpoint as their family initialises them, or with their own
 * numbers in another order. A control for every measure. */
#ifndef GAZE_CORE_FRESH_H
#define GAZE_CORE_FRESH_H

#include "core/architecture.h"

/* Put fresh numbers in a tensor's place: F32 in the arena, of its shape, the same for one seed and one name. `deviation` of the
 * normal ones. */
NODISCARD bool fresh_tensor(struct tensor *tensor, enum init init, float deviation, uint64_t seed, struct arena *arena,
                            struct err *err);
/* Put the tensor's own numbers in its place, in another order: as they are stored, blocks of several widened to F32. The same for
 * one seed and one name. (Durstenfeld 1964.) */
NODISCARD bool shuffled_tensor(struct tensor *tensor, uint64_t seed, struct arena *arena, struct err *err);

#endif
