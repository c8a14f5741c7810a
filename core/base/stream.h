/* A file read once from the front, decompressed as it is read: plain, gzip or zstd, found by the first bytes.
 *
 * Memory is bounded whatever the file's size. Pipes and devices can be read too. A compression is one file that ends in a
 * `const struct decoder` and one row in DECODERS. */
#ifndef GAZE_CORE_BASE_STREAM_H
#define GAZE_CORE_BASE_STREAM_H

#include "core/base/mem.h"

/* Rows of decoders: decoder_NAME. */
#define DECODERS(ROW) \
    ROW(gzip)         \
    ROW(zstd)

struct decoder {
    const char *name;
    bool (*starts)(const unsigned char *bytes, size_t n); /* do these first bytes begin such a file? */
    void *(*begin)(struct err *err);                      /* the state, or NULL with ERR_MEMORY */
    /* Take from `in`, give to `out`: *in_used and *out_made say how much. *whole: the bytes so far end with a whole member
     * or frame (more may follow, as after `cat a.gz b.gz`). False: the bytes are no such stream; the message has no path. */
    bool (*step)(void *state, const void *in, size_t n_in, size_t *in_used, void *out, size_t n_out, size_t *out_made,
                 bool *whole, struct err *err);
    void (*end)(void *state);
};
extern const struct decoder *const decoders[]; /* NULL-ended */

struct stream;

/* Open for reading. Errors name the file. stream_free closes. */
NODISCARD struct stream *stream_open(const char *path, struct err *err);
void stream_free(struct stream *stream);
/* The next bytes of the text, at most `capacity`; *n_out 0 only at the end. A file that ends within compressed data or
 * holds what is none is ERR_FORMAT. */
NODISCARD bool stream_read(struct stream *stream, void *out, size_t capacity, size_t *n_out, struct err *err);
/* How far it has come, in bytes of the file as it is stored; the size is 0 where unknown (pipes). */
size_t stream_stored_read(const struct stream *stream);
size_t stream_stored_size(const struct stream *stream);

#endif
