/* Files read from the front, decompressed on the way. See stream.h. */
#include "core/base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/archive.h"
#include "core/base/cancel.h"
#include "core/base/kind.h"

#define DECODER(name) extern const struct decoder decoder_##name;
DECODERS(DECODER)
#undef DECODER

static const struct decoder *const decoders[] = {
#define DECODER(name) &decoder_##name,
    DECODERS(DECODER)
#undef DECODER
};

enum { STORED = 256 * 1024 };

struct stream {
    int fd;
    char *path;
    size_t size, taken;            /* stored bytes: in all (0: unknown), read so far */
    const struct decoder *decoder; /* NULL: as it is */
    void *state;
    struct archive_reader *archive; /* or NULL */
    bool waits;                     /* a pipe or a device, whose bytes come when they come */
    bool ended, whole;              /* the file's end was seen; a member ends here */
    size_t at, n;                   /* what is left of `stored` */
    size_t front_at, front_n;       /* what is left of `front`: the first decoded bytes, which tell the kind of text */
    unsigned char front[KIND_LOOK];
    unsigned char stored[STORED];
};

/* As read(), but a pipe or device that is silent is waited for only until Ctrl-C. */
static bool read_some(struct stream *s, void *out, size_t capacity, size_t *n_out, struct err *err)
{
    enum { LOOK = 200 }; /* milliseconds: a signal just before the wait does not wake it */
    struct pollfd ready = {.fd = s->fd, .events = POLLIN};
    while (s->waits && poll(&ready, 1, LOOK) <= 0)
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "interrupted");
    ssize_t got;
    while ((got = read(s->fd, out, capacity)) < 0 && errno == EINTR)
        continue;
    if (got < 0)
        return err_errno(err, s->path, "cannot read");
    s->ended = got == 0;
    s->taken += (size_t)got;
    *n_out = (size_t)got;
    return true;
}

/* Read more into what is left of the buffer. */
static bool refill(struct stream *s, struct err *err)
{
    memmove(s->stored, s->stored + s->at, s->n - s->at);
    s->n -= s->at;
    s->at = 0;
    size_t got = 0;
    if (s->n < STORED && !s->ended && !read_some(s, s->stored + s->n, STORED - s->n, &got, err))
        return false;
    s->n += got;
    return true;
}

static bool decode(struct stream *s, void *out, size_t capacity, size_t *n_out, struct err *err);

static bool archive_input_read(void *context, const void **bytes, size_t *n, struct err *err)
{
    struct stream *s = context;
    if (s->at == s->n && !s->ended && !refill(s, err))
        return false;
    *bytes = s->stored + s->at;
    *n = s->n - s->at;
    s->at = s->n;
    return true;
}

static bool archive_input_seek(void *context, int64_t to, struct err *err)
{
    struct stream *s = context;
    if (lseek(s->fd, (off_t)to, SEEK_SET) < 0)
        return err_errno(err, s->path, "cannot go to a place in it");
    s->at = s->n = 0;
    s->taken = (size_t)to;
    s->ended = false;
    return true;
}

static bool begin_archive(struct stream *s, const char *kind, struct err *err)
{
    struct archive_input input = {.path = s->path, .read = archive_input_read, .size = -1, .context = s};
    if (!s->waits) {
        input.seek = archive_input_seek;
        input.size = (int64_t)s->size;
    }
    s->archive = archive_open(&input, kind, err);
    return s->archive != NULL;
}

static bool begin_decoder(struct stream *s, const char *name, struct err *err)
{
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++)
        if (strcmp(decoders[i]->name, name) == 0) {
            s->decoder = decoders[i];
            s->state = s->decoder->begin(err);
        }
    return s->state != NULL;
}

static void end_decoder(struct stream *s)
{
    if (s->state)
        s->decoder->end(s->state);
    s->state = NULL;
    s->decoder = NULL;
}

static bool fill_front(struct stream *s, struct err *err)
{
    size_t got = 1;
    s->front_at = s->front_n = 0;
    while (got && s->front_n < sizeof s->front) {
        if (!decode(s, s->front + s->front_n, sizeof s->front - s->front_n, &got, err))
            return false;
        s->front_n += got;
    }
    return true;
}

