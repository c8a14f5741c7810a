/* The bytes of a file of vectors: mapped where they lie plain, decompressed into memory where they are gzip or zstd. */
#ifndef GAZE_CORE_EMBED_FORMAT_SOURCE_H
#define GAZE_CORE_EMBED_FORMAT_SOURCE_H

#include "core/base/file.h"

struct source {
    const unsigned char *data;
    size_t size;
    const char *path;
    struct file file; /* mapped; else */
    void *memory;     /* on the heap */
};
/* Errors name the file. Decompressed text is bounded by the machine's memory (ERR_LIMIT). */
NODISCARD struct source *source_open(const char *path, struct err *err);
void source_free(struct source *source);

#endif
