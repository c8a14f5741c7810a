/* Tensors bound to the parameters of an architecture: found by name, checked by shape, borrowed or widened. */
#ifndef GAZE_CORE_BIND_H
#define GAZE_CORE_BIND_H

#include "core/model.h"

/* Bind every row of the architecture's table that this configuration needs, then run its `bound`. Errors name the file and
 * the tensor: missing, or of another shape or kind than config.json asks for. */
NODISCARD bool model_bind(struct model *model, struct err *err);
/* The input embeddings of the vocabulary [V,·]: the architecture's first table with a row a token; NULL where it has none. */
const struct tensor *model_word_table(const struct model *model);

/* For `info`: visit every parameter's row with where it was found (tensor NULL: absent, optional). */
void model_each_param(const struct model *model,
                      void (*visit)(void *context, const struct param *param, size_t layer, const struct tensor *weight),
                      void *context);

#endif
