/* A part that becomes a blob. See download.h.
 *
 * The hash runs along with the bytes; of a part that an earlier pull left it is taken first. git's hash of a small file is that
 * of "blob SIZE", a NUL and the bytes (git-hash-object). */
#include "repl/fetch/download.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cancel.h"

struct unfinished {
    struct download *download;
    struct str name;
    const struct hub_file *file;
    char *path; /* of the part */
    int fd;
    size_t have;
    struct hash *hash;
    bool resumed; /* some of it is an earlier pull's */
};

/* Forget `have` bytes, or begin with none; the file's place is its beginning. */
static bool begin_again(struct unfinished *part, struct err *err)
{
    char head[40];
    hash_free(part->hash);
    part->hash = hash_new(strlen(part->file->etag), err);
    if (!part->hash)
        return false;
    int n = strlen(part->file->etag) == 40 ? snprintf(head, sizeof head, "blob %zu", part->file->size) + 1 : 0;
    part->download->done -= part->have;
    part->have = 0;
    hash_add(part->hash, head, (size_t)n);
    return lseek(part->fd, 0, SEEK_SET) == 0 || err_errno(err, part->path, "cannot go to its beginning");
}

static bool empty(struct unfinished *part, struct err *err)
{
    part->resumed = false;
    return (ftruncate(part->fd, 0) == 0 || err_errno(err, part->path, "cannot empty it")) && begin_again(part, err);
}

/* Take the hash of what an earlier pull left. */
static bool read_part(struct unfinished *part, size_t size, struct err *err)
{
    enum { CHUNK = 65536 };
    char *bytes = mem_new(CHUNK, 1, "a part", err);
    bool ok = bytes != NULL;
    while (ok && part->have < size) {
        ssize_t n = read(part->fd, bytes, CHUNK);
        if (n < 0 && errno == EINTR && !cancel_requested())
            continue;
        if (cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "interrupted");
        else if (n <= 0)
            ok = err_errno(err, part->path, "cannot read");
        else
            hash_add(part->hash, bytes, (size_t)n);
        part->have += ok ? (size_t)n : 0;
        part->download->done += ok ? (size_t)n : 0;
    }
    free(bytes);
    part->resumed = part->have > 0;
    return ok;
}

static bool open_part(struct unfinished *part, struct err *err)
{
    struct stat st;
    part->fd = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (part->fd < 0 || fstat(part->fd, &st) != 0)
        return err_errno(err, part->path, "cannot write");
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_IO, "%s: is no regular file", part->path);
    if (!begin_again(part, err))
        return false;
    return (size_t)st.st_size > part->file->size ? empty(part, err) : read_part(part, (size_t)st.st_size, err);
}

/* ---- bytes as they come ---- */

/* "bytes 100-199/200": does it go on from here, and is the whole as long as it should be? */
static bool check_range(const struct unfinished *part, struct str range, struct err *err)
{
    char text[100] = "";
    unsigned long long from = 0, to = 0, size = 0;
    if (range.n < sizeof text)
        memcpy(text, range.s, range.n);
    bool read = sscanf(text, "bytes %llu-%llu/%llu", &from, &to, &size) == 3;
    if (read && size != part->file->size)
        return err_set(err, ERR_FORMAT, "%.*s: the server gives %llu bytes, the hub says %zu", STR_ARGS(part->name), size,
                       part->file->size);
    return (read && part->have && from == part->have && to >= from && to < size) ||
           err_set(err, ERR_FORMAT, "%.*s: the server gives another range than was asked for", STR_ARGS(part->name));
}

static bool begin_body(void *context, const struct http_answer *answer, struct err *err)
{
    struct unfinished *part = context;
    size_t length;
    if (answer->status == 206 && !check_range(part, http_header(answer, "Content-Range"), err))
        return false;
    if (answer->status == 200 && part->have && !empty(part, err)) /* it does not go on: all of it again */
        return false;
    if (http_header_size(answer, "Content-Length", &length) && length > part->file->size - part->have)
        return err_set(err, ERR_FORMAT, "%.*s: the server gives %zu bytes, the hub says %zu", STR_ARGS(part->name),
                       part->have + length, part->file->size);
    return true;
}

