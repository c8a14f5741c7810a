/* The long lists of a tokenizer's file: the pieces of a Unigram or SentencePiece model with their scores, in the order of the
 * file, or the words and merges of another model. */
#ifndef GAZE_CORE_TOKENIZER_LEXICON_H
#define GAZE_CORE_TOKENIZER_LEXICON_H

#include "core/tokenizer/lists.h"

struct lexicon {
    struct str *strings; /* [n], in the file's bytes or in the arena */
    double *scores;      /* [n] */
    size_t n, strings_capacity, scores_capacity;
    struct arena *arena; /* borrowed: for strings that the file spells otherwise */
    struct lists lists;
};
void lexicon_init(struct lexicon *lexicon, struct arena *arena);
void lexicon_free(struct lexicon *lexicon);
NODISCARD bool lexicon_add(struct lexicon *lexicon, struct str string, double score, struct err *err);

/* A number of a JSON text as serde_json 1.0 reads it (its default, without "float_roundtrip"): all digits that fit
 * 64 bits as one integer, rounded to a double, times or divided by a rounded power of ten. In a quarter of all
 * cases that is a neighbour of the nearest double. Returns the bytes that the number takes, 0 where none is. */
size_t lexicon_number(struct str text, double *out);

/* Read "model": {"vocab": [[piece, score], …]} of a tokenizer.json's text. *array_out is the place of the list in
 * the text, n 0 where there is none or where it is not spelled so (the lexicon is then empty). */
NODISCARD bool lexicon_read_json(struct lexicon *lexicon, struct str text, struct str *array_out, struct err *err);

#endif
