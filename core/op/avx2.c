/* Row operations, eight floats at once. */
#if defined(__x86_64__)
#include "core/op/lanes_avx2.h"

#include "core/op/kernel.h"

extern const struct op_kernel op_avx2;
#define OP_KERNEL op_avx2
#include "core/op/body.h"
#else
typedef int avx2_needs_x86;
#endif
