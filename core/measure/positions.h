/* Does a model tell places apart by position ids? */
#ifndef GAZE_CORE_MEASURE_POSITIONS_H
#define GAZE_CORE_MEASURE_POSITIONS_H

#include "core/model.h"

/* Do position ids reach the embeddings of that stack (L or D)? Asked of the model itself: other ids give other embeddings of the
 * same text. Rotary and relative positions, which enter in attention by differences alone, say no. Errors: those of a run. */
NODISCARD bool stack_has_positions(struct model *model, enum stack_kind kind, bool *out, struct err *err);
/* The same of L. */
NODISCARD bool model_has_positions(struct model *model, bool *out, struct err *err);

#endif
