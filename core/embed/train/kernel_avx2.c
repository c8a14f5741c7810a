/* A training step, eight floats at once. */
#if defined(__x86_64__)
#include "core/op/lanes_avx2.h"

#include "core/embed/train/kernel.h"

extern const struct train_kernel train_avx2;
#define TRAIN_KERNEL train_avx2
#include "core/embed/train/kernel_body.h"
#else
typedef int train_avx2_needs_x86;
#endif
