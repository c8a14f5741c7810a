/* Fresh weights: the tensors of a checkpoint as their family initialises them, from a seed: a control for every measure. */
#ifndef GAZE_CORE_FRESH_H
#define GAZE_CORE_FRESH_H

#include "core/architecture.h"

/* Put fresh numbers in a tensor's place: F32 in the arena, of its shape, the same for one seed and one name. `deviation` of the
 * normal ones. */
NODISCARD bool fresh_tensor(struct tensor *tensor, enum init init, float deviation, uint64_t seed, struct arena *arena,
                            struct err *err);

#endif
