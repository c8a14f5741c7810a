/* Files read from the front, decompressed on the way. See stream.h. */
#include "core/base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cancel.h"

#define DECODER(name) extern const struct decoder decoder_##name;
DECODERS(DECODER)
#undef DECODER

const struct decoder *const decoders[] = {
#define DECODER(name) &decoder_##name,
    DECODERS(DECODER)
#undef DECODER
    NULL,
};

enum { STORED = 256 * 1024 };

struct stream {
    int fd;
    char *path;
    size_t size, taken;            /* stored bytes: in all (0: unknown), read so far */
    const struct decoder *decoder; /* NULL: as it is */
    void *state;
    bool waits;        /* a pipe or a device, whose bytes come when they come */
    bool ended, whole; /* the file's end was seen; a member ends here */
    size_t at, n;      /* what is left of `stored` */
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

static bool begin_decoder(struct stream *s, struct err *err)
{
    while (s->n < 8 && !s->ended)
        if (!refill(s, err))
            return false;
    for (size_t i = 0; decoders[i]; i++)
        if (decoders[i]->starts(s->stored, s->n)) {
            s->decoder = decoders[i];
            s->state = s->decoder->begin(err);
            return s->state != NULL;
        }
    return true;
}

struct stream *stream_open(const char *path, struct err *err)
{
    struct stat st;
    struct stream *s = mem_new(1, sizeof *s, "a file to read", err);
    if (!s)
        return NULL;
    s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO that nobody writes yet is waited for with Ctrl-C in sight */
    if (s->fd < 0) {
        err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: cannot open: %s", path, strerror(errno));
        goto fail;
    }
    if (fstat(s->fd, &st) != 0) {
        err_errno(err, path, "cannot look at it");
        goto fail;
    }
    if (S_ISDIR(st.st_mode)) {
        err_set(err, ERR_IO, "%s: is a folder, not a file", path);
        goto fail;
    }
    if (fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) & ~O_NONBLOCK) != 0) {
        err_errno(err, path, "cannot be read");
        goto fail;
    }
    s->waits = !S_ISREG(st.st_mode);
    s->size = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
    s->path = mem_copy_str(str_of(path), err);
    if (s->path && begin_decoder(s, err))
        return s;
fail:
    stream_free(s);
    return NULL;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    if (s->state)
        s->decoder->end(s->state);
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

bool stream_read(struct stream *s, void *out, size_t capacity, size_t *n_out, struct err *err)
{
    *n_out = 0;
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

size_t stream_stored_read(const struct stream *s)
{
    return s->taken - (s->n - s->at);
}

size_t stream_stored_size(const struct stream *s)
{
    return s->size;
}
