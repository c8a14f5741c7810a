/* NumPy's .npz: a zip of stored .npy members, named as the tensors (PKWARE APPNOTE 6.3).
 *
 * Sizes and checksums are not known before the bytes have passed, and the output may be a pipe, so every member is
 * followed by a data descriptor; the central directory at the end repeats them:
 *
 *   [ local header | NAME.npy | zip64 field | .npy bytes | descriptor ] …  [ central record ] …  [ zip64 end ] end
 *
 * Members of 4 GiB and more, offsets beyond that and more than 65,534 members take the zip64 forms. */
#include "repl/writer/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/deflate.h"

#define LIMIT32 0xFFFFFFFFu

struct member {
    char name[80];
    uint64_t offset, bytes; /* bytes of the whole .npy */
    uint32_t crc;
    bool big;               /* descriptor with 8-byte sizes */
};
struct zip {
    struct sink *sink;
    uint64_t at; /* bytes written so far */
    struct member *member;
    size_t row_bytes; /* of the tensor that passes now */
};

static void put16(struct buf *b, unsigned v)
{
    buf_char(b, (char)(v & 255));
    buf_char(b, (char)(v >> 8 & 255));
}

static void put32(struct buf *b, uint32_t v)
{
    put16(b, v & 0xFFFF);
    put16(b, v >> 16);
}

static void put64(struct buf *b, uint64_t v)
{
    put32(b, (uint32_t)v);
    put32(b, (uint32_t)(v >> 32));
}

static bool zip_put(struct zip *zip, const void *bytes, size_t n, bool counted, struct err *err)
{
    if (counted) {
        zip->member->crc = crc32_of(zip->member->crc, bytes, n);
        zip->member->bytes += n;
    }
    zip->at += n;
    return sink_write(zip->sink, bytes, n, err);
}

static bool zip_drain(struct zip *zip, struct buf *b, bool counted, struct err *err)
{
    bool ok = buf_ok(b, err) && zip_put(zip, b->data, b->n, counted, err);
    buf_free(b);
    return ok;
}

static bool take_slab(void *context, const void *data, size_t row, size_t rows, struct err *err)
{
    struct zip *zip = context;
    (void)row;
    return zip_put(zip, data, rows * zip->row_bytes, true, err);
}

/* Version needed, flags (bit 3: descriptor follows), method 0 (stored), 1980-01-01 00:00. */
static void put_common(struct buf *b, const struct member *m)
{
    put16(b, m->big ? 45 : 20);
    put16(b, 0x0008);
    put16(b, 0);
    put16(b, 0);
    put16(b, 0x0021);
}

static bool put_member(struct zip *zip, const struct tensor_promise *tensor, struct err *err)
{
    struct member *m = zip->member;
    struct buf b = {0}, npy = {0};
    size_t bytes;
    if (!tensor_promise_bytes(tensor, &bytes, err))
        return false;
    snprintf(m->name, sizeof m->name, "%s.npy", tensor->name);
    m->offset = zip->at;
    m->big = bytes >= LIMIT32 - 65536;
    m->crc = 0;
    zip->row_bytes = tensor_promise_width(tensor) * (tensor->is_i64 ? 8 : 4);
    put32(&b, 0x04034b50);
    put_common(&b, m);
    put32(&b, 0); /* checksum and sizes: in the descriptor */
    put32(&b, m->big ? LIMIT32 : 0);
    put32(&b, m->big ? LIMIT32 : 0);
    put16(&b, (unsigned)strlen(m->name));
    put16(&b, m->big ? 20 : 0);
    buf_puts(&b, m->name);
    if (m->big) {
        put16(&b, 1);
        put16(&b, 16);
        put64(&b, 0);
        put64(&b, 0);
    }
    if (!zip_drain(zip, &b, false, err))
        return false;
    npy_header(tensor, &npy);
    if (!zip_drain(zip, &npy, true, err) || !tensor_each_slab(tensor, take_slab, zip, err))
        return false;
    put32(&b, 0x08074b50);
    put32(&b, m->crc);
    for (int i = 0; i < 2; i++)
        m->big ? put64(&b, m->bytes) : put32(&b, (uint32_t)m->bytes);
    return zip_drain(zip, &b, false, err);
}

static void put_central(struct buf *b, const struct member *m)
{
    bool far = m->offset >= LIMIT32;
    unsigned extra = (m->big ? 16 : 0) + (far ? 8 : 0);
    put32(b, 0x02014b50);
    put16(b, 45);
    put_common(b, m);
    put32(b, m->crc);
    put32(b, m->big ? LIMIT32 : (uint32_t)m->bytes);
    put32(b, m->big ? LIMIT32 : (uint32_t)m->bytes);
    put16(b, (unsigned)strlen(m->name));
    put16(b, extra ? extra + 4 : 0);
    put16(b, 0); /* comment, disk, attributes */
    put16(b, 0);
    put16(b, 0);
    put32(b, 0);
    put32(b, far ? LIMIT32 : (uint32_t)m->offset);
    buf_puts(b, m->name);
    if (extra) {
        put16(b, 1);
        put16(b, extra);
        if (m->big) {
            put64(b, m->bytes);
            put64(b, m->bytes);
        }
        if (far)
            put64(b, m->offset);
    }
}

static void put_end(struct buf *b, size_t members, uint64_t start, uint64_t size)
{
    bool big = members >= 0xFFFF || start >= LIMIT32 || size >= LIMIT32;
    if (big) {
        put32(b, 0x06064b50);
        put64(b, 44);
        put16(b, 45);
        put16(b, 45);
        put32(b, 0);
        put32(b, 0);
        put64(b, members);
        put64(b, members);
        put64(b, size);
        put64(b, start);
        put32(b, 0x07064b50);
        put32(b, 0);
        put64(b, start + size);
        put32(b, 1);
    }
    put32(b, 0x06054b50);
    put16(b, 0);
    put16(b, 0);
    put16(b, big ? 0xFFFF : (unsigned)members);
    put16(b, big ? 0xFFFF : (unsigned)members);
    put32(b, big ? LIMIT32 : (uint32_t)size);
    put32(b, big ? LIMIT32 : (uint32_t)start);
    put16(b, 0);
}

static bool put_tensors(struct sink *sink, const struct tensor_promise *tensors, size_t n, const struct text_pair *about,
                        size_t n_about, struct err *err)
{
    (void)about, (void)n_about;
    struct member *members = mem_new(n ? n : 1, sizeof *members, "the directory of the archive", err);
    struct zip zip = {.sink = sink};
    bool ok = members != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        zip.member = &members[i];
        ok = put_member(&zip, &tensors[i], err);
    }
    if (ok) {
        struct buf b = {0};
        uint64_t start = zip.at;
        for (size_t i = 0; i < n; i++)
            put_central(&b, &members[i]);
        put_end(&b, n, start, b.n);
        ok = zip_drain(&zip, &b, false, err);
    }
    free(members);
    return ok;
}

const struct writer writer_npz = {
    .name = "npz", .extensions = "npz", .summary = "NumPy archive of named tensors", .tensors = put_tensors};
