/* GGUF files: every type of number bit for bit, what a file that lies says, nothing of it trusted.
 * tests/core/weights/make_gguf.py made the files of tests/data/good/gguf; hostile ones are written here. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/weights/gguf.h"
#include "tests/support/scratch.h"

/* The floats of a tensor, on the heap. */
static float *widened(const struct tensor *tensor)
{
    float *out = malloc(tensor_numel(tensor) * sizeof *out + 1);
    cr_assert(out);
    tensor->dtype->widen(tensor->data, tensor_numel(tensor), out);
    return out;
}

/* How many of n numbers differ in a bit; the first of them in *at. */
static size_t differ(const float *a, const float *b, size_t n, size_t *at)
{
    size_t count = 0;
    for (size_t i = n; i-- > 0;)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0) {
            count++;
            *at = i;
        }
    return count;
}

Test(gguf, every_type_is_the_reference_s_bit_for_bit)
{
    struct err err = {0};
    struct weights *file = weights_open("tests/data/good/gguf/types.gguf", &err);
    cr_assert(file, "%s", err.message);
    struct weights *expected = weights_open("tests/data/good/gguf/types.safetensors", &err);
    cr_assert(expected, "%s", err.message);
    cr_assert_eq(file->n, 31);
    cr_assert_eq(expected->n, file->n);
    for (size_t i = 0; i < file->n; i++) {
        const struct tensor *tensor = &file->tensors[i], *want = weights_find(expected, tensor->name);
        cr_assert(want && tensor->rank == 2 && tensor->shape[0] == 2 && tensor->shape[1] == 256, "%.*s", STR_ARGS(tensor->name));
        float *got = widened(tensor), *wanted = widened(want);
        size_t at = 0, n = differ(got, wanted, 512, &at);
        cr_expect(n == 0, "%.*s: %zu of 512 differ, first %zu: %g for %g", STR_ARGS(tensor->name), n, at, got[at], wanted[at]);
        cr_expect(strncmp(tensor->dtype->name, tensor->name.s, tensor->name.n) == 0, "%.*s is read as %s", STR_ARGS(tensor->name),
                  tensor->dtype->name);
        free(got);
        free(wanted);
    }
    weights_close(file);
    weights_close(expected);
}

/* The numbers of a .npy file of floats, behind its header. */
static float *npy(const char *path, size_t *n_out)
{
    size_t size;
    unsigned char *bytes = read_file(path, &size);
    cr_assert(size > 10 && memcmp(bytes, "\x93NUMPY\1", 7) == 0, "%s", path);
    size_t header = 10 + (bytes[8] | (size_t)bytes[9] << 8);
    *n_out = (size - header) / sizeof(float);
    memmove(bytes, bytes + header, size - header);
    return (float *)(void *)bytes;
}

/* The last file of the folder of given cases that lists one-tensor files, with its values; the count in *n_out. */
static void check_given(const char *folder)
{
    char path[400];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/types.json", folder);
    struct json *list = json_load(path, 0, &err);
    if (!list) {
        fprintf(stderr, "GAZE_GOLDEN: no types of GGUF\n");
        return;
    }
    const struct json *types = json_is_array(list) ? list : json_get(list, "types");
    cr_expect(json_count(types) >= 26, "%zu types", json_count(types));
    for (size_t i = 0; i < json_count(types); i++) {
        struct str file = json_str(json_get(json_at(types, i), "file"), ""),
                   values = json_str(json_get(json_at(types, i), "values"), "");
        snprintf(path, sizeof path, "%s/%.*s", folder, STR_ARGS(file));
        struct weights *weights = weights_open(path, &err);
        cr_expect(weights && weights->n == 1, "%s: %s", path, err.message);
        if (!weights)
            continue;
        snprintf(path, sizeof path, "%s/%.*s", folder, STR_ARGS(values));
        size_t n, at = 0;
        float *want = npy(path, &n), *got = widened(&weights->tensors[0]);
        cr_expect(n == tensor_numel(&weights->tensors[0]), "%s", path);
        size_t wrong = differ(got, want, n, &at);
        cr_expect(wrong == 0, "%.*s: %zu of %zu differ, first %zu: %g for %g", STR_ARGS(file), wrong, n, at, got[at], want[at]);
        free(want);
        free(got);
        weights_close(weights);
    }
    json_free(list);
}

Test(gguf, every_given_type_is_the_reference_s_bit_for_bit)
{
    const char *root = getenv("GAZE_GOLDEN");
    char folder[300];
    if (!root || !*root) {
        fprintf(stderr, "GAZE_GOLDEN: not given\n");
        return;
    }
    snprintf(folder, sizeof folder, "%s/gguf-types", root);
    check_given(folder);
}

/* ---- files that are written here ----
 *
 * A file is a line of words: iN 32 bits, qN 64 bits, bN a byte, zN so many zero bytes, $text a string with its length, p zeros up
 * to a multiple of 32, anything else its own bytes. */

