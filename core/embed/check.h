/* What a set of vectors holds that answers should not be made of: looked for once, while it is loaded. */
#ifndef GAZE_CORE_EMBED_CHECK_H
#define GAZE_CORE_EMBED_CHECK_H

#include "core/embed/vectors.h"

/* Remark upon words that are empty, not UTF-8, or hold line ends or NUL. */
NODISCARD bool check_words(struct vectors *vectors, struct err *err);
/* Remark upon words with NaN or infinite numbers, unless the reader did. Every row is read, on the pool. */
NODISCARD bool check_numbers(struct vectors *vectors, struct err *err);

#endif
