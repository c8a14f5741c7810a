/* The configuration of a model as its architecture reads it: values of config.json with the reference class's defaults,
 * and refusals by name of what would change numbers. */
#ifndef GAZE_CORE_CONFIG_H
#define GAZE_CORE_CONFIG_H

#include <stdbool.h>

#include "core/base/mem.h"

struct model;

/* model->dim[letter] = the size at `key`. */
NODISCARD bool config_dim(struct model *model, const char *key, char letter, long fallback /* -1: required */, struct err *err);
/* Err with ERR_FORMAT where the key is there, is not null and is of another kind. */
enum config_kind { CONFIG_BOOL, CONFIG_NUMBER, CONFIG_POSITIVE /* 0 too */, CONFIG_TEXT };
NODISCARD bool config_is(struct model *model, const char *key, enum config_kind kind, struct err *err);
/* Err with ERR_UNSUPPORTED "KEY = VALUE is not read" where the key is there and its value is not `only` (JSON text). */
NODISCARD bool config_only(struct model *model, const char *key, const char *only, struct err *err);
NODISCARD bool config_activation(struct model *model, const char *key, const char *fallback, struct err *err);

#endif
