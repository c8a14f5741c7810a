/* The bytes of a whole file: mapped where they lie plain, read or decompressed into memory where they come from a pipe or are
 * compressed (stream.h says which). */
#ifndef GAZE_CORE_BASE_SOURCE_H
#define GAZE_CORE_BASE_SOURCE_H

#include "core/base/file.h"
#include "core/base/stream.h"

struct source {
    const unsigned char *data;
    size_t size;
    bool whole; /* data holds all of it */
    const char *path;
    struct file file; /* mapped; else */
    void *memory;     /* on the heap */
    size_t capacity;
    struct stream *stream; /* what is not read yet */
};
enum {
    SOURCE_FRONT = 1 << 18,   /* bytes of a file that is not mapped which source_open reads */
    SOURCE_LINE = 1 << 20,    /* the longest line of a text */
    SOURCE_LONG_LINE = 1 << 24 /* and of a table of numbers */
};
/* Open a file and read its front, of a plain one all. Errors name the file; stream.h says what is refused. */
NODISCARD struct source *source_open(const char *path, enum content content, const char *what, struct err *err);
/* Read the rest. More than `most` bytes (SIZE_MAX: than this machine's memory), or a line of more than `longest` (0: any), are
 * ERR_LIMIT before they are all there. */
NODISCARD bool source_read(struct source *source, size_t most, size_t longest, struct err *err);
/* Both, for a text of lines. */
NODISCARD struct source *source_text(const char *path, const char *what, struct err *err);
void source_free(struct source *source);

#endif
