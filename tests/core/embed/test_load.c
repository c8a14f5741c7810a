/* Files of word vectors: those that word2vec.c, gensim, fastText, koan, GloVe and NumPy wrote, damaged ones, and what is written. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/number.h"
#include "core/embed/load.h"
#include "tests/support/scratch.h"

#include "tests/core/embed/reference_files.h"
#include "tests/core/embed/reference_model2vec.h"
#include "tests/core/embed/reference_quantised.h"

#define FOLDER "tests/data/good/vectors/"

Test(embed_load, files_of_the_known_tools_give_their_vectors)
{
    struct buf failures = {0};
    for (size_t i = 0; i < sizeof file_cases / sizeof *file_cases; i++) {
        const struct file_case *c = &file_cases[i];
        struct err err = {0};
        char path[200];
        float row[16];
        snprintf(path, sizeof path, FOLDER "%s", c->file);
        struct vectors *v = vectors_load(path, NULL, &err);
        if (!v || v->V != c->V || v->E != c->E || strcmp(v->format->name, c->format) != 0 || v->note) {
            buf_printf(&failures, "  %s: %s\n", c->file, v ? v->note ? v->note : "another size or format" : err.message);
            vectors_free(v);
            continue;
        }
        vectors_row(v, c->row, row);
        if (!str_is(v->words[c->row], c->word) || vectors_find(v, str_of(c->word), false) != c->row)
            buf_printf(&failures, "  %s: row %zu is another word than %s\n", c->file, c->row, c->word);
        if (memcmp(row, c->numbers, c->E * sizeof *row) != 0)
            buf_printf(&failures, "  %s: other numbers for %s\n", c->file, c->word);
        vectors_free(v);
    }
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    buf_free(&failures);
}

Test(embed_load, glove_counts_its_last_word_in_no_header)
{
    struct err err = {0};
    struct vectors *plain = vectors_load(FOLDER "glove.txt", NULL, &err);
    struct vectors *headed = vectors_load(FOLDER "glove-header.txt", NULL, &err);
    cr_assert(plain && headed, "%s", err.message);
    cr_expect_str_eq(headed->format->name, "word2vec-text");
    cr_assert(headed->V == plain->V - 1 && headed->E == plain->E);
    cr_assert(headed->note);
    cr_expect_str_eq(headed->note, "line 1 promises 51 words, 1 more behind is left out");
    cr_expect(str_is(plain->words[51], "<unk>"));
    for (size_t i = 0; i < headed->V; i++) {
        float a[8], b[8];
        vectors_row(plain, i, a);
        vectors_row(headed, i, b);
        cr_expect(str_eq(plain->words[i], headed->words[i]) && memcmp(a, b, plain->E * sizeof *a) == 0, "row %zu", i);
    }
    vectors_free(plain);
    vectors_free(headed);
}

static void check_subwords(const char *path)
{
    struct err err = {0};
    struct vectors *v = vectors_load(path, NULL, &err);
    cr_assert(v, "%s", err.message);
    cr_expect_str_eq(v->format->name, "fasttext");
    for (size_t i = 0; i < sizeof subword_cases / sizeof *subword_cases; i++) {
        const struct subword_case *c = &subword_cases[i];
        float row[6];
        cr_expect(vectors_of(v, str_of(c->word), false, row, NULL), "%s", c->word);
        for (size_t d = 0; d < 6; d++)
            cr_expect(fabsf(row[d] - c->numbers[d]) <= 6e-5f * fmaxf(1, fabsf(c->numbers[d])), "%s: number %zu is %g, not %g",
                      c->word, d, (double)row[d], (double)c->numbers[d]);
    }
    cr_expect_eq(vectors_find(v, STR("unseenword"), false), VECTORS_NONE);
    vectors_free(v);
}

Test(embed_load, fasttext_gives_words_and_unknown_words_the_vectors_that_its_program_prints)
{
    check_subwords(FOLDER "fasttext.bin");
}

/* fasttext.bin as files were before they had a version. */
Test(embed_load, fasttexts_oldest_files_are_told_without_a_version)
{
    check_subwords(FOLDER "fasttext-oldest.bin");
}

