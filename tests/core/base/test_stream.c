/* Files read from the front: plain, gzip and zstd, in pieces of any size, whole or cut off.
 *
 * The compressed files are written here byte by byte, with blocks that store their bytes as they are. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/cancel.h"
#include "core/base/deflate.h"
#include "core/base/stream.h"
#include "tests/support/scratch.h"

static void put_le(struct buf *out, unsigned long long value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        buf_char(out, (char)(value >> 8 * i));
}

/* A gzip member (RFC 1952) of stored blocks (RFC 1951, 3.2.4). */
static void put_gzip(struct buf *out, const void *bytes, size_t n)
{
    enum { MOST = 65535 };
    const char *at = bytes;
    buf_add(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    for (size_t left = n;;) {
        size_t piece = left < MOST ? left : MOST;
        left -= piece;
        buf_char(out, left == 0);
        put_le(out, piece, 2);
        put_le(out, ~piece & 0xffff, 2);
        buf_add(out, at, piece);
        at += piece;
        if (left == 0)
            break;
    }
    put_le(out, crc32_of(0, bytes, n), 4);
    put_le(out, n, 4);
}

/* A zstd frame (RFC 8878, 3.1.1) of raw blocks, a window of 128 KiB, no checksum. */
static void put_zstd(struct buf *out, const void *bytes, size_t n)
{
    enum { MOST = 128 * 1024 };
    const char *at = bytes;
    buf_add(out, "\x28\xb5\x2f\xfd\0\x38", 6);
    for (size_t left = n;;) {
        size_t piece = left < MOST ? left : MOST;
        left -= piece;
        put_le(out, (left == 0) | piece << 3, 3);
        buf_add(out, at, piece);
        at += piece;
        if (left == 0)
            break;
    }
}

static void put_plain(struct buf *out, const void *bytes, size_t n)
{
    buf_add(out, bytes, n);
}

static const struct kind {
    const char *name;
    void (*put)(struct buf *out, const void *bytes, size_t n);
    size_t known_by; /* bytes that tell it from a plain file */
} kinds[] = {{"plain", put_plain, 0}, {"gzip", put_gzip, 3}, {"zstd", put_zstd, 4}};

/* The whole of a file, asked for in pieces of `capacity`. */
static bool read_all(const char *path, size_t capacity, struct buf *out, struct err *err)
{
    struct stream *stream = stream_open(path, CONTENT_TEXT, "a text", err);
    char *piece = malloc(capacity);
    size_t n = 1;
    bool ok = stream != NULL;
    while (ok && n > 0) {
        ok = stream_read(stream, piece, capacity, &n, err);
        buf_add(out, piece, ok ? n : 0);
    }
    if (ok)
        cr_expect(stream_stored_size(stream) == 0 || stream_stored_read(stream) == stream_stored_size(stream),
                  "%zu of %zu bytes are said to be read", stream_stored_read(stream), stream_stored_size(stream));
    free(piece);
    stream_free(stream);
    return ok;
}

static char *random_bytes(size_t n)
{
    unsigned long long state = 3;
    char *bytes = malloc(n ? n : 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)draw(&state, 256);
    return bytes;
}

Test(stream, every_kind_gives_its_text_in_pieces_of_any_size)
{
    static const size_t sizes[] = {0, 1, 100, 262144, 262145, 700000}, capacities[] = {1, 7, 4096, 262144, 1 << 20};
    for (size_t k = 0; k < 3; k++)
        for (size_t s = 0; s < 6; s++)
            for (size_t c = sizes[s] > 1000; c < 5; c++) {
                struct buf stored = {0}, got = {0};
                struct err err = {0};
                char *text = random_bytes(sizes[s]);
                kinds[k].put(&stored, text, sizes[s]);
                scratch_write("it", stored.data, stored.n);
                bool ok = read_all(scratch_path("it"), capacities[c], &got, &err);
                cr_expect(ok, "%s of %zu bytes by %zu: %s", kinds[k].name, sizes[s], capacities[c], err.message);
                cr_expect(str_eq(buf_view(&got), (struct str){text, sizes[s]}), "%s of %zu bytes by %zu: other bytes",
                          kinds[k].name, sizes[s], capacities[c]);
                free(text);
                buf_free(&stored);
                buf_free(&got);
            }
}

/* gzip 1.12: printf "hello, hello, hello\n" | gzip -9n; and zstd 1.5.4 of the same, with a checksum. */
Test(stream, files_of_the_programs_themselves_are_read)
{
    static const unsigned char of_gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                            0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa2,
                                            0xb8, 0x00, 0xe7, 0x42, 0x6e, 0x52, 0x14, 0x00, 0x00, 0x00};
    static const unsigned char of_zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x75, 0x00, 0x00, 0x40, 0x68, 0x65, 0x6c, 0x6c,
                                            0x6f, 0x2c, 0x20, 0x0a, 0x01, 0x00, 0xe2, 0x8a, 0x11, 0x21, 0x69, 0x9d, 0x87};
    struct buf got = {0};
    scratch_write("a", of_gzip, sizeof of_gzip);
    scratch_write("b", of_zstd, sizeof of_zstd);
    cr_expect(read_all(scratch_path("a"), 100, &got, NULL) && read_all(scratch_path("b"), 100, &got, NULL));
    cr_expect_str_eq(buf_cstr(&got), "hello, hello, hello\nhello, hello, hello\n");
    buf_free(&got);
}

