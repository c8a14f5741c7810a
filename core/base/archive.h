/* The bytes of the one file that a compression or an archive holds: bzip2, xz, zip, 7z, tar, and these within gzip and zstd (libarchive
 * stands behind archive.c alone). */
#ifndef GAZE_CORE_BASE_ARCHIVE_H
#define GAZE_CORE_BASE_ARCHIVE_H

#include "core/base/mem.h"

/* Where its bytes come from: read() gives the next ones (0: the end), seek() goes elsewhere, NULL for pipes. Errors name the file. */
struct archive_input {
    const char *path;
    bool (*read)(void *context, const void **bytes, size_t *n, struct err *err);
    bool (*seek)(void *context, int64_t to, struct err *err);
    int64_t size; /* -1 for pipes */
    void *context;
};
struct archive_reader;

/* `kind`: what messages call it, "a zip archive". One that holds several files, or none, is ERR_FORMAT that names them; folders and
 * what macOS adds do not count. From a pipe only what is no archive of files is read. */
NODISCARD struct archive_reader *archive_open(const struct archive_input *input, const char *kind, struct err *err);
void archive_close(struct archive_reader *reader);
/* The next bytes, at most `capacity`; *n_out 0 only at the end. Damaged data are ERR_FORMAT. */
NODISCARD bool archive_read(struct archive_reader *reader, void *out, size_t capacity, size_t *n_out, struct err *err);

const char *archive_library(void); /* the version of libarchive */

#endif
