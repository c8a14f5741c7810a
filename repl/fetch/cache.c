/* Writing into the Hugging Face cache. See cache.h. */
#include "repl/fetch/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "repl/terminal/progress.h"

/* ---- folders ---- */

/* Make a folder and those above it. */
static bool make_folders(const char *path, struct err *err)
{
    char *part = mem_copy_str(str_of(path), err);
    if (!part)
        return false;
    bool ok = true;
    for (char *slash = part; ok && slash;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = 0;
        if (mkdir(part, 0777) != 0 && !file_is_folder(part))
            ok = err_errno(err, part, "cannot make this folder");
        if (slash)
            *slash = '/';
    }
    free(part);
    return ok;
}

static char *folder_within(const char *above, const char *name, struct err *err)
{
    char *path = path_join(above, name, err);
    if (path && make_folders(path, err))
        return path;
    free(path);
    return NULL;
}

bool cache_open(const char *root, struct str id, struct cache *out, struct err *err)
{
    struct buf name = {0}, locks = {0};
    *out = (struct cache){0};
    buf_puts(&name, "models--");
    for (size_t i = 0; i < id.n; i++)
        buf_puts(&name, id.s[i] == '/' ? "--" : (char[]){id.s[i], 0});
    buf_printf(&locks, ".locks/%s", buf_cstr(&name));
    bool ok = buf_ok(&name, err) && buf_ok(&locks, err) && (out->repository = path_join(root, name.data, err));
    static const char *const folders[] = {"blobs", "refs", "snapshots"};
    for (size_t i = 0; ok && i < sizeof folders / sizeof *folders; i++) {
        char *made = folder_within(out->repository, folders[i], err);
        ok = made != NULL;
        free(made);
    }
    ok = ok && (out->locks = folder_within(root, locks.data, err));
    buf_free(&name);
    buf_free(&locks);
    return ok;
}

void cache_close(struct cache *cache)
{
    free(cache->repository);
    free(cache->locks);
    *cache = (struct cache){0};
}

char *cache_blob(const struct cache *cache, const char *etag, const char *suffix, struct err *err)
{
    struct buf path = {0};
    buf_printf(&path, "%s/blobs/%s%s", cache->repository, etag, suffix);
    if (buf_ok(&path, err))
        return path.data;
    buf_free(&path);
    return NULL;
}

bool cache_has_room(const struct cache *cache, size_t bytes, struct err *err)
{
    struct statvfs fs;
    if (statvfs(cache->repository, &fs) != 0 || !fs.f_blocks)
        return true; /* it does not say */
    double room = (double)fs.f_bavail * (double)fs.f_frsize;
    if (room >= (double)bytes)
        return true;
    struct buf needed = {0}, there = {0};
    progress_put_bytes(&needed, bytes);
    progress_put_bytes(&there, (size_t)room);
    err_set(err, ERR_IO, "%s: %s are needed, and %s are free on this disk", cache->repository, buf_cstr(&needed),
            buf_cstr(&there));
    buf_free(&needed);
    buf_free(&there);
    return false;
}

/* ---- locks ---- */

