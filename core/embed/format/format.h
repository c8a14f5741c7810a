/* A file format of word vectors: one file core/embed/format/NAME.c that ends in a `const struct vectors_format`, and one
 * row in format/list.h. */
#ifndef GAZE_CORE_EMBED_FORMAT_FORMAT_H
#define GAZE_CORE_EMBED_FORMAT_FORMAT_H

#include "core/base/mem.h"

struct out;
struct source;
struct vectors;

/* What is asked of a file besides its name; all may be NULL. `words`: a file with one word a line, for .npy. `tensor`: which
 * tensor of a safetensors file. `name`: what commands call the set by. */
struct vectors_options {
    const char *words, *tensor, *name;
};

struct vectors_format {
    const char *name, *summary;
    const char *extensions; /* of files to be written, `|`-separated; "" where format=NAME alone chooses it; NULL: not written */
    /* Is this such a file? Asked in the list's order; of a compressed file the front is there alone. */
    bool (*recognises)(const struct source *source);
    /* The bytes that such a file has at most, as its front says; NULL: it does not say. */
    size_t (*most)(const struct source *source);
    /* Fill V, E, words, data, dtype, stride or offsets; what is not borrowed from the source lies in the arena or in own.
     * Words may repeat: vectors_finish sees to that. */
    bool (*open)(struct vectors *vectors, const struct vectors_options *options, struct err *err);
    void (*close)(struct vectors *vectors); /* frees own; NULL: nothing */
    /* The vector of a word that is not in the file; NULL: there is none. */
    bool (*unknown)(const struct vectors *vectors, struct str word, float *out);
    /* Write the set. `path`: of the file, for formats that put another beside it; NULL in pipes. */
    bool (*write)(const struct vectors *vectors, const char *path, struct out *out, struct err *err);
    bool takes_words, takes_tensor; /* which of vectors_options it reads; the others are refused */
    bool is_text;   /* of lines */
    bool is_folder; /* open gets no source; nothing is asked to be recognised */
    bool beside; /* puts another file beside the one it writes: into a pipe it cannot go */
};
extern const struct vectors_format *const vectors_formats[]; /* NULL-ended */

/* The format that is written under that name (format=) or by that extension; NULL where there is none. */
const struct vectors_format *vectors_format_written(struct str name_or_extension);

#endif
