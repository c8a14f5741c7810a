/* What rollout and flow share: the maps of a layer as a graph's edges. */
#ifndef GAZE_CORE_EFFECT_ROLLOUT_H
#define GAZE_CORE_EFFECT_ROLLOUT_H

#include "core/effect/effect.h"

/* Ã = rownorm(mean_h A + I) of layer l of the stack and text of `of`, into out [T,T]; room [T,T]. Errors: this stack's maps are not
 * of tokens with themselves, or l has other tokens than `of` (the effect's name stands in front). */
NODISCARD bool rollout_layer(const struct run *run, const struct attention *of, size_t l, const char *effect, float *room, float *out,
                             struct err *err);

#endif
