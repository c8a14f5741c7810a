/* A file read once from the front, decompressed as it is read: plain, gzip, zstd, bzip2, xz, or the one file of a zip, 7z or tar archive,
 * found by the first bytes (kind.h).
 *
 * Memory is bounded whatever the file's size. Pipes and devices can be read too. A compression that is not libarchive's is one file
 * that ends in a `const struct decoder` and one row in DECODERS. */
#ifndef GAZE_CORE_BASE_STREAM_H
#define GAZE_CORE_BASE_STREAM_H

#include "core/base/mem.h"

/* Rows of decoders: decoder_NAME. */
#define DECODERS(ROW) \
    ROW(gzip)         \
    ROW(zstd)

struct decoder {
    const char *name;                /* that of its kind (kind.h) */
    void *(*begin)(struct err *err); /* the state, or NULL with ERR_MEMORY */
    /* Take from `in`, give to `out`: *in_used and *out_made say how much. *whole: the bytes so far end with a whole member
     * or frame (more may follow, as after `cat a.gz b.gz`). False: the bytes are no such stream; the message has no path. */
    bool (*step)(void *state, const void *in, size_t n_in, size_t *in_used, void *out, size_t n_out, size_t *out_made,
                 bool *whole, struct err *err);
    void (*end)(void *state);
};

/* What is looked for in a file. */
enum content {
    CONTENT_TEXT, /* text and nothing else */
    CONTENT_ANY   /* text or numbers */
};

struct stream;

/* Open for reading. `what` names what is looked for, for messages: "the corpus". A byte order mark is passed over; Git LFS pointers,
 * text in UTF-16, archives of several files and folders are refused by name. Errors name the file. stream_free closes. */
NODISCARD struct stream *stream_open(const char *path, enum content content, const char *what, struct err *err);
void stream_free(struct stream *stream);
/* The next bytes of the text, at most `capacity`; *n_out 0 only at the end. A file that ends within compressed data or
 * holds what is none is ERR_FORMAT; Ctrl-C is ERR_CANCELLED. */
NODISCARD bool stream_read(struct stream *stream, void *out, size_t capacity, size_t *n_out, struct err *err);
/* How far it has come, in bytes of the file as it is stored; the size is 0 where unknown (pipes). */
size_t stream_stored_read(const struct stream *stream);
size_t stream_stored_size(const struct stream *stream);
bool stream_is_plain(const struct stream *stream); /* what is read is what is stored, but for a mark */

#endif
