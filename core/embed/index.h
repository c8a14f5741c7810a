/* From words to rows: a hash table of all words, and one of their folded forms, made at first use. */
#ifndef GAZE_CORE_EMBED_INDEX_H
#define GAZE_CORE_EMBED_INDEX_H

#include "core/base/mem.h"

struct vectors_index;

/* Index words [n], borrowed. twice_out [n]: 1 where an equal word stands before; *n_twice of them. */
NODISCARD struct vectors_index *index_new(const struct str *words, size_t n, unsigned char *twice_out, size_t *n_twice,
                                          struct err *err);
void index_free(struct vectors_index *index);
/* The first row of that word, or SIZE_MAX. */
size_t index_find(const struct vectors_index *index, struct str word);
/* The first row whose word is equal when folded; SIZE_MAX where there is none, or no memory for the table. */
size_t index_find_folded(struct vectors_index *index, struct str word);

/* Append the word in upper case, as Python's str.upper has it for one-to-one mappings, ß and the Latin ligatures; bytes
 * that are no UTF-8 stay. */
void word_fold(struct str word, struct buf *out);

#endif
