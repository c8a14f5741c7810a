/* A training step, sixteen floats at once. */
#if defined(__x86_64__)
#include "core/op/lanes_avx512.h"

#include "core/embed/train/kernel.h"

extern const struct train_kernel train_avx512;
#define TRAIN_KERNEL train_avx512
#include "core/embed/train/kernel_body.h"
#else
typedef int train_avx512_needs_x86;
#endif
