/* Mapped input files and atomic output files. See file.h. */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cancel.h"

enum { MAX_MAPPED = 512, PENDING = 256 * 1024 };

/* What the SIGBUS handler reads: lock-free slots, size 0 where free. */
static struct {
    _Atomic(const unsigned char *) data;
    atomic_size_t size;
    _Atomic(const char *) path;
} mapped[MAX_MAPPED];

static void remember(const struct file *file)
{
    for (size_t i = 0; i < MAX_MAPPED; i++) {
        size_t free_slot = 0;
        if (atomic_compare_exchange_strong(&mapped[i].size, &free_slot, file->size)) {
            atomic_store(&mapped[i].path, file->path);
            atomic_store(&mapped[i].data, file->data);
            return;
        }
    }
}

static void forget(const struct file *file)
{
    for (size_t i = 0; i < MAX_MAPPED; i++)
        if (atomic_load(&mapped[i].data) == file->data && atomic_load(&mapped[i].path) == file->path) {
            atomic_store(&mapped[i].data, NULL);
            atomic_store(&mapped[i].path, NULL);
            atomic_store(&mapped[i].size, 0);
            return;
        }
}

const char *file_at_address(const void *address)
{
    for (size_t i = 0; i < MAX_MAPPED; i++) {
        const unsigned char *data = atomic_load(&mapped[i].data);
        size_t size = atomic_load(&mapped[i].size);
        size_t whole = (size + 65535) & ~(size_t)65535; /* the last page counts */
        if (data && (const unsigned char *)address >= data && (const unsigned char *)address < data + whole)
            return atomic_load(&mapped[i].path);
    }
    return NULL;
}

bool file_map(const char *path, struct file *out, struct err *err)
{
    *out = (struct file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    struct stat st;
    if (fstat(fd, &st) != 0) {
        err_errno(err, path, "cannot look at it");
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(err, ERR_IO, "%s: not a regular file", path);
        goto fail;
    }
    out->path = mem_copy_str(str_of(path), err);
    if (!out->path)
        goto fail;
    out->data = (const unsigned char *)"";
    out->was.device = st.st_dev;
    out->was.inode = st.st_ino;
    out->was.seconds = st.st_mtim.tv_sec;
    out->was.nanoseconds = st.st_mtim.tv_nsec;
    if (st.st_size > 0) {
        void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED) {
            err_errno(err, path, "cannot map");
            goto fail;
        }
        out->data = data;
        out->size = (size_t)st.st_size;
        remember(out);
    }
    close(fd);
    return true;
fail:
    close(fd);
    free(out->path);
    *out = (struct file){0};
    return false;
}

void file_unmap(struct file *file)
{
    if (file->size) {
        forget(file);
        munmap((void *)(uintptr_t)file->data, file->size);
    }
    free(file->path);
    *file = (struct file){0};
}

bool file_rewritten(const struct file *file)
{
    struct stat st;
    return file->path && stat(file->path, &st) == 0 && st.st_dev == file->was.device && st.st_ino == file->was.inode &&
           ((size_t)st.st_size != file->size || st.st_mtim.tv_sec != file->was.seconds ||
            st.st_mtim.tv_nsec != file->was.nanoseconds);
}