/* The way to the bytes, by the kind of file; then what they are once they are decoded. */
static bool begin(struct stream *s, enum content content, const char *what, struct err *err)
{
    while (s->n < KIND_LOOK && !s->ended)
        if (!refill(s, err))
            return false;
    const struct kind *kind = kind_of((struct str){(const char *)s->stored, s->n});
    if (kind && kind->way == KIND_DECODED && !begin_decoder(s, kind->name, err))
        return false;
    if (kind && kind->way == KIND_ARCHIVE && !begin_archive(s, kind->name, err))
        return false;
    if (!fill_front(s, err))
        return false;
    const struct kind *within = kind_of((struct str){(const char *)s->front, s->front_n});
    if (s->decoder && within && within->way == KIND_ARCHIVE && strcmp(within->name, "a tar archive") == 0) { /* .tar.gz */
        end_decoder(s);
        if (s->waits)
            return err_set(err, ERR_UNSUPPORTED, "%s: %s in a pipe, which is read once: name a file", s->path, within->name);
        if (!begin_archive(s, within->name, err) || !fill_front(s, err))
            return false;
        within = kind_of((struct str){(const char *)s->front, s->front_n});
    }
    if (within && within->way != KIND_POINTER && within->way != KIND_UTF16)
        return err_set(err, ERR_FORMAT, "%s: %s%s%s, not %s: %s", s->path, within->name, stream_is_plain(s) ? "" : " within ",
                       stream_is_plain(s) ? "" : kind->name, what, within->way == KIND_DOCUMENT ? "make a plain file of it" : "unpack it");
    struct str front = {(const char *)s->front, s->front_n};
    return kind_utf8(s->path, front, content == CONTENT_TEXT, what, &s->front_at, err);
}

/* Opened without waiting: a FIFO that nobody writes yet is waited for with Ctrl-C in sight. */
static bool open_file(struct stream *s, const char *path, struct err *err)
{
    struct stat st;
    s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (s->fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    if (fstat(s->fd, &st) != 0)
        return err_errno(err, path, "cannot look at it");
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_IO, "%s: is a folder, not a file", path);
    if (fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) & ~O_NONBLOCK) != 0)
        return err_errno(err, path, "cannot be read");
    s->waits = !S_ISREG(st.st_mode);
    s->size = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
    s->path = mem_copy_str(str_of(path), err);
    return s->path != NULL;
}

struct stream *stream_open(const char *path, enum content content, const char *what, struct err *err)
{
    struct stream *s = mem_new(1, sizeof *s, "a file to read", err);
    if (!s)
        return NULL;
    s->fd = -1;
    if (open_file(s, path, err) && begin(s, content, what, err))
        return s;
    stream_free(s);
    return NULL;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    archive_close(s->archive);
    end_decoder(s);
    if (s->fd >= 0)
        close(s->fd);
    free(s->path);
    free(s);
}

static bool read_plain(struct stream *s, void *out, size_t capacity, size_t *n_out, struct err *err)
{
    if (s->at == s->n && !s->ended) {
        if (capacity >= STORED) /* past the buffer */
            return read_some(s, out, capacity, n_out, err);
        if (!refill(s, err))
            return false;
    }
    *n_out = s->n - s->at < capacity ? s->n - s->at : capacity;
    memcpy(out, s->stored + s->at, *n_out);
    s->at += *n_out;
    return true;
}

static bool decode(struct stream *s, void *out, size_t capacity, size_t *n_out, struct err *err)
{
    *n_out = 0;
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "interrupted");
    if (s->archive)
        return archive_read(s->archive, out, capacity, n_out, err);
    if (!s->decoder)
        return read_plain(s, out, capacity, n_out, err);
    while (*n_out == 0) {
        size_t used = 0;
        if (s->at == s->n && !s->ended && !refill(s, err))
            return false;
        while (s->whole && s->at < s->n && s->stored[s->at] == 0)
            s->at++; /* zeros behind the last member fill a block of a tape, as gzip has it */
        if (s->at == s->n && !s->ended)
            continue;
        bool dry = s->at == s->n; /* the end of the file: what the decoder still holds, or nothing */
        if (dry && s->whole)
            return true;
        if (!s->decoder->step(s->state, s->stored + s->at, s->n - s->at, &used, out, capacity, n_out, &s->whole, err))
            return err_prefix(err, "%s: ", s->path);
        s->at += used;
        if (dry && *n_out == 0 && !s->whole)
            return err_set(err, ERR_FORMAT, "%s: the %s data end in the middle, after %zu bytes of the file", s->path,
                           s->decoder->name, s->taken);
    }
    return true;
}

bool stream_read(struct stream *s, void *out, size_t capacity, size_t *n_out, struct err *err)
{
    if (s->front_at == s->front_n)
        return decode(s, out, capacity, n_out, err);
    *n_out = s->front_n - s->front_at < capacity ? s->front_n - s->front_at : capacity;
    memcpy(out, s->front + s->front_at, *n_out);
    s->front_at += *n_out;
    return true;
}

bool stream_is_plain(const struct stream *s)
{
    return !s->decoder && !s->archive;
}

size_t stream_stored_read(const struct stream *s)
{
    return s->taken - (s->n - s->at);
}

size_t stream_stored_size(const struct stream *s)
{
    return s->size;
}
