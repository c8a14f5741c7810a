/* Files: read-only maps that survive hostile shrinking, and results that appear whole or not at all. */
#ifndef GAZE_CORE_BASE_FILE_H
#define GAZE_CORE_BASE_FILE_H

#include "core/base/mem.h"

/* A file mapped read-only. Empty files have data "" and size 0. */
struct file {
    const unsigned char *data;
    size_t size;
    char *path;
    struct { /* what was mapped, and when it was last written to */
        uint64_t device, inode;
        int64_t seconds, nanoseconds;
    } was;
};
NODISCARD bool file_map(const char *path, struct file *out, struct err *err);
void file_unmap(struct file *file); /* a zeroed struct is fine */

/* Was it written to in place since it was mapped? Then the map holds what is there now. A file that was removed, or replaced
 * by another of its name, stays mapped as it was: false. */
bool file_rewritten(const struct file *file);

/* Which mapped file holds this address, or NULL: for the SIGBUS handler, async-signal-safe. */
const char *file_at_address(const void *address);

/* The whole of a stream (standard input, a pipe) into a buffer; stops at `limit` with ERR_LIMIT. */
NODISCARD bool file_read_fd(int fd, const char *name, size_t limit, struct buf *out, struct err *err);

bool file_exists(const char *path);
bool file_is_folder(const char *path);
bool file_is_plain(const char *path); /* a regular file */

/* A result file: written without a name (or under a temporary one) in the same folder, flushed, named, then renamed.
 * Devices, pipes and sockets are written straight. Until out_commit the old file is untouched. */
struct out {
    int fd;
    char *path, *temporary; /* temporary NULL: written straight */
    bool nameless;          /* `temporary` is a template still; the file has no name */
    struct buf pending;
    size_t written;
};
NODISCARD bool out_open(const char *path, struct out *out, struct err *err);
/* Could out_open write there? Leaves nothing; for what is written after long work. */
NODISCARD bool out_check(const char *path, struct err *err);
NODISCARD bool out_open_fd(int fd, const char *name, struct out *out, struct err *err); /* borrows fd */
NODISCARD bool out_write(struct out *out, const void *bytes, size_t n, struct err *err); /* EPIPE gives ERR_PIPE */
NODISCARD bool out_flush(struct out *out, struct err *err);
NODISCARD bool out_commit(struct out *out, struct err *err); /* closes; on failure the old file is as it was */
void out_abort(struct out *out);                             /* closes, removes the temporary; after commit does nothing */

/* "a" + "/" + "b" on the heap. */
NODISCARD char *path_join(const char *folder, const char *name, struct err *err);
/* The folder that holds it, on the heap: what stands before the last slash, "." where there is none. */
NODISCARD char *path_folder(const char *path, struct err *err);
/* What stands behind the last point of the file's own name; empty where there is none. */
struct str path_extension(struct str path);

#endif
