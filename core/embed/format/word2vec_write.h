/* Writing vectors as word2vec does: a line "V E", then a word a row; binary or text. */
#ifndef GAZE_CORE_EMBED_FORMAT_WORD2VEC_WRITE_H
#define GAZE_CORE_EMBED_FORMAT_WORD2VEC_WRITE_H

#include "core/base/file.h"

/* Rows that are asked for one after another: `row` gives row i [E], borrowed until the next call. */
struct rows_source {
    size_t V, E;
    const struct str *words; /* [V] */
    const float *(*row)(void *context, size_t i);
    void *context;
};
/* word, a space, E floats as they lie in memory (little-endian), a newline. */
NODISCARD bool word2vec_write_binary(struct out *out, const struct rows_source *rows, struct err *err);
/* word and E numbers with spaces between, of 9 significant digits, so that they read back as the same floats. `header`
 * false: without the first line, which is GloVe's text. */
NODISCARD bool word2vec_write_text(struct out *out, const struct rows_source *rows, bool header, struct err *err);

#endif
