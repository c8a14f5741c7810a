/* A set of word vectors: words in the file's order (usually by frequency) and one row of numbers each.
 *
 * Words are bytes as the file has them (usually UTF-8). Rows may lie in a mapped file and are read through their number
 * type, so that a binary file is ready without being copied. */
#ifndef GAZE_CORE_EMBED_VECTORS_H
#define GAZE_CORE_EMBED_VECTORS_H

#include "core/base/mem.h"
#include "core/weights/dtype.h"

struct vectors_format;
struct vectors_index; /* words to rows (index.c) */
struct sketch;          /* what queries keep between them (sketch.c) */
struct source;        /* the bytes of the file (source.h) */

struct vectors {
    char *name, *path;       /* the name commands call it by; where it was read from, "" where it was made */
    size_t V, E;             /* words, dimensions; both at least 1 */
    const struct str *words; /* [V] */
    const void *data;        /* row i at data + offsets[i], or at data + i·stride; E elements, perhaps unaligned */
    const struct dtype *dtype;
    size_t stride;                       /* bytes */
    const size_t *offsets;               /* [V] or NULL */
    const char *marks;                   /* `|`-separated; put before a word that is not there as it stands ("Ġ|▁"), or NULL */
    const struct vectors_format *format; /* NULL: no file's */
    size_t first_line;                   /* of word 0, where every word has a line of its own; else 0 */
    bool checked;                        /* NaN and infinite numbers were looked for */
    char *note;                          /* "3 words are there twice or more, the first counts; first in line 17", or NULL */
    struct vectors_index *index;
    struct sketch *sketch; /* made at the first query */
    struct source *source;
    void *own; /* the format's, freed by its close */
    struct arena *arena;
};

void vectors_free(struct vectors *vectors);

/* An empty set with its arena: the maker fills V, E, words, data, dtype, stride and calls vectors_finish (load.h). */
NODISCARD struct vectors *vectors_new(const char *name, const char *path, struct err *err);

#define VECTORS_NONE SIZE_MAX
/* The row of a word, or VECTORS_NONE. `fold`: where the exact word is absent, the most frequent word that is equal
 * without case. */
size_t vectors_find(const struct vectors *vectors, struct str word, bool fold);
/* Row i as floats. */
void vectors_row(const struct vectors *vectors, size_t i, float *out);
/* The vector of any word: its row, or what the format makes of an unknown word (fastText's subwords). False (no error)
 * where unknown. *row_out: its row or VECTORS_NONE; may be NULL. */
bool vectors_of(const struct vectors *vectors, struct str word, bool fold, float *out, size_t *row_out);

/* Put another remark behind `note`. */
NODISCARD bool vectors_remark(struct vectors *vectors, struct err *err, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
