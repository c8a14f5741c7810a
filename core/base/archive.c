/* Files within archives. See archive.h.
 *
 * An archive is walked twice: once for the names of its files, then up to the one that is read. Formats are those in which texts and
 * vectors are given away; each of libarchive's others would be one more parser of hostile bytes. */
#include "core/base/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"

enum { SHOWN = 8 }; /* names in a message */

struct archive_reader {
    struct archive_input input;
    struct archive *archive;
    const char *kind;
    int64_t at;      /* where the next bytes come from */
    struct err *err; /* of the call that goes on */
    bool failed;     /* the input's own error is in *err */
    bool empty;      /* a compression of nothing */
};

/* ---- libarchive's callbacks ---- */

static ssize_t give(struct archive *archive, void *context, const void **bytes)
{
    struct archive_reader *r = context;
    size_t n = 0;
    if (cancel_requested())
        r->failed = !err_set(r->err, ERR_CANCELLED, "interrupted");
    if (r->failed || !r->input.read(r->input.context, bytes, &n, r->err)) {
        r->failed = true;
        archive_set_error(archive, EIO, "cannot read");
        return -1;
    }
    r->at += (int64_t)n;
    return (ssize_t)n;
}

static int64_t go_to(struct archive *archive, void *context, int64_t offset, int whence)
{
    struct archive_reader *r = context;
    int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? r->at : r->input.size, to;
    if (__builtin_add_overflow(from, offset, &to) || to < 0 || to > r->input.size) {
        archive_set_error(archive, EINVAL, "it points outside the file");
        return ARCHIVE_FATAL;
    }
    if (!r->input.seek(r->input.context, to, r->err)) {
        r->failed = true;
        return ARCHIVE_FATAL;
    }
    return r->at = to;
}

/* ---- opening ---- */

static void end(struct archive_reader *r)
{
    if (r->archive)
        archive_read_free(r->archive);
    r->archive = NULL;
}

static bool fail(struct archive_reader *r, struct err *err)
{
    if (r->failed)
        return false;
    const char *why = archive_error_string(r->archive);
    return err_set(err, ERR_FORMAT, "%s: damaged data (%s): %s", r->input.path, r->kind, why ? why : "they cannot be decoded");
}

static bool begin(struct archive_reader *r, struct err *err)
{
    struct archive *a = r->archive = archive_read_new();
    r->err = err;
    if (!a)
        return err_memory(err, 1, "an archive");
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_format_raw(a);
    archive_read_support_format_empty(a);
    archive_read_support_format_tar(a);
    if (r->input.seek) {
        archive_read_support_format_zip_seekable(a);
        archive_read_support_format_7zip(a);
        archive_read_set_seek_callback(a, go_to);
        if (!r->input.seek(r->input.context, 0, err)) {
            r->failed = true;
            return false;
        }
    }
    r->at = 0;
    archive_read_set_read_callback(a, give);
    archive_read_set_callback_data(a, r);
    return archive_read_open1(a) == ARCHIVE_OK || fail(r, err);
}

static const char *name_of(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);
    if (!name)
        name = archive_entry_pathname(entry);
    return name ? name : "?";
}

static bool counts(struct archive_entry *entry)
{
    const char *name = name_of(entry), *slash = strrchr(name, '/'), *own = slash ? slash + 1 : name;
    return archive_entry_filetype(entry) == AE_IFREG && strncmp(name, "__MACOSX/", 9) != 0 && strncmp(own, "._", 2) != 0 &&
           strcmp(own, ".DS_Store") != 0;
}

/* The next header: 1, 0 at the end, -1 with an error. */
static int next(struct archive_reader *r, struct archive_entry **entry, struct err *err)
{
    int answer;
    while ((answer = archive_read_next_header(r->archive, entry)) == ARCHIVE_RETRY)
        continue;
    if (answer == ARCHIVE_EOF)
        return 0;
    if (answer == ARCHIVE_OK || answer == ARCHIVE_WARN)
        return 1;
    fail(r, err);
    return -1;
}

/* Did nothing but the reader of bytes as they are take them? Then they are no archive after all. */
static bool is_undecoded(const struct archive_reader *r)
{
    return archive_format(r->archive) == ARCHIVE_FORMAT_RAW && archive_filter_count(r->archive) == 1;
}

/* How many files, and their names for a message. */
static bool list(struct archive_reader *r, size_t *n_out, struct buf *names, struct err *err)
{
    struct archive_entry *entry;
    int more;
    size_t n = 0;
    while ((more = next(r, &entry, err)) > 0)
        if (counts(entry) && n++ < SHOWN)
            buf_printf(names, "%s%s", n > 1 ? ", " : "", name_of(entry));
    if (n > SHOWN)
        buf_puts(names, " …");
    *n_out = n;
    return more == 0;
}

static bool open_only(struct archive_reader *r, struct err *err)
{
    struct archive_entry *entry = NULL;
    struct buf names = {0};
    size_t n = 0;
    bool ok = begin(r, err) && list(r, &n, &names, err);
    if (ok && is_undecoded(r))
        ok = err_set(err, ERR_FORMAT, "%s: %s, damaged or empty: no file is found in it", r->input.path, r->kind);
    r->empty = ok && archive_format(r->archive) == ARCHIVE_FORMAT_EMPTY;
    if (ok && n == 0 && !r->empty)
        ok = err_set(err, ERR_FORMAT, "%s: %s without a file in it", r->input.path, r->kind);
    if (ok && n > 1)
        ok = err_set(err, ERR_FORMAT, "%s: %s of %zu files: %s; unpack it and name one of them", r->input.path, r->kind, n,
                     buf_cstr(&names));
    buf_free(&names);
    end(r);
    ok = ok && begin(r, err);
    while (ok && !r->empty) {
        int more = next(r, &entry, err);
        if (more <= 0)
            return more == 0 && err_set(err, ERR_FORMAT, "%s: %s that changed while it was read", r->input.path, r->kind);
        if (counts(entry))
            break;
    }
    return ok;
}

/* A pipe is read once: what is not an archive of files has one nameless member. */
static bool open_pipe(struct archive_reader *r, struct err *err)
{
    struct archive_entry *entry;
    int more = begin(r, err) ? next(r, &entry, err) : -1;
    if (more < 0)
        return false;
    r->empty = more == 0;
    if (archive_filter_count(r->archive) > 1 && (r->empty || archive_format(r->archive) == ARCHIVE_FORMAT_RAW))
        return true;
    return err_set(err, ERR_UNSUPPORTED, "%s: %s in a pipe, which is read once: name a file", r->input.path, r->kind);
}

struct archive_reader *archive_open(const struct archive_input *input, const char *kind, struct err *err)
{
    struct archive_reader *r = mem_new(1, sizeof *r, "an archive", err);
    if (!r)
        return NULL;
    r->input = *input;
    r->kind = kind;
    if (input->seek ? open_only(r, err) : open_pipe(r, err))
        return r;
    archive_close(r);
    return NULL;
}

void archive_close(struct archive_reader *r)
{
    if (!r)
        return;
    end(r);
    free(r);
}

bool archive_read(struct archive_reader *r, void *out, size_t capacity, size_t *n_out, struct err *err)
{
    r->err = err;
    ssize_t n = 0;
    while (!r->empty && (n = archive_read_data(r->archive, out, capacity)) == ARCHIVE_RETRY)
        continue;
    *n_out = n > 0 ? (size_t)n : 0;
    return n >= 0 || fail(r, err);
}

const char *archive_library(void)
{
    return archive_version_string() + sizeof "libarchive";
}
