/* Compression, decompression and checksums through zlib. */
#include "core/base/deflate.h"

#include <stdlib.h>
#include <zlib.h>

#include "core/base/cancel.h"
#include "core/base/stream.h"

uint32_t crc32_of(uint32_t crc, const void *bytes, size_t n)
{
    enum { MOST = 1 << 30 }; /* zlib counts in unsigned int */
    const unsigned char *at = bytes;
    for (size_t piece; n; at += piece, n -= piece) {
        piece = n < MOST ? n : MOST;
        crc = (uint32_t)crc32(crc, at, (uInt)piece);
    }
    return crc;
}

unsigned char *deflate_bytes(const void *bytes, size_t n, int level, size_t *n_out)
{
    enum { SLICE = 1 << 18, ROOM = 1 << 30 }; /* between two looks at the flag of Ctrl-C; zlib counts in unsigned int */
    uLong size = compressBound((uLong)n);
    unsigned char *out = malloc(size);
    const unsigned char *at = bytes;
    z_stream z = {0};
    if (!out || deflateInit(&z, level) != Z_OK) {
        free(out);
        return NULL;
    }
    int answer = Z_OK;
    for (size_t left = n; answer == Z_OK && !cancel_requested();) {
        uInt piece = (uInt)(left < SLICE ? left : SLICE), room = (uInt)(size - z.total_out < ROOM ? size - z.total_out : ROOM);
        z.next_in = (Bytef *)(uintptr_t)at;
        z.avail_in = piece;
        z.next_out = out + z.total_out;
        z.avail_out = room;
        answer = deflate(&z, piece == left ? Z_FINISH : Z_NO_FLUSH);
        at += piece - z.avail_in;
        left -= piece - z.avail_in;
    }
    *n_out = z.total_out;
    deflateEnd(&z);
    if (answer == Z_STREAM_END)
        return out;
    free(out);
    return NULL;
}

bool inflate_bytes(const void *bytes, size_t n, void *out, size_t size, struct err *err)
{
    enum { SLICE = 1 << 20 }; /* of what comes out, between two looks at the flag of Ctrl-C */
    const size_t most = 1u << 30; /* zlib counts in unsigned int */
    z_stream z = {0};
    unsigned char spare; /* what is more than `size` bytes goes here */
    size_t used = 0, made = 0;
    int answer = Z_OK;
    if (inflateInit2(&z, -15) != Z_OK)
        return err_memory(err, sizeof z, "the deflate decoder");
    while (answer == Z_OK && made <= size && !cancel_requested()) {
        uInt given = (uInt)(n - used < most ? n - used : most);
        uInt room = (uInt)(size - made < SLICE ? size - made : SLICE);
        bool full = made == size;
        z.next_in = (Bytef *)(uintptr_t)bytes + used;
        z.avail_in = given;
        z.next_out = full ? &spare : (unsigned char *)out + made;
        z.avail_out = full ? 1 : room;
        answer = inflate(&z, Z_NO_FLUSH);
        used += given - z.avail_in;
        made += (full ? 1 : room) - z.avail_out;
    }
    inflateEnd(&z);
    if (answer == Z_OK && made <= size)
        return err_set(err, ERR_CANCELLED, "interrupted");
    if (answer != Z_STREAM_END)
        return err_set(err, ERR_FORMAT, made > size ? "more than %zu bytes when decompressed" : "damaged deflate data, of %zu bytes", size);
    return made == size || err_set(err, ERR_FORMAT, "%zu bytes when decompressed, expected %zu", made, size);
}

const char *deflate_library(void)
{
    return zlibVersion();
}

/* ---- gzip (RFC 1952) as a stream ---- */

struct gzip {
    z_stream z;
    bool whole; /* a member has ended: what follows is the next */
};

static void *gzip_begin(struct err *err)
{
    struct gzip *g = mem_new(1, sizeof *g, "the gzip decoder", err);
    if (g && inflateInit2(&g->z, 15 + 16) != Z_OK) {
        err_memory(err, sizeof *g, "the gzip decoder");
        free(g);
        g = NULL;
    }
    return g;
}

static bool gzip_step(void *state, const void *in, size_t n_in, size_t *in_used, void *out, size_t n_out, size_t *out_made,
                      bool *whole, struct err *err)
{
    enum { MOST = 1 << 30 };
    struct gzip *g = state;
    if (g->whole && n_in) {
        inflateReset(&g->z);
        g->whole = false;
    }
    uInt given = (uInt)(n_in < MOST ? n_in : MOST), room = (uInt)(n_out < MOST ? n_out : MOST);
    g->z.next_in = (Bytef *)(uintptr_t)in;
    g->z.avail_in = given;
    g->z.next_out = out;
    g->z.avail_out = room;
    int answer = inflate(&g->z, Z_NO_FLUSH);
    if (answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR)
        return err_set(err, ERR_FORMAT, "damaged gzip data: %s", g->z.msg ? g->z.msg : "it cannot be decoded");
    *in_used = given - g->z.avail_in;
    *out_made = room - g->z.avail_out;
    *whole = g->whole = answer == Z_STREAM_END;
    return true;
}

static void gzip_end(void *state)
{
    struct gzip *g = state;
    inflateEnd(&g->z);
    free(g);
}

extern const struct decoder decoder_gzip;
const struct decoder decoder_gzip = {
    .name = "gzip", .begin = gzip_begin, .step = gzip_step, .end = gzip_end};
