/* Lines of files and descriptors. See lines.h. */
#include "core/base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/kind.h"
#include "core/base/stream.h"

enum { PIECE = 64 * 1024 };

struct lines {
    struct stream *stream; /* or NULL: */
    int fd;
    char *name, *text;
    const char *what;
    size_t capacity, at, n; /* text[at..n) was read and not given yet */
    size_t number;
    bool ended;
};

static struct lines *lines_new(const char *name, const char *what, struct err *err)
{
    struct lines *l = mem_new(1, sizeof *l, "a text", err);
    if (!l)
        return NULL;
    l->fd = -1;
    l->what = what;
    l->name = mem_copy_str(str_of(name), err);
    if (l->name)
        return l;
    free(l);
    return NULL;
}

struct lines *lines_open(const char *path, const char *what, struct err *err)
{
    struct lines *l = lines_new(path, what, err);
    if (!l)
        return NULL;
    l->stream = stream_open(path, CONTENT_TEXT, what, err);
    if (l->stream)
        return l;
    lines_free(l);
    return NULL;
}

struct lines *lines_of_fd(int fd, const char *name, const char *what, struct err *err)
{
    struct lines *l = lines_new(name, what, err);
    if (l)
        l->fd = fd;
    return l;
}

void lines_free(struct lines *l)
{
    if (!l)
        return;
    stream_free(l->stream);
    free(l->text);
    free(l->name);
    free(l);
}

static bool read_byte(struct lines *l, size_t *got, struct err *err)
{
    for (;;) {
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "interrupted");
        ssize_t n = read(l->fd, l->text + l->n, 1);
        if (n >= 0) {
            *got = (size_t)n;
            return true;
        }
        if (errno != EINTR)
            return err_errno(err, l->name, "cannot read");
    }
}

/* Behind what is there; the line's begin moves to the front first. */
static bool more(struct lines *l, struct err *err)
{
    size_t piece = l->stream ? PIECE : 1, got;
    if (l->at) {
        memmove(l->text, l->text + l->at, l->n - l->at);
        l->n -= l->at;
        l->at = 0;
    }
    if (!mem_grow((void **)&l->text, &l->capacity, l->n + piece + 1, 1, "a line", err) ||
        !(l->stream ? stream_read(l->stream, l->text + l->n, piece, &got, err) : read_byte(l, &got, err)))
        return false;
    l->n += got;
    l->ended = got == 0;
    return true;
}

/* What a descriptor's first line says of the whole; a file's stream has looked itself. */
static bool look(struct lines *l, struct str *line, struct err *err)
{
    size_t mark;
    if (l->stream || l->number != 1)
        return true;
    if (!kind_utf8(l->name, *line, true, l->what, &mark, err))
        return false;
    *line = (struct str){line->s + mark, line->n - mark};
    return true;
}

bool lines_next(struct lines *l, struct str *out, bool *end_out, struct err *err)
{
    char *end = NULL;
    size_t looked = 0;
    *end_out = false;
    while (!(end = l->n > l->at + looked ? memchr(l->text + l->at + looked, '\n', l->n - l->at - looked) : NULL) && !l->ended) {
        looked = l->n - l->at;
        if (looked > LINES_LONGEST)
            break;
        if (!more(l, err))
            return false;
    }
    size_t n = end ? (size_t)(end - (l->text + l->at)) : l->n - l->at;
    *end_out = !end && n == 0 && l->ended;
    if (*end_out)
        return true;
    l->number++;
    if (n > LINES_LONGEST)
        return err_set(err, ERR_LIMIT, "%s: line %zu: longer than %d bytes, the longest that a line may be", l->name, l->number,
                       LINES_LONGEST);
    *out = (struct str){l->text + l->at, n};
    l->at += n + (end != NULL);
    l->text[n + (size_t)(out->s - l->text)] = 0;
    while (out->n && out->s[out->n - 1] == '\r')
        out->n--;
    l->text[(size_t)(out->s - l->text) + out->n] = 0;
    return look(l, out, err);
}

size_t lines_number(const struct lines *l)
{
    return l->number;
}
