/* Drawing from a fixed distribution in constant time: the alias method (Walker 1977; tables after Vose 1991). */
#ifndef GAZE_CORE_EMBED_TRAIN_ALIAS_H
#define GAZE_CORE_EMBED_TRAIN_ALIAS_H

#include "core/base/mem.h"
#include "core/base/random.h"

struct alias {
    uint32_t keep;  /* of 2^32: this number itself */
    uint32_t other; /* else that one */
};

/* A table for weights[n] (positive, finite; n < 2^32). free() it. */
NODISCARD struct alias *alias_new(const double *weights, size_t n, struct err *err);

static inline uint32_t alias_draw(const struct alias *table, uint32_t n, uint64_t bits)
{
    uint32_t i = random_below((uint32_t)(bits >> 32), n);
    return (uint32_t)bits <= table[i].keep ? i : table[i].other;
}

#endif
