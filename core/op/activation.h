/* Activations: by the names that configurations use, and as the last step of a product. */
#ifndef GAZE_CORE_OP_ACTIVATION_H
#define GAZE_CORE_OP_ACTIVATION_H

#include "core/base/mem.h"

/* An activation by the name that configurations use: gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, gelu_python,
 * relu, silu, swish, tanh, … NULL where unknown. One row each. A product takes one as its last step. */
struct activation {
    const char *names; /* `|`-separated */
    void (*apply)(float *x, size_t n); /* in place */
};
extern const struct activation *const activations[]; /* NULL-ended */
const struct activation *activation_named(struct str name);

#endif