Test(embed_load, quantised_fasttext_gives_the_vectors_that_its_package_gives)
{
    for (size_t i = 0; i < sizeof quantised_cases / sizeof *quantised_cases; i++) {
        const struct quantised_case *c = &quantised_cases[i];
        struct err err = {0};
        char path[200];
        float row[8];
        snprintf(path, sizeof path, FOLDER "%s", c->file);
        struct vectors *v = vectors_load(path, NULL, &err);
        cr_assert(v && vectors_of(v, str_of(c->word), false, row, NULL), "%s: %s", path, err.message);
        for (size_t d = 0; d < v->E; d++)
            cr_expect(fabsf(row[d] - c->numbers[d]) <= 2e-7f, "%s %s: number %zu is %g, not %g", path, c->word, d, (double)row[d],
                      (double)c->numbers[d]);
        vectors_free(v);
    }
}

/* A word that is a token, and ones that are several; model2vec gives the second folder's in F16. */
Test(embed_load, a_folder_of_model2vec_gives_words_what_it_encodes)
{
    for (size_t i = 0; i < sizeof folder_cases / sizeof *folder_cases; i++) {
        const struct folder_case *c = &folder_cases[i];
        struct err err = {0};
        char path[200];
        float row[5];
        snprintf(path, sizeof path, FOLDER "%s", c->folder);
        struct vectors *v = vectors_load(path, NULL, &err);
        cr_assert(v && v->E == 5 && v->V == 13 && vectors_of(v, str_of(c->text), false, row, NULL), "%s: %s", path, err.message);
        cr_expect_str_eq(v->name, c->folder);
        for (size_t d = 0; d < 5; d++)
            cr_expect(fabsf(row[d] - c->numbers[d]) <= (strstr(path, "clusters") ? 1e-3f : 3e-7f) * fmaxf(1, fabsf(c->numbers[d])),
                      "%s %s: number %zu is %g, not %g", path, c->text, d, (double)row[d], (double)c->numbers[d]);
        vectors_free(v);
    }
}

Test(embed_load, a_folder_without_embeddings_is_refused_by_name)
{
    struct err err = {0};
    cr_expect_not(vectors_load("tests/data/good/tiny-bert", NULL, &err));
    cr_expect(strstr(err.message, "tiny-bert: model.safetensors has no tensor embeddings"), "%s", err.message);
    cr_expect_not(vectors_load("tests/data/good/train", NULL, &err));
    cr_expect(strstr(err.message, "tests/data/good/train"), "%s", err.message);
}

Test(embed_load, what_is_written_reads_back_the_same)
{
    static const struct {
        const char *format, *file;
    } cases[] = {{"bin", "a.bin"},     {"txt", "a.txt"}, {"vec", "a.vec"},
                 {"glove", "a.glove"}, {"npy", "a.npy"}, {"safetensors", "a.safetensors"}};
    struct err err = {0};
    struct vectors *v = vectors_load(FOLDER "gensim.bin", NULL, &err);
    cr_assert(v, "%s", err.message);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct vectors_format *format = vectors_format_written(str_of(cases[i].format));
        struct out out;
        char path[300];
        float a[8], b[8];
        snprintf(path, sizeof path, "%s", scratch_path(cases[i].file));
        cr_assert(format && out_open(path, &out, &err) && format->write(v, path, &out, &err) && out_commit(&out, &err), "%s: %s",
                  cases[i].format, err.message);
        struct vectors *again = vectors_load(path, NULL, &err);
        cr_assert(again, "%s: %s", cases[i].format, err.message);
        cr_expect_eq(again->format, format);
        cr_assert(again->V == v->V && again->E == v->E && !again->note);
        for (size_t r = 0; r < v->V; r++) {
            vectors_row(v, r, a);
            vectors_row(again, r, b);
            cr_expect(str_eq(v->words[r], again->words[r]) && memcmp(a, b, sizeof a) == 0, "%s: row %zu", cases[i].format, r);
        }
        vectors_free(again);
    }
    vectors_free(v);
}

