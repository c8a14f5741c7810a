/* The tensors of a pickled state dict. */
#ifndef GAZE_CORE_WEIGHTS_STATE_DICT_H
#define GAZE_CORE_WEIGHTS_STATE_DICT_H

#include "core/weights/storages.h"

/* Find the state dict in what a pickle holds (itself, one wrapped in others, a whole module's) and add its tensors to the
 * weights: views of the file where their elements lie row after row, copies where they do not. Nested dicts give names with a
 * point between. Objects in a tensor's place that are no dense tensor become stand-ins. */
NODISCARD bool state_dict_read(struct weights *weights, const struct file *file, const struct pickle *pickle, pickle_ref root,
                               const struct storages *storages, struct err *err);

#endif
