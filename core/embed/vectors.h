/* A set of word vectors: words in the file's order (usually by frequency) and one row of floats each.
 *
 * Words are bytes as the file has them (usually UTF-8, not checked here). Rows may lie in a mapped file; `row` reads
 * them through the number type, so that a binary file is ready without being copied. */
#ifndef GAZE_CORE_EMBED_VECTORS_H
#define GAZE_CORE_EMBED_VECTORS_H

#include "core/base/mem.h"
#include "core/weights/dtype.h"

struct vectors_format;
struct subwords; /* fastText's character n-grams, for unknown words */

struct vectors {
    char *name, *path;               /* the name commands call it by; where it was read from */
    size_t V, E;                     /* words, dimensions */
    const struct str *words;         /* [V] */
    const void *data;                /* row i at data + i·stride, E elements of dtype, perhaps unaligned */
    const struct dtype *dtype;
    size_t stride;                   /* bytes */
    const struct subwords *subwords; /* or NULL */
    const struct vectors_format *format;
    char *note;                      /* "3 duplicate words ignored, first at line 17", or NULL */
    void *own;                       /* the format's maps and the index of words */
    struct arena *arena;
};

/* Open a file; its format is found by content. `words`: a file with one word a line, for .npy. `tensor`: which tensor of
 * a safetensors file. Both may be NULL. .gz and .zst are read as they are. */
struct vectors_options {
    const char *words, *tensor, *name;
};
NODISCARD struct vectors *vectors_load(const char *path, const struct vectors_options *options, struct err *err);
void vectors_free(struct vectors *vectors);

#define VECTORS_NONE SIZE_MAX
/* The row of a word, or VECTORS_NONE. `fold`: where the exact word is absent, the most frequent word that is equal
 * without case. */
size_t vectors_find(const struct vectors *vectors, struct str word, bool fold);
/* Row i as floats. */
void vectors_row(const struct vectors *vectors, size_t i, float *out);
/* The vector of any word: its row, or its subwords' mean where there are some. False (no error) where unknown. */
bool vectors_of(const struct vectors *vectors, struct str word, bool fold, float *out);

#endif