/* ---- damaged files ---- */

#define F1 "\0\0\200\077" /* 1 as bytes */
static const struct bad_case {
    const char *what, *bytes;
    size_t n;
    const char *message; /* part of it; the file's name is always there */
    const char *note;    /* where it loads: part of the remark; "" for none */
    size_t V;
} bad_cases[] = {
#define TEXT(bytes) bytes, sizeof bytes - 1
    {"empty", TEXT(""), "is empty", NULL, 0},
    {"no vectors at all", TEXT("once upon a time\nthere was\n"), "no known format", NULL, 0},
    {"a pickle", TEXT("\200\4\225\52\0\0\0\0\0\0\0\214\1a."), "Python pickle", NULL, 0},
    {"binary noise", TEXT("\377\376\0\1\2\3\4"), "no known format", NULL, 0},
    {"a number short", TEXT("a 1 2 3\nb 1 2\nc 1 2 3\n"), "line 2: 3 numbers expected behind the word, found 2", NULL, 0},
    {"a number too many is a word with a blank", TEXT("a 1 2 3\nb 4 1 2 3\n"), NULL, "1 word holds blanks, first in line 2", 2},
    {"a fraction too many", TEXT("a 1 2 3\nb .5 1 2 3\n"), "line 2: 3 numbers expected behind the word, found 4", NULL, 0},
    {"fractions too many", TEXT("a 1 2 3\nb 7 .5 9 1 2 3\n"), "line 2: 3 numbers expected behind the word, found 6", NULL, 0},
    {"a header too narrow", TEXT("2 2\na .1 .2 .3\nb .1 .2 .3\n"), "line 2: 2 numbers expected behind the word, found 3", NULL, 0},
    {"blanks before words", TEXT("2 2\n a 1 2\n b 1 2\n"), NULL, "", 2},
    {"blanks before a word of two", TEXT("2 2\n  a b 1 2\nb 1 2\n"), NULL, "1 word holds blanks, first in line 2", 2},
    {"a word with blanks", TEXT("a 1 2 3\n. . . 1 2 3\nb c 1 2 3\n"), NULL, "2 words hold blanks, first in line 2", 3},
    {"a number that is none", TEXT("a 1 2 3\nb 1 x2 3\n"), "line 2: \"x2\" is no number", NULL, 0},
    {"a number twice signed", TEXT("a 1 2 3\nb 1 --2 3\n"), "line 2", NULL, 0},
    {"NaN and infinity", TEXT("a 1 2 3\nb 1 nan 3\nc 1 -inf 3\n"), NULL, "2 words have NaN or infinite numbers, first in line 2",
     3},
    {"twice the same word", TEXT("a 1 2 3\nb 1 2 3\na 4 5 6\nb 1 2 3\n"), NULL,
     "2 words were there before and left out, first \"a\", line 3", 2},
    {"no final line end", TEXT("a 1 2 3\nb 1 2 3"), NULL, "", 2},
    {"Windows' line ends", TEXT("a 1 2 3\r\nb 1 2 3\r\n"), NULL, "", 2},
    {"blank lines", TEXT("a 1 2 3\n\nb 1 2 3\n\n"), NULL, "", 2},
    {"not UTF-8", TEXT("a 1 2 3\nb\377 1 2 3\n"), NULL, "1 word is not UTF-8, first in line 2", 2},
    {"not UTF-8 behind a header", TEXT("2 3\na 1 2 3\nb\377 1 2 3\n"), NULL, "1 word is not UTF-8, first in line 3", 2},
    {"not UTF-8 behind an empty line", TEXT("2 3\n\na 1 2 3\nb\377 1 2 3\n"), NULL, "1 word is not UTF-8, first word 2", 2},
    {"header promises more", TEXT("3 2\na 1 2\nb 1 2\n"), "line 1 promises 3 words, the file ends after 2", NULL, 0},
    {"header promises fewer", TEXT("1 2\na 1 2\nb 1 2\n"), NULL, "line 1 promises 1 word, 1 more behind is left out", 1},
    {"header of another width", TEXT("2 3\na 1 2\nb 1 2\n"), "line 2: 3 numbers expected behind the word, found 2", NULL, 0},
    {"header of absurd width", TEXT("2 99999999999999\na 1 2\nb 1 2\n"), "cannot stand in", NULL, 0},
    {"header of absurd length", TEXT("999999999999999 2\na 1 2\n"), "promises 999999999999999 words", NULL, 0},
    {"header beyond 64 bits", TEXT("99999999999999999999999 2\na 1 2\n"), "promises 999999999999999999 words", NULL, 0},
    {"header with blanks around", TEXT("  2 2 \na 1 2\nb 1 2\n"), NULL, "", 2},
    {"header before words with blanks", TEXT("3 3\nnew york 1 2 3\nla 1 2 3\nc d 1 2 3\n"), NULL,
     "2 words hold blanks, first in line 2", 3},
    {"header before a number that is none", TEXT("2 2\na 1 x2\nb 1 2\n"), "line 2: \"x2\" is no number", NULL, 0},
    {"a mark of byte order", TEXT("\357\273\277a 1 2\nb 1 2\n"), NULL, "", 2},
    {"a mark of byte order before a header", TEXT("\357\273\2772 2\na 1 2\nb 1 2\n"), NULL, "", 2},
    {"an empty word", TEXT("a 1 2\n 1 2\nb 1 2\n"), NULL, "1 word is empty, first in line 2", 3},
    {"a word with NUL", TEXT("a 1 2\nb\0c 1 2\n"), NULL, "1 word holds a line end or NUL, first in line 2", 2},
    {"header alone", TEXT("0 0\n"), "no vectors", NULL, 0},
    {"binary", TEXT("2 1\na " F1 "\nb " F1 "\n"), NULL, "", 2},
    {"binary without line ends", TEXT("2 1\na " F1 "b " F1), NULL, "", 2},
    {"binary cut", TEXT("2 1\na " F1 "\nb \0\0"), "ends within word 2 of the 2", NULL, 0},
    {"binary that promises more", TEXT("9 1\na " F1 "\nb " F1 "\n"), "promises 9 words of 1 numbers, which do not fit", NULL, 0},
    {"binary that goes on", TEXT("1 1\na " F1 "\nb " F1 "\n"), NULL, "7 bytes behind the last word are left out", 1},
    {"binary whose rows are longer than promised", TEXT("2 1\na " F1 F1 "\nb " F1 F1 "\n"), "is it another count", NULL, 0},
    {"binary, an empty word", TEXT("2 1\n " F1 "\nb " F1 "\n"), NULL, "1 word is empty, first word 1", 2},
    {"binary, twice", TEXT("2 1\na " F1 "\na " F1 "\n"), NULL, "1 word was there before", 1},
    {"binary, NaN", TEXT("2 1\na " F1 "\nb \0\0\300\177\n"), NULL, "1 word has NaN or infinite numbers, first word 2", 2},
    {"npy cut", TEXT("\x93NUMPY\1\0\377\377{'descr'"), "a header of 65535 bytes in a file of 18", NULL, 0},
    {"npy of strings", TEXT("\x93NUMPY\1\0\067\0{'descr': '<U4', 'fortran_order': False, 'shape': (2,), }"), "'<U4'", NULL, 0},
    {"npy of one axis", TEXT("\x93NUMPY\1\0\067\0{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"), "a matrix", NULL,
     0},
    {"npy of no order", TEXT("\x93NUMPY\1\0\067\0{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,1)} "), "fortran_order",
     NULL, 0},
    {"npy of absurd size", TEXT("\x93NUMPY\1\0\106\0{'descr': '<f4','fortran_order':False,'shape':(4611686018427387904,4)}" F1),
     "4 bytes behind the header", NULL, 0},
    {"npy without words", TEXT("\x93NUMPY\1\0\067\0{'descr': '<f4', 'fortran_order': False, 'shape':(1,1)}" F1),
     "its words are missing", NULL, 0},
    {"npy too short", TEXT("\x93NUMPY\1\0\067\0{'descr': '<f4', 'fortran_order': False, 'shape':(9,9)}" F1),
     "4 bytes behind the header", NULL, 0},
    {"safetensors without vectors", TEXT("\2\0\0\0\0\0\0\0{}"), "no tensor \"vectors\"", NULL, 0},
    {"safetensors without words",
     TEXT("\100\0\0\0\0\0\0\0{\"vectors\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}  " F1),
     "no tensor \"words\"", NULL, 0},
    {"safetensors outside its data",
     TEXT("\100\0\0\0\0\0\0\0{\"vectors\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}  " F1),
     "outside the 4 bytes", NULL, 0},
    {"safetensors, no JSON", TEXT("\3\0\0\0\0\0\0\0{x}"), "", NULL, 0},
    {"fastText cut", TEXT("\272\026\117\057\14\0\0\0"), "ends within the settings", NULL, 0},
    {"gzip cut", TEXT("\037\213\010\0\0\0\0\0\0\3"), "", NULL, 0},
    {"zstd that is none", TEXT("\050\265\057\375zzzz"), "", NULL, 0},
};

