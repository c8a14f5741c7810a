/* Whole files. See source.h. */
#include "core/base/source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/kind.h"

/* Three quarters of the machine's memory: what is larger would not be usable anyway. */
static size_t most_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages / 4 * 3 * (size_t)size : (size_t)1 << 32;
}

/* Read on until `until` bytes are there, or the end. */
static bool read_until(struct source *s, size_t until, struct err *err)
{
    enum { PIECE = 1 << 20 };
    while (!s->whole && s->size < until) {
        size_t piece = until - s->size < PIECE ? until - s->size : PIECE, got;
        if (!mem_grow(&s->memory, &s->capacity, s->size + piece, 1, "a file", err) ||
            !stream_read(s->stream, (char *)s->memory + s->size, piece, &got, err))
            return false;
        s->data = s->memory;
        s->size += got;
        s->whole = got == 0;
    }
    return true;
}

static bool map(struct source *s, const char *path, enum content content, const char *what, struct err *err)
{
    size_t mark;
    if (!file_map(path, &s->file, err))
        return false;
    s->data = s->file.data;
    s->size = s->file.size;
    s->whole = true;
    if (!kind_utf8(path, (struct str){(const char *)s->data, s->size < KIND_LOOK ? s->size : KIND_LOOK}, content == CONTENT_TEXT, what,
                   &mark, err))
        return false;
    s->data += mark;
    s->size -= mark;
    return true;
}

struct source *source_open(const char *path, enum content content, const char *what, struct err *err)
{
    struct stat st;
    struct source *s = mem_new(1, sizeof *s, "a file", err);
    if (!s)
        return NULL;
    s->data = (const unsigned char *)"";
    s->stream = stream_open(path, content, what, err);
    if (!s->stream)
        goto fail;
    if (stream_is_plain(s->stream) && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        stream_free(s->stream);
        s->stream = NULL;
        if (!map(s, path, content, what, err))
            goto fail;
    } else {
        s->file.path = mem_copy_str(str_of(path), err);
        if (!s->file.path || !read_until(s, SOURCE_FRONT, err))
            goto fail;
    }
    s->path = s->file.path;
    return s;
fail:
    source_free(s);
    return NULL;
}

/* A walk over lines as they arrive. */
struct walk {
    size_t begun, line; /* where the line begins that is not ended yet; its number, from 1 */
};

static bool lines_fit(const struct source *s, struct walk *walk, size_t longest, struct err *err)
{
    for (;;) {
        const unsigned char *at = s->data + walk->begun, *end = memchr(at, '\n', s->size - walk->begun);
        size_t n = end ? (size_t)(end - at) : s->size - walk->begun;
        if (n > longest)
            return err_set(err, ERR_LIMIT, "%s: line %zu: longer than %zu bytes, the longest that a line may be", s->path, walk->line,
                           longest);
        if (!end)
            return true;
        walk->begun += n + 1;
        walk->line++;
    }
}

bool source_read(struct source *s, size_t most, size_t longest, struct err *err)
{
    enum { STEP = 1 << 20 };
    struct walk walk = {.line = 1};
    size_t machine = most_bytes();
    for (;;) {
        if (s->size > most)
            return err_set(err, ERR_LIMIT, "%s: longer than %zu bytes", s->path, most);
        if (s->size > machine && !s->file.size)
            return err_set(err, ERR_LIMIT, "%s: more than %zu bytes when decompressed, which is more than this machine holds", s->path,
                           machine);
        if (longest && !lines_fit(s, &walk, longest, err))
            return false;
        if (s->whole)
            return true;
        if (!read_until(s, s->size + STEP, err))
            return false;
    }
}

struct source *source_text(const char *path, const char *what, struct err *err)
{
    struct source *s = source_open(path, CONTENT_TEXT, what, err);
    if (s && source_read(s, SIZE_MAX, SOURCE_LINE, err))
        return s;
    source_free(s);
    return NULL;
}

void source_free(struct source *s)
{
    if (!s)
        return;
    stream_free(s->stream);
    file_unmap(&s->file);
    free(s->memory);
    free(s);
}
