/* What a run keeps of effects that cost passes: the maps of all layers of a stack, behind a lock, so that one more map costs
 * none. The one place where maps stay. */
#ifndef GAZE_CORE_EFFECT_STORE_H
#define GAZE_CORE_EFFECT_STORE_H

#include "core/effect/effect.h"

struct effect_store;
/* The run's, made at first use; it goes with the run. */
struct effect_store *effect_store_of(const struct run *run, struct err *err);
/* Lock it: the kept maps [layers,Tq,Tk] of the attention's stack and text, or NULL. Close it in any case. */
const float *effect_store_open(struct effect_store *store, const struct effect *effect, const struct attention *a);
/* Takes maps; on failure they stay the caller's. */
NODISCARD bool effect_store_keep(struct effect_store *store, const struct effect *effect, const struct attention *a, float *maps,
                                 struct err *err);
void effect_store_close(struct effect_store *store);

extern const struct effect effect_valuezero;

#endif