Test(embed_load, damaged_files_give_one_clear_error_or_a_counted_remark)
{
    struct buf failures = {0};
    for (size_t i = 0; i < sizeof bad_cases / sizeof *bad_cases; i++) {
        const struct bad_case *c = &bad_cases[i];
        struct err err = {0};
        scratch_write("damaged", c->bytes, c->n);
        struct vectors *v = vectors_load(scratch_path("damaged"), NULL, &err);
        if (c->message && v)
            buf_printf(&failures, "  %s: loads\n", c->what);
        else if (c->message && (err.code == ERR_NONE || !strstr(err.message, "damaged") || !strstr(err.message, c->message)))
            buf_printf(&failures, "  %s: %s\n", c->what, err.message);
        else if (!c->message && !v)
            buf_printf(&failures, "  %s: does not load: %s\n", c->what, err.message);
        else if (!c->message && v->V != c->V)
            buf_printf(&failures, "  %s: %zu words, not %zu\n", c->what, v->V, c->V);
        else if (!c->message && (*c->note ? !v->note || !strstr(v->note, c->note) : v->note != NULL))
            buf_printf(&failures, "  %s: remark: %s\n", c->what, v->note ? v->note : "none");
        vectors_free(v);
    }
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    buf_free(&failures);
}

Test(embed_load, a_matrix_that_lies_by_columns_is_read_by_rows)
{
    static const char header[] = "\x93NUMPY\1\0\100\0{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }     \n";
    const float columns[6] = {1, 4, 2, 5, 3, 6};
    struct err err = {0};
    struct buf file = {0};
    float row[3];
    buf_add(&file, header, sizeof header - 1);
    buf_add(&file, (const char *)columns, sizeof columns);
    scratch_write("columns.npy", file.data, file.n);
    scratch_write("columns.npy.vocab", "one\ntwo\n", 8);
    struct vectors *v = vectors_load(scratch_path("columns.npy"), NULL, &err);
    cr_assert(v, "%s", err.message);
    vectors_row(v, 0, row);
    cr_expect(row[0] == 1 && row[1] == 2 && row[2] == 3);
    vectors_row(v, 1, row);
    cr_expect(row[0] == 4 && row[1] == 5 && row[2] == 6);
    vectors_free(v);
    buf_free(&file);
}

