/* A training step in plain C. */
#include "core/op/lanes_plain.h"

#include "core/embed/train/kernel.h"

extern const struct train_kernel train_plain;
#define TRAIN_KERNEL train_plain
#include "core/embed/train/kernel_body.h"
