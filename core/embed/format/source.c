/* Bytes of a file, plain or compressed. See source.h. */
#include "core/embed/format/source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/stream.h"

/* Three quarters of the machine's memory: what is larger would not be usable anyway. */
static size_t most_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages / 4 * 3 * (size_t)size : (size_t)1 << 32;
}

static bool inflate_all(struct source *source, struct err *err)
{
    enum { PIECE = 1 << 20 };
    struct stream *stream = stream_open(source->path, err);
    size_t capacity = 0, n = 0, got = 0, most = most_bytes();
    bool ok = stream != NULL;
    while (ok) {
        ok = mem_grow(&source->memory, &capacity, n + PIECE, 1, "a decompressed file", err) &&
             stream_read(stream, (char *)source->memory + n, PIECE, &got, err);
        if (!ok || got == 0)
            break;
        n += got;
        if (n > most)
            ok = err_set(err, ERR_LIMIT, "%s: more than %zu bytes when decompressed, which is more than this machine holds",
                         source->path, most);
        else if (cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "cancelled");
    }
    stream_free(stream);
    source->data = source->memory;
    source->size = n;
    return ok;
}

/* A byte order mark, which some editors put before a text. A NUL behind it would be a length of safetensors. */
static void skip_mark(struct source *source)
{
    if (source->size > 3 && memcmp(source->data, "\xef\xbb\xbf", 3) == 0 && source->data[3]) {
        source->data += 3;
        source->size -= 3;
    }
}

struct source *source_open(const char *path, struct err *err)
{
    struct source *source = mem_new(1, sizeof *source, "a file", err);
    if (!source)
        return NULL;
    if (!file_map(path, &source->file, err))
        goto fail;
    source->path = source->file.path;
    source->data = source->file.data;
    source->size = source->file.size;
    for (size_t i = 0; decoders[i]; i++)
        if (decoders[i]->starts(source->data, source->size < 16 ? source->size : 16)) {
            if (!inflate_all(source, err))
                goto fail;
            break;
        }
    skip_mark(source);
    return source;
fail:
    source_free(source);
    return NULL;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    file_unmap(&source->file);
    free(source->memory);
    free(source);
}