static void put_number(struct buf *out, const char *digits, int bytes)
{
    unsigned long long n = strtoull(digits, NULL, 0);
    for (int i = 0; i < bytes; i++)
        buf_char(out, (char)(n >> (8 * i)));
}

static void put_word(struct buf *out, const char *word)
{
    static const char zeros[4096];
    char kind = word[0] && ((word[1] >= '0' && word[1] <= '9') || word[0] == '$') ? word[0] : 0;
    if (kind == 'i' || kind == 'q' || kind == 'b')
        put_number(out, word + 1, kind == 'i' ? 4 : kind == 'q' ? 8 : 1);
    else if (kind == 'z')
        buf_add(out, zeros, strtoul(word + 1, NULL, 10));
    else if (strcmp(word, "p") == 0)
        buf_add(out, zeros, (32 - out->n % 32) % 32);
    else if (kind == '$') {
        char count[24];
        snprintf(count, sizeof count, "%zu", strlen(word + 1));
        put_number(out, count, 8);
        buf_puts(out, word + 1);
    } else
        buf_puts(out, word);
}

static struct weights *open_words(const char *words, struct err *err)
{
    struct buf bytes = {0};
    char line[600], *rest = NULL;
    snprintf(line, sizeof line, "%s", words);
    for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        put_word(&bytes, word);
    scratch_write("x.gguf", bytes.data, bytes.n);
    buf_free(&bytes);
    return weights_open(scratch_path("x.gguf"), err);
}

