/* NumPy's arrays: read bit for bit, in either order, stored or deflated; what is not as NumPy writes it is one error. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/given.h"
#include "core/weights/npz.h"
#include "tests/support/scratch.h"

#define GIVEN "tests/data/good/given/"

/* What make_given.py put in: element [l,h,i,j] of maps of 4 tokens. */
static double formula(size_t l, size_t h, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < 4; k++)
        sum += (double)(1 + (3 * l + 5 * h + 7 * i + 2 * k) % 11);
    return (double)(1 + (3 * l + 5 * h + 7 * i + 2 * j) % 11) / sum;
}

static struct run *open_run(const char *path, struct err *err)
{
    struct given_report report;
    const struct given_options options = {.mask = GIVEN_AUTO};
    struct run *run = given_open(path, &options, &report, err);
    buf_free(&report.unread);
    return run;
}

static void same_as_formula(const char *path, size_t layers, double tolerance)
{
    struct err err = {0};
    struct run *run = open_run(path, &err);
    cr_assert(run, "%s", err.message);
    cr_expect_eq(run->n_attentions, layers, "%s", path);
    for (size_t n = 0; n < layers * 3 * 16; n++) {
        size_t l = n / 48, h = n / 16 % 3, i = n / 4 % 4, j = n % 4;
        float row[4];
        cr_assert(run_map(run, (struct site){STACK_MAIN, 0, l, h}, (struct part){PART_PROBS, 0}, i, 1, row, &err));
        cr_expect(fabs((double)row[j] - formula(l, h, i, j)) <= tolerance, "%s: [%zu,%zu,%zu,%zu] is %.9g", path, l, h, i, j,
                  (double)row[j]);
    }
    run_free(run);
}

Test(npz, arrays_are_what_numpy_was_given_in_every_form)
{
    same_as_formula(GIVEN "maps.npz", 2, 1e-7);    /* deflated, a layer each */
    same_as_formula(GIVEN "batch.npz", 2, 1e-7);   /* stored, arr_0 and arr_1 of a batch of one */
    same_as_formula(GIVEN "five.npz", 2, 1e-7);    /* five axes */
    same_as_formula(GIVEN "fortran.npy", 2, 1e-7); /* the first axis fastest, of doubles */
    same_as_formula(GIVEN "half.npy", 1, 5e-4);    /* one layer, of halves */
    same_as_formula(GIVEN "terms.safetensors", 2, 1e-7);
}

Test(npz, terms_and_scores_are_those_of_the_file)
{
    struct err err = {0};
    struct run *run = open_run(GIVEN "terms.safetensors", &err);
    cr_assert(run, "%s", err.message);
    const struct attention *a = &run->attentions[1];
    struct part part;
    float scores[4], left[4], right[4], again[4];
    const struct site site = {STACK_MAIN, 0, 1, 2};
    cr_assert_eq(attention_terms(a), 2);
    cr_assert(run_map(run, site, (struct part){PART_SCORES, 0}, 3, 1, scores, &err));
    cr_assert(part_parse(a->terms, STR("left"), STR(""), STR(""), &part, &err) && run_map(run, site, part, 3, 1, left, &err));
    cr_assert(part_parse(a->terms, STR("right"), STR(""), STR(""), &part, &err) && run_map(run, site, part, 3, 1, right, &err));
    cr_assert(part_parse(a->terms, STR(""), STR("left+right"), STR(""), &part, &err) &&
              run_map(run, site, part, 3, 1, again, &err));
    for (size_t j = 0; j < 4; j++) {
        cr_expect(fabs((double)scores[j] - log(formula(1, 2, 3, j))) < 1e-6);
        cr_expect(fabs((double)right[j] - 3) < 1e-6 && fabs((double)(left[j] + right[j] - scores[j])) < 1e-6);
        cr_expect(fabs((double)again[j] - formula(1, 2, 3, j)) < 1e-6, "the softmax of their sum is the map");
    }
    run_free(run);
}

/* ---- files that are not as NumPy writes them ---- */

