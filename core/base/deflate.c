/* Compression and checksums through zlib. */
#include "core/base/deflate.h"

#include <stdlib.h>
#include <zlib.h>

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
    uLongf size = compressBound((uLong)n);
    unsigned char *out = malloc(size);
    if (!out || compress2(out, &size, bytes, (uLong)n, level) != Z_OK) {
        free(out);
        return NULL;
    }
    *n_out = size;
    return out;
}

const char *deflate_library(void)
{
    return zlibVersion();
}