/* Is the file that is held still the one of that name? Another may have removed it before it was held. */
static bool is_same(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

int cache_lock(const struct cache *cache, const char *name, struct err *err)
{
    struct buf path = {0};
    int fd = -1;
    bool told = false;
    buf_printf(&path, "%s/%s.lock", cache->locks, name);
    while (buf_ok(&path, err)) {
        fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd < 0) {
            err_errno(err, path.data, "cannot open");
            break;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_same(fd, path.data))
            break;
        int why = errno;
        close(fd);
        fd = -1;
        if (cancel_requested()) {
            err_set(err, ERR_CANCELLED, "interrupted");
            break;
        }
        if (why != EWOULDBLOCK && why != EINTR && why != 0) { /* a file system without locks */
            errno = why;
            err_errno(err, path.data, "cannot lock");
            break;
        }
        if (!told && why == EWOULDBLOCK && cache->waits)
            cache->waits(cache->context);
        told = told || why == EWOULDBLOCK;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    buf_free(&path);
    return fd;
}

/* ---- snapshots ---- */

bool cache_is_name(struct str name)
{
    size_t part = 0;
    for (size_t i = 0; i <= name.n; i++) {
        if (i == name.n || name.s[i] == '/') {
            bool dots = (part == 1 && name.s[i - 1] == '.') || (part == 2 && name.s[i - 1] == '.' && name.s[i - 2] == '.');
            if (part == 0 || part > 255 || dots)
                return false;
            part = 0;
        } else if ((unsigned char)name.s[i] < ' ' || name.s[i] == 0x7f || name.s[i] == '\\') {
            return false;
        } else {
            part++;
        }
    }
    return name.n < 1024;
}

/* A link in a snapshot's folder to the blob, put in place at once. */
static bool put_link(const char *folder, const struct cache_link *link, struct err *err)
{
    struct buf path = {0}, to = {0}, temporary = {0};
    struct stat st, blob;
    buf_printf(&path, "%s/", folder);
    buf_str(&path, link->name);
    buf_puts(&to, "../../");
    for (size_t i = 0; i < link->name.n; i++)
        if (link->name.s[i] == '/')
            buf_puts(&to, "../");
    buf_printf(&to, "blobs/%s", link->etag);
    buf_printf(&temporary, "%s/.%s.new", folder, link->etag);
    bool ok = buf_ok(&path, err) && buf_ok(&to, err) && buf_ok(&temporary, err);
    char *above = ok ? path_folder(path.data, err) : NULL;
    ok = above && make_folders(above, err);
    struct buf there = {0};
    buf_printf(&there, "%s/../../blobs/%s", folder, link->etag);
    bool same = ok && buf_ok(&there, NULL) && stat(path.data, &st) == 0 && stat(there.data, &blob) == 0 &&
                st.st_ino == blob.st_ino && st.st_dev == blob.st_dev;
    if (ok && !same) {
        unlink(temporary.data);
        if (symlink(to.data, temporary.data) != 0)
            ok = err_errno(err, path.data, "cannot make a symbolic link, which the cache is made of");
        else if (rename(temporary.data, path.data) != 0) {
            ok = err_errno(err, path.data, "cannot put a link there");
            unlink(temporary.data);
        }
    }
    free(above);
    buf_free(&there);
    buf_free(&path);
    buf_free(&to);
    buf_free(&temporary);
    return ok;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path) == 0 ? 0 : -1;
}

static bool remove_all(const char *folder)
{
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0;
}

static bool put_links(const char *folder, const struct cache_link *links, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!put_link(folder, &links[i], err))
            return false;
    return true;
}

/* A new snapshot beside the others, in a folder of its own: `beside` has as many parts above it as `folder`. */
static bool make_snapshot(const char *beside, const char *folder, const struct cache_link *links, size_t n, struct err *err)
{
    remove_all(beside); /* what a killed program left */
    if (!make_folders(beside, err) || !put_links(beside, links, n, err)) {
        remove_all(beside);
        return false;
    }
    if (rename(beside, folder) == 0)
        return true;
    bool raced = errno == ENOTEMPTY || errno == EEXIST; /* another library has made it meanwhile */
    if (!raced)
        err_errno(err, folder, "cannot put the snapshot there");
    remove_all(beside);
    return raced && put_links(folder, links, n, err);
}

bool cache_snapshot(const struct cache *cache, const char *commit, const struct cache_link *links, size_t n, char **folder_out,
                    struct err *err)
{
    int lock = cache_lock(cache, "snapshots", err);
    struct buf folder = {0}, above = {0}, beside = {0};
    buf_printf(&folder, "%s/snapshots/%s", cache->repository, commit);
    buf_printf(&above, "%s/snapshots.incomplete", cache->repository);
    buf_printf(&beside, "%s/%s", buf_cstr(&above), commit);
    bool ok = lock >= 0 && buf_ok(&folder, err) && buf_ok(&beside, err);
    *folder_out = NULL;
    if (ok && file_is_folder(folder.data))
        ok = put_links(folder.data, links, n, err);
    else if (ok)
        ok = make_snapshot(beside.data, folder.data, links, n, err);
    if (above.data)
        rmdir(above.data); /* where another's lies in it, it stays */
    if (ok)
        *folder_out = folder.data;
    else
        buf_free(&folder);
    buf_free(&above);
    buf_free(&beside);
    if (lock >= 0)
        close(lock);
    return ok;
}

bool cache_ref(const struct cache *cache, struct str name, const char *commit, struct err *err)
{
    struct buf path = {0};
    struct out out = {.fd = -1};
    buf_printf(&path, "%s/refs/", cache->repository);
    buf_str(&path, name);
    char *above = buf_ok(&path, err) ? path_folder(path.data, err) : NULL;
    bool ok = above && make_folders(above, err) && out_open(path.data, &out, err);
    /* without a line end: huggingface_hub takes all of the file */
    ok = ok && out_write(&out, commit, strlen(commit), err) && out_commit(&out, err);
    out_abort(&out);
    free(above);
    buf_free(&path);
    return ok;
}