bool file_read_fd(int fd, const char *name, size_t limit, struct buf *out, struct err *err)
{
    char chunk[65536];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            return buf_ok(out, err);
        if (n < 0 && errno == EINTR && !cancel_requested())
            continue;
        if (n < 0 && errno == EINTR)
            return err_set(err, ERR_CANCELLED, "%s: interrupted", name);
        if (n < 0)
            return err_errno(err, name, "cannot read");
        if (out->n + (size_t)n > limit)
            return err_set(err, ERR_LIMIT, "%s: longer than %zu bytes", name, limit);
        buf_add(out, chunk, (size_t)n);
    }
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool file_is_plain(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

char *path_join(const char *folder, const char *name, struct err *err)
{
    struct buf b = {0};
    buf_puts(&b, folder);
    if (b.n && b.data[b.n - 1] != '/')
        buf_char(&b, '/');
    buf_puts(&b, name);
    if (!buf_ok(&b, err)) {
        buf_free(&b);
        return NULL;
    }
    if (!b.data)
        return mem_copy_str(STR(""), err);
    return b.data;
}

/* ---- results ---- */

/* What is at `path`, and the file that is meant: a symbolic link keeps pointing, the file behind it is replaced. */
static bool look_at(const char *path, struct stat *st, bool *there, char **real_out, struct err *err)
{
    *there = stat(path, st) == 0;
    if (*there && S_ISDIR(st->st_mode))
        return err_set(err, ERR_IO, "%s: is a folder", path);
    char *real = *there ? realpath(path, NULL) : NULL;
    *real_out = real ? real : mem_copy_str(str_of(path), err);
    return *real_out != NULL;
}

/* A file without a name in the folder of `path`: what is killed leaves nothing. -1 where the file system has none, or where
 * it could not be named later (no /proc, a name too long). */
static int open_nameless(const char *path, const char *temporary)
{
    struct stat st;
    char link[64];
    if (lstat(temporary, &st) == 0 || errno != ENOENT)
        return -1;
    char *folder = path_folder(path, NULL);
    int fd = folder ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
    free(folder);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (fd >= 0 && access(link, F_OK) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Its name at last, in `temporary`: a template of mkostemp's kind. */
static bool name_nameless(int fd, char *temporary)
{
    char link[64];
    size_t at = strlen(temporary) - 6;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(temporary + at, 7, "%06x", ((unsigned)getpid() * 1009 + i) & 0xffffff);
        if (linkat(AT_FDCWD, link, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0)
            return true;
        if (errno != EEXIST)
            return false;
    }
    return false;
}

/* Where a name is not to be had (a sandbox without links): its bytes into a file that has one, which becomes out->fd. */
static bool copy_nameless(struct out *out)
{
    size_t at = strlen(out->temporary) - 6;
    struct stat st;
    memcpy(out->temporary + at, "XXXXXX", 6);
    int fd = mkostemp(out->temporary, O_CLOEXEC);
    if (fd < 0)
        return false;
    off_t from = 0;
    bool ok = fstat(out->fd, &st) == 0 && (fchmod(fd, st.st_mode & 07777) == 0 || errno == EPERM);
    while (ok && from < st.st_size) {
        ssize_t done = sendfile(fd, out->fd, &from, (size_t)(st.st_size - from));
        ok = done > 0 || (done < 0 && errno == EINTR);
    }
    if (!ok || fsync(fd) != 0) {
        int why = errno;
        close(fd);
        unlink(out->temporary);
        errno = why;
        return false;
    }
    close(out->fd);
    out->fd = fd;
    return true;
}

/* A new file could not be made: where its folder is missing, errno alone speaks of a file that nobody expects there. */
static bool fail_new(const char *path, struct err *err)
{
    char *folder = errno == ENOENT ? path_folder(path, NULL) : NULL;
    struct stat st;
    bool missing = folder && stat(folder, &st) != 0 && errno == ENOENT;
    if (folder)
        errno = ENOENT;
    if (missing)
        err_set(err, ERR_IO, "%s: cannot write: there is no folder %s", path, folder);
    else
        err_errno(err, path, "cannot write");
    free(folder);
    return false;
}

bool out_open(const char *path, struct out *out, struct err *err)
{
    *out = (struct out){.fd = -1};
    struct stat st;
    bool there;
    if (!look_at(path, &st, &there, &out->path, err))
        return false;
    if (there && !S_ISREG(st.st_mode)) {
        out->fd = open(path, O_WRONLY | O_CLOEXEC);
        if (out->fd < 0) {
            err_errno(err, path, "cannot write");
            goto fail;
        }
        return true;
    }
    struct buf name = {0};
    buf_printf(&name, "%s.XXXXXX", out->path);
    if (!buf_ok(&name, err)) {
        buf_free(&name);
        goto fail;
    }
    out->temporary = name.data;
    out->fd = open_nameless(out->path, out->temporary);
    out->nameless = out->fd >= 0;
    if (!out->nameless)
        out->fd = mkostemp(out->temporary, O_CLOEXEC);
    if (out->fd < 0) {
        fail_new(path, err);
        free(out->temporary);
        out->temporary = NULL;
        goto fail;
    }
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(out->fd, there ? st.st_mode & 07777 : 0666 & ~mask) != 0) {
        /* A file system without modes: the result is as readable as it was made. */
    }
    return true;
fail:
    free(out->path);
    *out = (struct out){.fd = -1};
    return false;
}

bool out_check(const char *path, struct err *err)
{
    struct stat st;
    struct out out;
    if (stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
        bool ok = out_open(path, &out, err);
        out_abort(&out);
        return ok;
    }
    return access(path, W_OK) == 0 || err_errno(err, path, "cannot write"); /* to open a FIFO would wait for its reader */
}

bool out_open_fd(int fd, const char *name, struct out *out, struct err *err)
{
    *out = (struct out){.fd = -1};
    out->path = mem_copy_str(str_of(name), err);
    if (!out->path)
        return false;
    out->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (out->fd >= 0)
        return true;
    err_errno(err, name, "cannot write");
    free(out->path);
    *out = (struct out){.fd = -1};
    return false;
}

static bool write_all(struct out *out, const char *bytes, size_t n, struct err *err)
{
    while (n) {
        ssize_t done = write(out->fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno(err, out->path, "cannot write");
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

bool out_flush(struct out *out, struct err *err)
{
    bool ok = write_all(out, out->pending.data, out->pending.n, err);
    out->pending.n = 0;
    return ok;
}

bool out_write(struct out *out, const void *bytes, size_t n, struct err *err)
{
    out->written += n;
    if (out->pending.n + n > PENDING && !out_flush(out, err))
        return false;
    if (n > PENDING)
        return write_all(out, bytes, n, err);
    buf_add(&out->pending, bytes, n);
    return buf_ok(&out->pending, err);
}

bool out_commit(struct out *out, struct err *err)
{
    if (!out_flush(out, err)) {
        out_abort(out);
        return false;
    }
    if (out->temporary && (fsync(out->fd) != 0 && errno != EINVAL && errno != EROFS)) {
        err_errno(err, out->path, "cannot write");
        out_abort(out);
        return false;
    }
    if (out->nameless && !name_nameless(out->fd, out->temporary) && !copy_nameless(out)) {
        err_errno(err, out->path, "cannot write");
        out_abort(out);
        return false;
    }
    out->nameless = false;
    int fd = out->fd;
    out->fd = -1;
    if (close(fd) != 0 || (out->temporary && rename(out->temporary, out->path) != 0)) {
        err_errno(err, out->path, "cannot write");
        out_abort(out);
        return false;
    }
    free(out->temporary);
    out->temporary = NULL;
    out_abort(out);
    return true;
}

void out_abort(struct out *out)
{
    if (out->fd >= 0)
        close(out->fd);
    if (out->temporary && !out->nameless)
        unlink(out->temporary);
    free(out->temporary);
    free(out->path);
    buf_free(&out->pending);
    *out = (struct out){.fd = -1};
}

char *path_folder(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_copy_str(STR("."), err);
    return mem_copy_str((struct str){path, slash == path ? 1 : (size_t)(slash - path)}, err);
}

struct str path_extension(struct str path)
{
    for (size_t i = path.n; i-- > 1 && path.s[i] != '/';)
        if (path.s[i] == '.' && path.s[i - 1] != '/')
            return (struct str){path.s + i + 1, path.n - i - 1};
    return (struct str){0};
}
