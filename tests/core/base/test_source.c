/* What a file is, and its text, whatever it is packed in. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/kind.h"
#include "core/base/lines.h"
#include "core/base/source.h"
#include "tests/support/scratch.h"

#define GOOD "tests/data/good/packed/"
#define BAD "tests/data/bad/packed/"
static const char text[] = "the cat sat\nthe dog ran\n";

/* Python's bz2 (two streams), lzma, gzip, zipfile and tarfile made them, bsdtar the .7z. */
static const char *const packings[] = {"two.txt",     "marked.txt",  "two.txt.gz", "two.txt.bz2", "two.txt.xz",
                                       "two.zip",     "two.tar.gz",  "two.tar.bz2", "two.7z"};
enum { PACKINGS = sizeof packings / sizeof *packings };

Test(source, the_same_text_comes_out_of_every_packing)
{
    for (size_t i = 0; i < PACKINGS; i++) {
        char path[200];
        struct err err = {0};
        snprintf(path, sizeof path, GOOD "%s", packings[i]);
        struct source *s = source_text(path, "a text", &err);
        cr_expect(s && s->size == sizeof text - 1 && memcmp(s->data, text, s->size) == 0, "%s: %s", path, err.message);
        source_free(s);
    }
}

Test(source, lines_come_out_of_every_packing_and_are_numbered)
{
    for (size_t i = 0; i < PACKINGS; i++) {
        char path[200];
        struct err err = {0};
        struct str line;
        bool end;
        snprintf(path, sizeof path, GOOD "%s", packings[i]);
        struct lines *l = lines_open(path, "a text", &err);
        cr_assert(l, "%s", err.message);
        cr_expect(lines_next(l, &line, &end, &err) && !end && str_is(line, "the cat sat"), "%s: %s", path, err.message);
        cr_expect(lines_next(l, &line, &end, &err) && !end && str_is(line, "the dog ran") && lines_number(l) == 2, "%s", path);
        cr_expect(lines_next(l, &line, &end, &err) && end, "%s", path);
        lines_free(l);
    }
}

Test(source, what_is_no_text_is_refused_by_name)
{
    static const struct {
        const char *file, *says;
    } rows[] = {
        {"several.zip", "a zip archive of 4 files: glove.6B.50d.txt, glove.6B.100d.txt, glove.6B.200d.txt, glove.6B.300d.txt"},
        {"several.tar.gz", "a tar archive of 2 files: a.txt, b.txt"},
        {"empty.zip", "a zip archive, damaged or empty"},
        {"nested.zip", "gzip within a zip archive, not a text"},
        {"cut.bz2", "bzip2"},
        {"cut.xz", "xz"},
        {"cut.zip", "a zip archive, damaged or empty"},
        {"pointer.txt", "a Git LFS pointer to 440449768 bytes, not a text (git lfs pull, or hf download)"},
        {"utf16.txt", "UTF-16 text"},
        {"utf16be.txt", "iconv -f UTF-16BE -t UTF-8"},
        {"", "is a folder"},
        {"none", "cannot open"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[200];
        struct err err = {0};
        snprintf(path, sizeof path, BAD "%s", rows[i].file);
        struct source *s = source_text(path, "a text", &err);
        cr_expect(!s && strstr(err.message, rows[i].says) && strstr(err.message, path), "%s: %s", path, err.message);
        source_free(s);
        memset(&err, 0, sizeof err);
        struct lines *l = lines_open(path, "a text", &err);
        struct str line;
        bool end = false;
        while (l && lines_next(l, &line, &end, &err) && !end)
            continue;
        cr_expect(!end && strstr(err.message, rows[i].says), "%s: %s", path, err.message);
        lines_free(l);
    }
}

Test(source, kinds_are_told_by_their_first_bytes_and_texts_are_none)
{
    static const struct {
        struct str first;
        const char *name;
    } rows[] = {
        {{"\x1f\x8b\x08\0", 4}, "gzip"},
        {{"\x28\xb5\x2f\xfd", 4}, "zstd"},
        {{"BZh91AY&SY", 10}, "bzip2"},
        {{"BZh9 is a word", 14}, NULL},
        {{"PK\3\4", 4}, "a zip archive"},
        {{"PK is a word", 12}, NULL},
        {{"Rar!\x1a\7\1\0", 8}, "a RAR archive"},
        {{"\xff\xfet\0h\0e\0", 8}, "UTF-16"},
        {{"\xff\xfe\0\0\0\0\0\0{\"", 10}, NULL}, /* 65279, the length of a safetensors header */
        {{"\xff\xfe\0\0t\0\0\0", 8}, "UTF-32"},
        {{"\xff\xfe\0\1\2\3\4", 7}, NULL},
        {{"PAR1\x15\4", 6}, "a Parquet file"},
        {{"PAR2 is a word", 14}, NULL},
        {{"ARROW1\0\0", 8}, "an Arrow file"},
        {{"ARROW1 is a word", 16}, NULL},
        {{"%PDF-1.7\n", 9}, "a PDF"},
        {{"SQLite format 3\0", 16}, "a SQLite database"},
        {{"SQLite format 3 is a word", 25}, NULL},
        {{"the", 3}, NULL},
        {{"", 0}, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct kind *kind = kind_of(rows[i].first);
        cr_expect(rows[i].name ? kind && strcmp(kind->name, rows[i].name) == 0 : !kind, "row %zu: %s", i, kind ? kind->name : "none");
    }
}

/* Ten million zeros in some kilobytes: a line without an end. */
Test(source, a_line_without_an_end_is_an_error_that_names_the_line)
{
    struct err err = {0};
    struct str line;
    bool end = false;
    char *zeros = mem_new(LINES_LONGEST + 3, 1, "zeros", &err);
    memcpy(zeros, "a\n", 2);
    scratch_write("long.txt", zeros, LINES_LONGEST + 3);
    struct lines *l = lines_open(scratch_path("long.txt"), "a text", &err);
    cr_assert(l && lines_next(l, &line, &end, &err) && str_is(line, "a"));
    cr_expect(!lines_next(l, &line, &end, &err) && err.code == ERR_LIMIT && strstr(err.message, "long.txt: line 2: longer than 1048576"), "%s",
              err.message);
    lines_free(l);
    struct source *s = source_text(scratch_path("long.txt"), "a text", &err);
    cr_expect(!s && strstr(err.message, "long.txt: line 2: longer than"), "%s", err.message);
    source_free(s);
    scratch_write("long.txt", zeros, LINES_LONGEST + 2);
    l = lines_open(scratch_path("long.txt"), "a text", &err);
    cr_assert(l && lines_next(l, &line, &end, &err) && lines_next(l, &line, &end, &err) && line.n == LINES_LONGEST);
    lines_free(l);
    free(zeros);
    l = lines_open("/dev/zero", "a text", &err);
    cr_expect(l && !lines_next(l, &line, &end, &err) && err.code == ERR_LIMIT);
    lines_free(l);
}

Test(source, ctrl_c_ends_a_reading)
{
    struct err err = {0};
    struct str line;
    bool end = false;
    struct lines *l = lines_open(GOOD "two.txt.xz", "a text", &err);
    cr_assert(l, "%s", err.message);
    cancel_request();
    cr_expect_not(source_text(GOOD "two.zip", "a text", &err));
    cr_expect_eq(err.code, ERR_CANCELLED);
    while (lines_next(l, &line, &end, &err) && !end)
        continue;
    lines_free(l);
    cancel_clear();
}
