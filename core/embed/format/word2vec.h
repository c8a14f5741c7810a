/* The writers that word2vec's and GloVe's files share. */
#ifndef GAZE_CORE_EMBED_FORMAT_WORD2VEC_H
#define GAZE_CORE_EMBED_FORMAT_WORD2VEC_H

#include "core/base/source.h"
#include "core/embed/format/format.h"
#include "core/embed/vectors.h"

NODISCARD bool word2vec_put_binary(const struct vectors *vectors, const char *path, struct out *out, struct err *err);
/* Numbers with 9 significant digits, which give the same float back. A word with a blank or a line end cannot be written. */
NODISCARD bool word2vec_put_text(const struct vectors *vectors, const char *path, struct out *out, struct err *err);
NODISCARD bool word2vec_put_lines(const struct vectors *vectors, const char *path, struct out *out,
                                  struct err *err); /* no header */

#endif
