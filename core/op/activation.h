/* Activations: by the names that configurations use, and as the last step of a product. */
#ifndef GAZE_CORE_OP_ACTIVATION_H
#define GAZE_CORE_OP_ACTIVATION_H

#include "core/base/mem.h"

/* The last step of a product, on each of its outputs. */
enum epilogue { EPILOGUE_NONE, EPILOGUE_GELU /* exact erf */, EPILOGUE_GELU_TANH, EPILOGUE_RELU, EPILOGUE_SILU, EPILOGUE_TANH };

/* An activation by the name that configurations use: gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, gelu_python,
 * relu, silu, swish, tanh, … NULL where unknown. One row each; `epilogue` is the fused form. */
struct activation {
    const char *names; /* `|`-separated */
    enum epilogue epilogue;
    void (*apply)(float *x, size_t n); /* in place */
};
extern const struct activation *const activations[]; /* NULL-ended */
const struct activation *activation_named(struct str name);

struct op_kernel;
/* The activation of an epilogue, NULL for EPILOGUE_NONE. */
typedef void op_map(float *x, size_t n);
op_map *op_epilogue(const struct op_kernel *kernel, enum epilogue epilogue);

#endif
