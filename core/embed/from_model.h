/* Word vectors out of a transformer. */
#ifndef GAZE_CORE_EMBED_FROM_MODEL_H
#define GAZE_CORE_EMBED_FROM_MODEL_H

#include "core/embed/vectors.h"
#include "core/model.h"

/* The input embeddings of a transformer: its vocabulary's strings and its word table, mapped anew, so that the model may be
 * unloaded. ERR_NOT_FOUND where it has no tokenizer or no such table. */
NODISCARD struct vectors *vectors_of_model(const struct model *model, const char *name, struct err *err);

#endif