Test(embed_load, the_words_of_a_text_do_not_begin_with_its_mark_of_byte_order)
{
    struct err err = {0};
    scratch_write("mark.txt", "\357\273\277a 1 2\nb 1 2\n", 15);
    struct vectors *v = vectors_load(scratch_path("mark.txt"), NULL, &err);
    cr_assert(v, "%s", err.message);
    cr_expect_eq(vectors_find(v, STR("a"), false), 0);
    vectors_free(v);
}

/* 17,000 × 1,024 floats, 70 MB of zeros that take no disk, and a NaN in the last row but one. */
Test(embed_load, no_number_of_a_large_file_escapes_the_look_for_NaN)
{
    enum { V = 17000, E = 1024 };
    struct err err = {0};
    struct buf words = {0}, header = {0};
    const float nan = NAN;
    for (size_t i = 0; i < V; i++)
        buf_printf(&words, "w%zu\n", i);
    scratch_write("large.npy.vocab", words.data, words.n);
    buf_add(&header, "\x93NUMPY\1\0\166\0", 10);
    buf_printf(&header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", V, E);
    while (header.n < 128)
        buf_char(&header, header.n == 127 ? '\n' : ' ');
    scratch_write("large.npy", header.data, header.n);
    FILE *file = fopen(scratch_path("large.npy"), "r+b");
    cr_assert(file && fseek(file, 128 + ((long)(V - 2) * E + 77) * 4, SEEK_SET) == 0 && fwrite(&nan, 4, 1, file) == 1 &&
              fseek(file, 128 + (long)V * E * 4 - 4, SEEK_SET) == 0 && fwrite("\0\0\0", 4, 1, file) == 1 && fclose(file) == 0);
    struct vectors *v = vectors_load(scratch_path("large.npy"), NULL, &err);
    cr_assert(v, "%s", err.message);
    cr_assert(v->note);
    cr_expect_str_eq(v->note, "1 word has NaN or infinite numbers, first word 16999: never an answer");
    vectors_free(v);
    buf_free(&words);
    buf_free(&header);
}

Test(embed_load, every_beginning_of_a_file_loads_or_fails_by_name)
{
    static const char *const files[] = {"word2vec-c.bin", "koan.txt",       "fasttext.bin",       "fasttext.vec", "gensim.npy",
                                        "gensim.bin.zst", "gensim-glove.txt.gz", "fasttext.ftz", "fasttext-norm.ftz", "fasttext-oldest.bin"};
    struct buf failures = {0};
    scratch_copy(FOLDER "gensim.npy.vocab");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[200];
        size_t size;
        snprintf(path, sizeof path, FOLDER "%s", files[i]);
        unsigned char *bytes = read_file(path, &size);
        for (size_t n = 0; n < size; n += 1 + n / 200) {
            struct err err = {0};
            scratch_write("gensim.npy", bytes, n);
            struct vectors *v = vectors_load(scratch_path("gensim.npy"), NULL, &err);
            if (!v && (err.code == ERR_NONE || !strstr(err.message, "gensim.npy")))
                buf_printf(&failures, "  %s, %zu bytes: \"%s\"\n", files[i], n, err.message);
            vectors_free(v);
        }
        free(bytes);
    }
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    buf_free(&failures);
}