static void refused(const char *what, const unsigned char *bytes, size_t n, const char *says)
{
    struct err err = {0};
    scratch_write("maps.npz", bytes, n);
    struct weights *weights = weights_open_as(scratch_path("maps.npz"), &weights_npz, &err);
    cr_expect(!weights && strstr(err.message, "maps.npz") && strstr(err.message, says), "%s: wanted \"%s\", got %s", what, says,
              weights ? "weights" : err.message);
    weights_close(weights);
}

/* An .npy of a header's text and so many bytes. */
static void header_refused(const char *header, size_t bytes, const char *says)
{
    unsigned char file[512] = "\x93NUMPY\1";
    size_t n = strlen(header);
    file[8] = (unsigned char)n;
    memcpy(file + 10, header, n);
    refused(header, file, 10 + n + bytes, says);
}

Test(npz, a_header_of_another_form_is_refused)
{
    static const char form[] = "its header is not";
    header_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n", 12, "12 bytes for 4 numbers");
    header_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n", 20, "20 bytes for 4 numbers");
    header_refused("{'descr': '<f4', 'fortran_order': False}\n", 4, form);
    header_refused("{'descr': '<f4', 'descr': '<f4', 'shape': (1,), }\n", 4, form);
    header_refused("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }\n", 4, form);
    header_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n", 4, form);
    header_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1), }\n", 4, form);
    header_refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n", 4, form);
    header_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } or exit()\n", 4, form);
    header_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }\n", 4, form);
    header_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 2), }\n", 4, "overflows");
    header_refused("{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }\n", 4, "no list of that many bytes");
    header_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1), }\n", 4, form);
    refused("nothing", (const unsigned char *)"", 0, "neither");
    refused("text", (const unsigned char *)"hello, world", 12, "neither");
    scratch_remove();
}

/* The file with one byte changed, found by the bytes before it. */
static void changed(const char *what, const char *before, size_t n, size_t behind, unsigned char byte, const char *says)
{
    size_t size;
    unsigned char *bytes = read_file(GIVEN "maps.npz", &size), *at = memmem(bytes, size, before, n);
    cr_assert(at, "%s", what);
    at[n + behind] = byte;
    refused(what, bytes, size, says);
    free(bytes);
}

Test(npz, a_deflated_member_that_is_damaged_or_claims_too_much_is_refused)
{
    /* in the directory: mark, versions, flags, method, time, checksum at 16, sizes at 20 and 24 */
    changed("another checksum", "PK\1\2", 4, 12, 0x77, "has checksum");
    changed("one byte less", "PK\1\2", 4, 20, 0x10, "when decompressed");
    changed("a claim of 2 GB", "PK\1\2", 4, 23, 0x7f, "claim more than");
    changed("an unknown method", "PK\1\2", 4, 6, 12, "NumPy writes is stored as it is, or deflated");
    changed("an encrypted member", "PK\1\2", 4, 4, 1, "encrypted");
    scratch_remove();
}

Test(npz, every_prefix_of_a_file_is_one_error)
{
    size_t size, wrong = 0;
    unsigned char *bytes = read_file(GIVEN "maps.npz", &size);
    for (size_t n = 0; n < size; n++) {
        struct err err = {0};
        scratch_write("maps.npz", bytes, n);
        struct run *run = open_run(scratch_path("maps.npz"), &err);
        wrong += run || !strstr(err.message, "maps.npz");
        run_free(run);
    }
    cr_expect_eq(wrong, 0, "%zu prefixes", wrong);
    free(bytes);
    scratch_remove();
}

Test(npz, any_byte_changed_opens_or_is_one_error_that_names_the_file)
{
    size_t size, wrong = 0;
    unsigned char *bytes = read_file(GIVEN "maps.npz", &size);
    for (size_t n = 0; n < size; n++) {
        struct err err = {0};
        bytes[n] ^= 0x55;
        scratch_write("maps.npz", bytes, size);
        struct run *run = open_run(scratch_path("maps.npz"), &err);
        wrong += !run && !strstr(err.message, "maps.npz");
        run_free(run);
        bytes[n] ^= 0x55;
    }
    cr_expect_eq(wrong, 0, "%zu changes", wrong);
    free(bytes);
    scratch_remove();
}
