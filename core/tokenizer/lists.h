/* The words of a BPE, WordPiece or WordLevel model with their ids, and its merges, as the text of a tokenizer.json lists them. */
#ifndef GAZE_CORE_TOKENIZER_LISTS_H
#define GAZE_CORE_TOKENIZER_LISTS_H

#include <stdint.h>
#include "core/base/mem.h"

enum { TOKEN_ID_LIMIT = 1 << 24 }; /* ids are below it */

struct listed_word {
    struct str string; /* in the text or in the arena */
    int32_t id;
};
struct listed_merge {
    struct str left, right; /* the same */
};
struct lists {
    struct listed_word *words; /* [n_words], in the order of the file; one may come twice */
    size_t n_words, words_capacity;
    struct listed_merge *merges; /* [n_merges] */
    size_t n_merges, merges_capacity;
    struct str words_text, merges_text; /* their places in the text, brackets included; n 0: left to the document */
};
void lists_free(struct lists *lists); /* a zeroed struct is fine */

/* Read "model": {"vocab": {word: id, …}, "merges": ["a b" or ["a", "b"], …]}. What is not there, or is not spelled so, stays
 * empty. */
NODISCARD bool lists_read_json(struct lists *lists, struct str text, struct arena *arena, struct err *err);

#endif