Test(gguf, the_sound_files_that_the_others_break_load)
{
    static const struct {
        const char *words;
        size_t n;
    } rows[] = {
        {"GGUF i3 q1 q0 $w i1 q4 i0 q0 p z16", 1},
        {"GGUF i2 q1 q0 $w i1 q4 i0 q0 p z16", 1},
        {"GGUF i3 q0 q0", 0},
        {"GGUF i3 q1 q1 $general.alignment i4 i8 $w i1 q4 i0 q0 z6 z16", 1},
        {"GGUF i3 q1 q1 $general.alignment i10 q8 $w i1 q4 i0 q0 z2 z16", 1}, /* counts come as 32 or 64 bits */
        {"GGUF i3 q2 q0 $w i1 q32 i8 q0 $v i2 q32 q1 i8 q64 p z64 z34", 2},
        {"GGUF i3 q1 q2 $a i9 i9 q2 i8 q1 $x i9 q0 $b i7 b1 $w i0 i0 q0 p z4", 1},
        {"GGUF i3 q1 q0 $w i2 q32 q0 i8 q0 p", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct weights *weights = open_words(rows[i].words, &err);
        cr_expect(weights && weights->n == rows[i].n, "%s: %s", rows[i].words,
                  weights ? "another number of tensors" : err.message);
        weights_close(weights);
    }
    scratch_remove();
}

Test(gguf, files_that_lie_are_refused_with_what_is_wrong)
{
    static const struct {
        const char *words, *says;
    } rows[] = {
        /* versions */
        {"GGUF", "ends within the version"},
        {"GGUF i1 i1 i0", "GGUF version 1; 2 and 3 are read"},
        {"GGUF i4 q0 q0", "GGUF version 4"},
        {"GGUF b0 b0 b0 b3 q0 q0", "big-endian"},
        /* counts */
        {"GGUF i3 q0xffffffffffffffff q0", "as the number of tensors, at byte 8, where 8 bytes are left"},
        {"GGUF i3 q0 q0x7fffffffffffffff z64", "as the number of keys"},
        {"GGUF i3 q2 q0 $w i1 q4 i0 q0 p z16", "a tensor's name of 0 bytes"},
        {"GGUF i3 q1 q0 $w i1 q4 i0 b0", "ends within a tensor's offset"},
        {"GGUF i3 q0 q3 $a i7 b1 z28", "a key of 0 bytes"},
        {"GGUF i3 q0 q1 $a i9 i4 q0x4000000000000000 z64", "as the length of an array"},
        {"GGUF i3 q0 q1 $a i9 i8 q9 z64", "as the length of an array"},
        {"GGUF i3 q0 q1 $a i9 i0 q65 z64", "as the length of an array"},
        /* lengths */
        {"GGUF i3 q0 q1 q0xfffffffffffffff0 a i4 i1 z16", "as the length of a key"},
        {"GGUF i3 q0 q1 $a i8 q100 z16", "as the length of a string"},
        {"GGUF i3 q0 q1 $a i9 i8 q2 $x q99 z16", "as the length of a string"},
        {"GGUF i3 q1 q0 q70 z70 i1 q4 i0 q0 p z16", "a tensor's name of 70 bytes"},
        {"GGUF i3 q1 q0 q0 i1 q4 i0 q0 p z16", "a tensor's name of 0 bytes"},
        {"GGUF i3 q0 q1 $abc i10 b1", "ends within a value"},
        {"GGUF i3 q0 q1 $abc i10 i1", "ends within a value"},
        /* nesting */
        {"GGUF i3 q0 q1 $a i9 i9 q1 i9 q1 i9 q1 i9 q1 i9 q1 i9 q1 i4 q1 i0", "arrays in arrays more than 4 deep"},
        /* types */
        {"GGUF i3 q0 q1 $a i13 z16", "a value of type 13"},
        {"GGUF i3 q0 q1 $a i9 i77 q0 z16", "a value of type 77"},
        {"GGUF i3 q0 q1 $a i7 b2 z16", "a truth value of 2"},
        {"GGUF i3 q0 q1 $a i9 i7 q3 b1 b0 b9 z16", "a truth value of 9"},
        {"GGUF i3 q1 q0 $w i1 q32 i42 q0 p z64", "numbers of type 42, which is not read"},
        {"GGUF i3 q1 q0 $w i1 q32 i0xffffffff q0 p z64", "numbers of type 4294967295"},
        {"GGUF i3 q1 q0 $w i1 q32 i4 q0 p z64", "numbers of type 4 (Q4_2), which is not read"},
        {"GGUF i3 q1 q0 $w i1 q32 i31 q0 p z64", "numbers of type 31 (Q4_0_4_4)"},
        /* alignment */
        {"GGUF i3 q1 q1 $general.alignment i4 i0 $w i1 q4 i0 q0 p z16", "general.alignment is no power of two"},
        {"GGUF i3 q1 q1 $general.alignment i4 i24 $w i1 q4 i0 q0 p z16", "general.alignment is no power of two"},
        {"GGUF i3 q1 q1 $general.alignment i8 $32 $w i1 q4 i0 q0 p z16", "general.alignment is no power of two"},
        {"GGUF i3 q1 q1 $general.alignment i10 q0x8000000000000000 $w i1 q4 i0 q0 p z16", "general.alignment is no power of two"},
        {"GGUF i3 q1 q1 $general.alignment i4 i0x80000000 $w i1 q4 i0 q0 p z16", "the padding before the data"},
        {"GGUF i3 q1 q0 $w i1 q4 i0 q8 p z64", "offset 8 is no multiple of the alignment 32"},
        {"GGUF i3 q1 q0 $w i1 q4 i0 q0", "the padding before the data"},
        /* shapes */
        {"GGUF i3 q1 q0 $w i5 q1 q1 q1 q1 q1 i0 q0 p z64", "rank 5, at most 4"},
        {"GGUF i3 q1 q0 $w i0x7fffffff q1 i0 q0 p z64", "rank 2147483647"},
        {"GGUF i3 q1 q0 $w i2 q0x100000000 q0x100000000 i0 q0 p z64", "its shape overflows"},
        {"GGUF i3 q1 q0 $w i1 q0xffffffffffffffff i0 q0 p z64", "a side of 18446744073709551615"},
        {"GGUF i3 q1 q0 $w i1 q33 i8 q0 p z64", "rows of 33 numbers, Q8_0 comes in blocks of 32"},
        {"GGUF i3 q1 q0 $w i2 q16 q2 i8 q0 p z64", "rows of 16 numbers, Q8_0 comes in blocks of 32"},
        /* places */
        {"GGUF i3 q1 q0 $w i1 q4 i0 q0xffffffffffffffe0 p z16", "past the end"},
        {"GGUF i3 q1 q0 $w i1 q4 i0 q32 p z16", "past the end"},
        {"GGUF i3 q1 q0 $w i1 q5 i0 q0 p z16", "past the end"},
        {"GGUF i3 q2 q0 $w i1 q16 i0 q0 $v i1 q16 i0 q32 p z256", "tensor v begins within w"},
        {"GGUF i3 q2 q0 $w i1 q4 i0 q0 $w i1 q4 i0 q32 p z64", "tensor w is there twice"},
        {"GGUF i3 q0 q2 $a i7 b1 $a i7 b0 z16", "key a is there twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct weights *weights = open_words(rows[i].words, &err);
        cr_expect(!weights && strstr(err.message, "x.gguf") && strstr(err.message, rows[i].says), "%s: wanted \"%s\", got: %s",
                  rows[i].words, rows[i].says, weights ? "weights" : err.message);
        weights_close(weights);
    }
    scratch_remove();
}

Test(gguf, every_truncation_of_the_header_is_an_error_that_names_the_file)
{
    size_t size;
    unsigned char *bytes = read_file("tests/data/good/gguf/types.gguf", &size);
    for (size_t n = 0; n < size; n += n < 2000 ? 1 : 997) {
        struct err err = {0};
        scratch_write("x.gguf", bytes, n);
        struct weights *weights = weights_open(scratch_path("x.gguf"), &err);
        cr_expect(!weights && strstr(err.message, "x.gguf"), "%zu bytes: %s", n, weights ? "weights" : err.message);
        weights_close(weights);
    }
    free(bytes);
    scratch_remove();
}
