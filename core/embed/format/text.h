/* Lines of a word and its numbers, read in parallel: what word2vec's text and GloVe's files share. */
#ifndef GAZE_CORE_EMBED_FORMAT_TEXT_H
#define GAZE_CORE_EMBED_FORMAT_TEXT_H

#include "core/base/source.h"
#include "core/embed/format/format.h"
#include "core/embed/vectors.h"

/* "V E" and nothing else in the first line: *behind_out is the next line's begin. */
bool text_header(const struct source *source, size_t *V_out, size_t *E_out, size_t *behind_out);
/* How many numbers stand behind the word in the line at `at`; 0 where it is no such line. */
size_t text_dimensions(const struct source *source, size_t at);
/* Read the lines from byte `at` on, which is in line `line` (1-based), into v: words in the arena, numbers as F32. `most`:
 * words that the header promises, SIZE_MAX where there is none: fewer is an error, more are left out with a remark.
 * v->E is set. Errors name the file and the line. */
NODISCARD bool text_read(struct vectors *v, size_t at, size_t line, size_t most, struct err *err);

#endif
