/* The compression of PNG and the checksum of PNG and zip (zlib stands behind deflate.c alone, which is also the
 * gzip decoder of stream.h). */
#ifndef GAZE_CORE_BASE_DEFLATE_H
#define GAZE_CORE_BASE_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* CRC-32 (ISO/IEC 15948, annex D) of what `crc` covers followed by n bytes; start with 0. */
uint32_t crc32_of(uint32_t crc, const void *bytes, size_t n);
/* A zlib stream (RFC 1950) of n bytes on the heap: free() it. Level 1–9. NULL where there is no memory, or on
 * Ctrl-C (cancel_requested). */
unsigned char *deflate_bytes(const void *bytes, size_t n, int level, size_t *n_out);

/* Raw deflate data (RFC 1951) into exactly `size` bytes. ERR_FORMAT where they are damaged, fewer or more; ERR_CANCELLED. */
NODISCARD bool inflate_bytes(const void *bytes, size_t n, void *out, size_t size, struct err *err);

const char *deflate_library(void); /* the version of zlib */

#endif