Test(embed_load, every_beginning_of_safetensors_fails_by_name)
{
    const struct vectors_format *format = vectors_format_written(STR("safetensors"));
    struct err err = {0};
    struct out out;
    struct buf failures = {0};
    size_t size;
    scratch_write("few.txt", "one 1 2 3\ntwo 4 5 6\n", 20);
    struct vectors *v = vectors_load(scratch_path("few.txt"), NULL, &err);
    cr_assert(v && out_open(scratch_path("few.safetensors"), &out, &err) && format->write(v, NULL, &out, &err) &&
                  out_commit(&out, &err),
              "%s", err.message);
    vectors_free(v);
    unsigned char *bytes = read_file(scratch_path("few.safetensors"), &size);
    for (size_t n = 0; n <= size; n++) {
        struct err own = {0};
        scratch_write("cut.safetensors", bytes, n);
        v = vectors_load(scratch_path("cut.safetensors"), NULL, &own);
        if ((v != NULL) != (n == size) || (!v && !strstr(own.message, "cut.safetensors")))
            buf_printf(&failures, "  %zu of %zu bytes: %s\n", n, size, v ? "loads" : own.message);
        vectors_free(v);
    }
    free(bytes);
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    buf_free(&failures);
}

/* ---- numbers ---- */

static void same_as_strtof(const char *text, struct buf *failures)
{
    char padded[128];
    float wanted = strtof(text, NULL), found[2] = {7, 7};
    size_t n = strlen(text);
    snprintf(padded, sizeof padded, "%s 1.5 2.5 3.5 4.5 5.5 6.5 7.5", text); /* with a long rest, and at the very end */
    const char *ends[2] = {number_parse(padded, padded + strlen(padded), &found[0]), number_parse(text, text + n, &found[1])};
    if (ends[0] != padded + n || ends[1] != text + n || memcmp(&found[0], &wanted, 4) != 0 || memcmp(&found[1], &wanted, 4) != 0)
        buf_printf(failures, "  %s: %.9g and %.9g, not %.9g\n", text, (double)found[0], (double)found[1], (double)wanted);
}

