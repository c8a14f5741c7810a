/* Row operations, sixteen floats at once. */
#if defined(__x86_64__)
#include "core/op/lanes_avx512.h"

#include "core/op/kernel.h"

extern const struct op_kernel op_avx512;
#define OP_KERNEL op_avx512
#include "core/op/body.h"
#else
typedef int avx512_needs_x86;
#endif