static bool write_all(const struct unfinished *part, const char *bytes, size_t n, struct err *err)
{
    while (n) {
        ssize_t done = write(part->fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno(err, part->path, "cannot write");
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

static bool take_body(void *context, const void *bytes, size_t n, struct err *err)
{
    struct unfinished *part = context;
    struct download *download = part->download;
    if (n > part->file->size - part->have)
        return err_set(err, ERR_FORMAT, "%.*s: the server gives more than the %zu bytes that the hub says", STR_ARGS(part->name),
                       part->file->size);
    if (!write_all(part, bytes, n, err))
        return false;
    hash_add(part->hash, bytes, n);
    part->have += n;
    download->done += n;
    download->fetched += n;
    if (download->watch.progress)
        download->watch.progress(download->watch.context, download->done, download->total);
    return true;
}

/* Ask until it is all there; a try that brought bytes is no lost one. */
static bool fetch_rest(struct unfinished *part, struct err *err)
{
    struct download *download = part->download;
    for (size_t tried = 1; part->have < part->file->size; tried++) {
        const struct http_request request = {
            .from = part->have, .limit = part->file->size, .begin = begin_body, .take = take_body, .context = part};
        size_t before = part->have;
        bool again = false;
        double after = 0;
        bool ok = hub_get(download->hub, download->model, part->name, request, &again, &after, err);
        if (ok && part->have < part->file->size) {
            again = true;
            err_set(err, ERR_IO, "%.*s: the server ended after %zu of %zu bytes", STR_ARGS(part->name), part->have,
                    part->file->size);
        }
        if (part->have > before)
            tried = 1;
        if (part->have < part->file->size && (!again || !hub_wait(download->hub, tried, after, err)))
            return false;
    }
    err_clear(err);
    return true;
}

/* ---- the whole ---- */

static bool check(struct unfinished *part, bool *right, struct err *err)
{
    char text[HASH_HEX + 1];
    hash_text(part->hash, text);
    *right = strcmp(text, part->file->etag) == 0;
    return *right || err_set(err, ERR_FORMAT, "%.*s: its %s is %s, the hub says %s: what came was removed", STR_ARGS(part->name),
                             strlen(text) == 40 ? "SHA-1" : "SHA-256", text, part->file->etag);
}

/* Fetch and check; where a part of an earlier pull may be to blame for a wrong hash, all of it again. */
static bool fill(struct unfinished *part, struct err *err)
{
    bool right = false;
    bool ok = open_part(part, err);
    if (ok && !fetch_rest(part, err))
        return false;
    if (ok && !check(part, &right, err) && part->resumed) {
        err_clear(err);
        ok = empty(part, err) && fetch_rest(part, err) && check(part, &right, err);
    }
    if (!ok || right)
        return ok && right;
    unlink(part->path);
    return false;
}

static bool is_whole(const char *blob, size_t size)
{
    struct stat st;
    return stat(blob, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == size;
}

static bool make_blob(struct unfinished *part, const char *blob, struct err *err)
{
    if (!fill(part, err))
        return false;
    if (fsync(part->fd) != 0 && errno != EINVAL && errno != EROFS)
        return err_errno(err, part->path, "cannot write");
    return rename(part->path, blob) == 0 || err_errno(err, blob, "cannot write");
}

bool download_blob(struct download *download, struct str name, const struct hub_file *file, struct err *err)
{
    struct unfinished part = {.download = download, .name = name, .file = file, .fd = -1};
    char *blob = cache_blob(download->cache, file->etag, "", err);
    int lock = blob ? cache_lock(download->cache, file->etag, err) : -1;
    part.path = lock >= 0 ? cache_blob(download->cache, file->etag, ".incomplete", err) : NULL;
    bool ok = part.path != NULL;
    if (ok && is_whole(blob, file->size)) {
        download->done += file->size;
        unlink(part.path); /* of a pull that another has overtaken */
    } else if (ok) {
        ok = make_blob(&part, blob, err);
    }
    if (part.fd >= 0)
        close(part.fd);
    if (lock >= 0)
        close(lock);
    hash_free(part.hash);
    free(part.path);
    free(blob);
    return ok;
}

size_t download_there(const struct cache *cache, const struct hub_file *file)
{
    struct stat st;
    char *blob = cache_blob(cache, file->etag, "", NULL), *part = cache_blob(cache, file->etag, ".incomplete", NULL);
    size_t there = 0;
    if (blob && is_whole(blob, file->size))
        there = file->size;
    else if (part && stat(part, &st) == 0 && (size_t)st.st_size <= file->size)
        there = (size_t)st.st_size;
    free(blob);
    free(part);
    return there;
}
