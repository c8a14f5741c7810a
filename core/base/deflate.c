/* Compression, decompression and checksums through zlib. */
#include "core/base/deflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
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

/* A zlib stream (RFC 1950) is two bytes, deflated data, and Adler-32. The data are made of slices, each compressed by itself with
 * the 32 KB before it as its dictionary, and each but the last brought to a whole byte (Z_SYNC_FLUSH): threads share them, and
 * the bytes are the same however many there are. */
enum { SLICE = 1 << 20, WINDOW = 1 << 15 };
struct slice {
    unsigned char *bytes;
    size_t n;
    uLong adler;
};
struct slices {
    const unsigned char *bytes;
    size_t n, count;
    int level;
    struct slice *at; /* [count] */
};

static void deflate_slice(void *context, size_t task, size_t thread)
{
    const struct slices *all = context;
    struct slice *slice = &all->at[task];
    size_t first = task * SLICE, n = all->n - first < SLICE ? all->n - first : SLICE;
    const unsigned char *in = all->bytes + first;
    z_stream z = {0};
    (void)thread;
    if (cancel_requested() || deflateInit2(&z, all->level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    bool last = task + 1 == all->count;
    size_t room = deflateBound(&z, (uLong)n) + 16; /* the flush takes up to 10 bytes */
    slice->bytes = malloc(room);
    if (first)
        deflateSetDictionary(&z, in - WINDOW, WINDOW);
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)n;
    z.next_out = slice->bytes;
    z.avail_out = (uInt)room;
    int answer = slice->bytes ? deflate(&z, last ? Z_FINISH : Z_SYNC_FLUSH) : Z_MEM_ERROR;
    slice->n = answer == (last ? Z_STREAM_END : Z_OK) && z.avail_out ? z.total_out : 0;
    slice->adler = adler32(adler32(0, NULL, 0), in, (uInt)n);
    deflateEnd(&z);
}

/* The slices one behind the other, head and checksum around them; NULL where one of them failed. */
static unsigned char *join_slices(const struct slices *all, size_t *n_out)
{
    size_t n = 6;
    for (size_t i = 0; i < all->count; i++) {
        if (!all->at[i].n)
            return NULL;
        n += all->at[i].n;
    }
    unsigned char *out = malloc(n), *at = out;
    uLong adler = adler32(0, NULL, 0);
    if (!out)
        return NULL;
    *at++ = 0x78; /* deflate, a window of 32 KB */
    *at++ = all->level < 2 ? 0x01 : all->level < 6 ? 0x5e : all->level == 6 ? 0x9c : 0xda;
    for (size_t i = 0; i < all->count; at += all->at[i++].n) {
        memcpy(at, all->at[i].bytes, all->at[i].n);
        size_t first = i * SLICE;
        adler = adler32_combine(adler, all->at[i].adler, (z_off_t)(all->n - first < SLICE ? all->n - first : SLICE));
    }
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (unsigned char)(adler >> shift);
    *n_out = n;
    return out;
}

unsigned char *deflate_bytes(const void *bytes, size_t n, int level, size_t *n_out)
{
    struct slices all = {.bytes = bytes, .n = n, .count = n ? (n + SLICE - 1) / SLICE : 1, .level = level};
    unsigned char *out = NULL;
    all.at = calloc(all.count, sizeof *all.at);
    if (all.at) {
        pool_run(all.count, deflate_slice, &all);
        out = cancel_requested() ? NULL : join_slices(&all, n_out);
        for (size_t i = 0; i < all.count; i++)
            free(all.at[i].bytes);
    }
    free(all.at);
    return out;
}

bool inflate_bytes(const void *bytes, size_t n, void *out, size_t size, struct err *err)
{
    enum { STEP = 1 << 20 }; /* of what comes out, between two looks at the flag of Ctrl-C */
    const size_t most = 1u << 30; /* zlib counts in unsigned int */
    z_stream z = {0};
    unsigned char spare; /* what is more than `size` bytes goes here */
    size_t used = 0, made = 0;
    int answer = Z_OK;
    if (inflateInit2(&z, -15) != Z_OK)
        return err_memory(err, sizeof z, "the deflate decoder");
    while (answer == Z_OK && made <= size && !cancel_requested()) {
        uInt given = (uInt)(n - used < most ? n - used : most);
        uInt room = (uInt)(size - made < STEP ? size - made : STEP);
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
