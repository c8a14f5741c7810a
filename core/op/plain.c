/* Row operations in plain C, for any machine. */
#include "core/op/lanes_plain.h"

#include "core/op/kernel.h"

extern const struct op_kernel op_plain;
#define OP_KERNEL op_plain
#include "core/op/body.h"
