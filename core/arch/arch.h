/* The list of architectures. */
#ifndef GAZE_CORE_ARCH_ARCH_H
#define GAZE_CORE_ARCH_ARCH_H

#include "core/architecture.h"

extern const struct arch *const archs[]; /* NULL-ended */
const struct arch *arch_of_type(struct str model_type); /* NULL where unknown */

#endif
