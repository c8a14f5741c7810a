/* Does a model tell places apart by position ids? */
#ifndef GAZE_CORE_MEASURE_POSITIONS_H
#define GAZE_CORE_MEASURE_POSITIONS_H

#include "core/model.h"

/* Do position ids reach the embeddings? Asked of the model itself: other ids give other embeddings of the same text. Rotary and
 * relative positions, which enter in attention by differences alone, say no. Errors: those of a run. */
NODISCARD bool model_has_positions(struct model *model, bool *out, struct err *err);

#endif
