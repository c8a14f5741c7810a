/* Ratios of many texts as the data of a stripes chart. */
#ifndef GAZE_REPL_MAP_STRIPES_PICTURE_H
#define GAZE_REPL_MAP_STRIPES_PICTURE_H

#include "core/measure/ratio_texts.h"
#include "viz/chart/stripes.h"

/* Heads are chosen by their numbers among texts->sites: heads [n_heads]. length: texts of so many tokens are the main group, 0:
 * all are. Special tokens are called as the first text that has so many calls them. Everything lives in the arena or is
 * borrowed of `texts`. tokenizer may be NULL. */
NODISCARD bool stripes_of_texts(const struct ratio_texts *texts, const size_t *heads, size_t n_heads,
                                const struct tokenizer *tokenizer, size_t length, unsigned lanes, struct arena *arena,
                                struct stripes *out, struct err *err);

#endif
