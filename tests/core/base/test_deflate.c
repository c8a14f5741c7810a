/* Checksums and compression: the check value of the standard, and bytes that come back. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/deflate.h"
#include "core/base/pool.h"
#include "core/base/stream.h"
#include "tests/support/scratch.h"

/* The check value of CRC-32 as catalogues of checksums give it. */
Test(deflate, the_checksum_of_nine_digits_is_the_one_of_the_catalogues)
{
    cr_expect_eq(crc32_of(0, "123456789", 9), 0xcbf43926u);
    cr_expect_eq(crc32_of(crc32_of(0, "1234", 4), "56789", 5), 0xcbf43926u, "in two parts");
    cr_expect_eq(crc32_of(0, "", 0), 0);
}

/* A zlib stream is two bytes, deflated data and four bytes (RFC 1950): as a gzip member it goes through the decoder. */
Test(deflate, what_is_compressed_comes_back)
{
    static const size_t sizes[] = {0, 1, 1000, 300000, 1 << 20, (2 << 20) + 5};
    for (size_t i = 0; i < 6; i++)
        for (int level = 1; level <= 9; level += 4) {
            unsigned char *text = malloc(sizes[i] + 1), *back = malloc(sizes[i] + 1);
            unsigned long long state = 9;
            for (size_t k = 0; k < sizes[i]; k++)
                text[k] = (unsigned char)draw(&state, 4);
            size_t n = 0, got = 0;
            unsigned char *packed = deflate_bytes(text, sizes[i], level, &n);
            cr_assert(packed && n >= 6 && (packed[0] & 15) == 8 && (packed[0] * 256 + packed[1]) % 31 == 0);
            struct buf member = {0};
            uint32_t crc = crc32_of(0, text, sizes[i]), size = (uint32_t)sizes[i];
            buf_add(&member, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
            buf_add(&member, packed + 2, n - 6);
            for (size_t k = 0; k < 4; k++)
                buf_char(&member, (char)(crc >> 8 * k));
            for (size_t k = 0; k < 4; k++)
                buf_char(&member, (char)(size >> 8 * k));
            scratch_write("it", member.data, member.n);
            struct stream *stream = stream_open(scratch_path("it"), CONTENT_TEXT, "a text", NULL);
            for (size_t piece = 1; piece; got += piece)
                cr_assert(stream_read(stream, back + got, sizes[i] + 1 - got, &piece, NULL));
            cr_expect(got == sizes[i] && memcmp(text, back, got) == 0, "%zu bytes at level %d", sizes[i], level);
            stream_free(stream);
            buf_free(&member);
            free(packed);
            free(text);
            free(back);
        }
}

/* RFC 1950 §8.2, a byte at a time. */
static uint32_t adler_of(const unsigned char *bytes, size_t n)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

Test(deflate, the_bytes_are_the_same_for_any_number_of_threads_and_end_with_the_checksum_of_all)
{
    const size_t size = (5 << 20) + 77;
    unsigned char *text = malloc(size), *first = NULL;
    unsigned long long state = 4;
    size_t n_first = 0;
    cr_assert_not_null(text);
    for (size_t k = 0; k < size; k++)
        text[k] = (unsigned char)draw(&state, 3);
    uint32_t adler = adler_of(text, size);
    for (size_t threads = 1; threads <= 3; threads++) {
        size_t n = 0;
        pool_set_threads(threads);
        unsigned char *packed = deflate_bytes(text, size, 2, &n);
        cr_assert(packed && n > 6);
        const unsigned char *end = packed + n - 4;
        cr_expect_eq((uint32_t)end[0] << 24 | (uint32_t)end[1] << 16 | (uint32_t)end[2] << 8 | end[3], adler);
        if (!first) {
            first = packed;
            n_first = n;
            continue;
        }
        cr_expect(n == n_first && memcmp(first, packed, n) == 0, "%zu threads", threads);
        free(packed);
    }
    free(first);
    free(text);
}
