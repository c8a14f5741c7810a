/* Stored number types: one row each, from bytes to float. */
#ifndef GAZE_CORE_WEIGHTS_DTYPE_H
#define GAZE_CORE_WEIGHTS_DTYPE_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/mem.h"

struct dtype {
    const char *name;    /* as safetensors spells it: "F32", "BF16", "I64" */
    size_t block, bytes; /* elements a block, bytes a block: F32 1/4, BF16 1/2, Q4_K 256/144 */
    bool is_float;       /* may be multiplied */
    void (*widen)(const void *from, size_t n, float *out); /* n a multiple of block; from may be unaligned */
};
extern const struct dtype *const dtypes[]; /* NULL-ended */
extern const struct dtype DTYPE_F32, DTYPE_F16, DTYPE_BF16, DTYPE_F64, DTYPE_I64;

const struct dtype *dtype_named(struct str name); /* NULL where unknown */
/* Bytes of n elements; false where n is no multiple of the block or the product overflows. */
NODISCARD bool dtype_size(const struct dtype *dtype, size_t n, size_t *bytes_out);

#endif
