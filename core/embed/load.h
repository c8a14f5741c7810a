/* Sets of word vectors from files, and the end of every making. */
#ifndef GAZE_CORE_EMBED_LOAD_H
#define GAZE_CORE_EMBED_LOAD_H

#include "core/embed/format/format.h"
#include "core/embed/vectors.h"

/* Open a file; its format is found by content. .gz and .zst are read as they are. `options` may be NULL. Errors
 * name the file and the line or word. */
NODISCARD struct vectors *vectors_load(const char *path, const struct vectors_options *options, struct err *err);

/* The set is filled: index its words, leave out those that were there before, look for what is no number, and say so in `note`. */
NODISCARD bool vectors_finish(struct vectors *vectors, struct err *err);

#endif