Test(embed_load, numbers_are_the_nearest_floats)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "1",
                                        "-1.5",
                                        "0.1",
                                        "+0.25",
                                        "1e5",
                                        "1E-05",
                                        "-2.5e+3",
                                        "123456789.125",
                                        "16777217",
                                        "16777219",
                                        "0.00000000000000000000000000000000000000000000140129846432481707",
                                        "1.17549435e-38",
                                        "1e-45",
                                        "3.4028235e38",
                                        "3.5e38",
                                        "1e-60",
                                        "8.5899345920000001",
                                        "9007199791611905",
                                        "1.00000005960464477539062",
                                        "1.00000005960464477539063",
                                        "1.0000000596046448",
                                        "0.30000001192092896",
                                        "12345678901234567890123",
                                        "inf",
                                        "-inf",
                                        ".5",
                                        "5.",
                                        "0.12345678",
                                        "9.99999999",
                                        "1.00000006",
                                        "0.000001",
                                        "99999.9999"};
    struct buf failures = {0};
    unsigned long long state = 7;
    char text[64];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        same_as_strtof(texts[i], &failures);
    for (size_t i = 0; i < 200000; i++) { /* shortest to longest forms of random floats */
        uint32_t bits = (uint32_t)draw(&state, 1u << 31) << 1 | (uint32_t)draw(&state, 2);
        float value;
        memcpy(&value, &bits, 4);
        if (i % 2)
            value = (float)draw(&state, 2000001) / 1e6f - 1;
        if (!isfinite(value))
            continue;
        snprintf(text, sizeof text, i % 5 ? "%.*g" : "%.*f", (int)(3 + draw(&state, 9)), (double)value);
        same_as_strtof(text, &failures);
    }
    cr_expect(failures.n == 0, "\n%.2000s", buf_cstr(&failures));
    buf_free(&failures);
}

Test(embed_load, what_is_no_number_is_refused)
{
    static const char *const texts[] = {"", "-", "x", "1x", "1.2.3", "1e", "0x10", "1,5", "--1", "e5", "nan(1)", "1_000", "."};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        float value;
        char padded[64];
        snprintf(padded, sizeof padded, "%s 0.5 0.5 0.5 0.5 0.5 0.5 0.5", texts[i]);
        cr_expect_null(number_parse(texts[i], texts[i] + strlen(texts[i]), &value), "%s", texts[i]);
        cr_expect_null(number_parse(padded, padded + strlen(padded), &value), "%s", texts[i]);
    }
}