Test(stream, members_one_after_the_other_are_one_text)
{
    for (size_t k = 1; k < 3; k++) {
        struct buf stored = {0}, got = {0};
        struct err err = {0};
        kinds[k].put(&stored, "one ", 4);
        kinds[k].put(&stored, "", 0);
        kinds[k].put(&stored, "two", 3);
        scratch_write("it", stored.data, stored.n);
        cr_expect(read_all(scratch_path("it"), 3, &got, &err), "%s: %s", kinds[k].name, err.message);
        cr_expect_str_eq(buf_cstr(&got), "one two", "%s", kinds[k].name);
        buf_free(&stored);
        buf_free(&got);
    }
}

Test(stream, zeros_behind_the_last_member_are_passed_over)
{
    struct buf stored = {0}, got = {0};
    put_gzip(&stored, "text", 4);
    for (size_t i = 0; i < 1000; i++)
        buf_char(&stored, 0);
    scratch_write("it", stored.data, stored.n);
    cr_expect(read_all(scratch_path("it"), 100, &got, NULL));
    cr_expect_str_eq(buf_cstr(&got), "text");
    buf_free(&stored);
    buf_free(&got);
}

Test(stream, a_compressed_file_cut_off_anywhere_is_an_error_that_names_it)
{
    for (size_t k = 1; k < 3; k++) {
        struct buf stored = {0};
        kinds[k].put(&stored, "some text that is there", 23);
        for (size_t n = kinds[k].known_by; n < stored.n; n++) {
            struct buf got = {0};
            struct err err = {0};
            scratch_write("cut", stored.data, n);
            bool ok = read_all(scratch_path("cut"), 100, &got, &err);
            cr_expect(!ok && err.code == ERR_FORMAT && strstr(err.message, "cut") && strstr(err.message, kinds[k].name),
                      "%s, %zu bytes: %s", kinds[k].name, n, ok ? "is read" : err.message);
            buf_free(&got);
        }
        buf_free(&stored);
    }
}

Test(stream, a_gzip_file_whose_bytes_are_not_those_of_its_checksum_is_an_error)
{
    struct buf stored = {0}, got = {0};
    struct err err = {0};
    put_gzip(&stored, "some text", 9);
    stored.data[stored.n - 10] ^= 1;
    scratch_write("it", stored.data, stored.n);
    cr_expect(!read_all(scratch_path("it"), 100, &got, &err));
    cr_expect(err.code == ERR_FORMAT && strstr(err.message, "damaged gzip"), "%s", err.message);
    buf_free(&stored);
    buf_free(&got);
}

Test(stream, what_cannot_be_opened_is_an_error_that_names_it)
{
    struct err err = {0};
    mkdir(scratch_path("folder"), 0755);
    cr_expect_null(stream_open(scratch_path("folder"), CONTENT_TEXT, "a text", &err));
    cr_expect(err.code == ERR_IO && strstr(err.message, "folder"), "%s", err.message);
    err_clear(&err);
    cr_expect_null(stream_open(scratch_path("nothing"), CONTENT_TEXT, "a text", &err));
    cr_expect(err.code == ERR_NOT_FOUND && strstr(err.message, "nothing"), "%s", err.message);
    stream_free(NULL);
}

/* Writes a gzip file into a pipe, in two parts. */
static void *write_pipe(void *path)
{
    struct buf stored = {0};
    put_gzip(&stored, "through a pipe", 14);
    FILE *f = fopen(path, "wb");
    fwrite(stored.data, 1, 2, f);
    fflush(f);
    fwrite(stored.data + 2, 1, stored.n - 2, f);
    fclose(f);
    buf_free(&stored);
    return NULL;
}

Test(stream, a_pipe_is_read_as_a_file_whose_size_nobody_knows)
{
    char *path = strdup(scratch_path("pipe"));
    struct buf got = {0};
    struct err err = {0};
    pthread_t writer;
    cr_assert(mkfifo(path, 0600) == 0 && pthread_create(&writer, NULL, write_pipe, path) == 0);
    cr_expect(read_all(path, 100, &got, &err), "%s", err.message);
    pthread_join(writer, NULL);
    cr_expect_str_eq(buf_cstr(&got), "through a pipe");
    buf_free(&got);
    free(path);
}

Test(stream, a_silent_pipe_is_waited_for_until_it_is_interrupted)
{
    struct err err = {0};
    cr_assert_eq(mkfifo(scratch_path("pipe"), 0600), 0);
    cancel_request();
    cr_expect_null(stream_open(scratch_path("pipe"), CONTENT_TEXT, "a text", &err));
    cr_expect_eq(err.code, ERR_CANCELLED, "%s", err.message);
    cancel_clear();
}
