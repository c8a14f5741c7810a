/* Steps that more than one normalizer takes. */
#ifndef GAZE_CORE_TOKENIZER_NORMALIZER_STEPS_H
#define GAZE_CORE_TOKENIZER_NORMALIZER_STEPS_H

#include "core/tokenizer/normalized.h"

NODISCARD bool step_decompose(struct normalized *text, bool compatibility, struct err *err); /* NFD, NFKD */
NODISCARD bool step_compose(struct normalized *text, bool compatibility, struct err *err);   /* NFC, NFKC */
NODISCARD bool step_lowercase(struct normalized *text, struct err *err);

#endif
