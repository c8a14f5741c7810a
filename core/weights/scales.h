/* Weights of 8 bits that are stored with their scales in tensors beside them. */
#ifndef GAZE_CORE_WEIGHTS_SCALES_H
#define GAZE_CORE_WEIGHTS_SCALES_H

#include "core/base/json.h"
#include "core/weights/weights.h"

/* Multiply every F8 tensor by its scale, into F32: of NAME by NAME_scale or NAME_scale_inv (a number, a row's, a block's), which
 * then count as read and leave the list. `config` is quantization_config, or NULL; methods that store anything else are refused
 * by name, as is an F8 tensor whose scale that configuration promises and no tensor holds. *applied: how many. */
NODISCARD bool scales_apply(struct weights *weights, const struct json *config, size_t *applied, struct err *err);

#endif
