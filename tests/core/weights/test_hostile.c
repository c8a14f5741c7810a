/* Files of torch.save that attack their reader: one clear error each, nothing executed, memory bounded by the file's size. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/weights/weights.h"
#include "tests/support/peak.h"
#include "tests/support/scratch.h"
#include "tests/support/stored_zip.h"

/* A state dict {"w": a tensor of [2,2] on storage 0 of 4 floats}; {…} are what the rows below replace. */
#define STORAGE                                                                                                                  \
    "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"                                                                           \
    "0X\3\0\0\0cpuK\4tQ"
#define TENSOR_OF(storage, offset, size, stride)                                                                                 \
    "ctorch._utils\n_rebuild_tensor_v2\n(" storage offset size stride "\x89"                                                     \
    "ccollections\nOrderedDict\n)RtR"
#define TENSOR        TENSOR_OF(STORAGE, "K\0", "K\2K\2\x86", "K\2K\1\x86")
#define STATE(value)  "\x80\2}X\1\0\0\0w" value "s."
#define TEXT(literal) ((struct str){literal, sizeof(literal) - 1})

static const float floats[4] = {1, 2, 3, 4};

/* The bytes of an archive around a pickle, in `out`. */
static void archive(struct str pickle, struct buf *out, size_t *directory)
{
    const struct stored_member members[] = {{"a/data.pkl", pickle}, {"a/data/0", {(const char *)floats, sizeof floats}}};
    stored_zip(members, 2, out, directory);
}

static struct weights *open_bytes(const struct buf *bytes, struct err *err)
{
    scratch_write("pytorch_model.bin", bytes->data, bytes->n);
    return weights_open(scratch_path("pytorch_model.bin"), err);
}

/* Refused with a message that names the file and holds `says`. */
static void refused(const char *what, const struct buf *bytes, const char *says)
{
    struct err err = {0};
    struct weights *weights = open_bytes(bytes, &err);
    cr_expect(!weights && strstr(err.message, "pytorch_model.bin") && strstr(err.message, says), "%s: wanted \"%s\", got: %s",
              what, says, weights ? "weights" : err.message);
    weights_close(weights);
}

Test(hostile, the_sound_archive_that_the_others_break_loads)
{
    struct err err = {0};
    struct buf bytes = {0};
    archive(TEXT(STATE(TENSOR)), &bytes, NULL);
    struct weights *weights = open_bytes(&bytes, &err);
    cr_assert(weights, "%s", err.message);
    cr_expect(weights->n == 1 && memcmp(weights->tensors[0].data, floats, sizeof floats) == 0);
    weights_close(weights);
    buf_free(&bytes);
    scratch_remove();
}

/* Files in the scratch folder. */
static size_t count_files(void)
{
    struct dirent **entries;
    int n = scandir(scratch_path("."), &entries, NULL, NULL);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    if (n >= 0)
        free(entries);
    return n < 0 ? 0 : (size_t)n - 2;
}

Test(hostile, pickles_that_call_something_execute_nothing)
{
    /* What stands around the text of a command that would leave a file. */
    static const struct {
        struct str before, after;
        bool cut; /* there is no command: the file ends */
    } forms[] = {
        {TEXT("\x80\2cos\nsystem\n"), TEXT("\x85R."), false},                       /* REDUCE */
        {TEXT("\x80\2("), TEXT("ios\nsystem\n."), false},                           /* INST */
        {TEXT("\x80\2(cos\nsystem\n"), TEXT("o."), false},                          /* OBJ */
        {TEXT("\x80\2cbuiltins\nexec\ncos\nsystem\n"), TEXT("\x85R\x85R."), false}, /* nested */
        {TEXT("\x80\2}X\1\0\0\0w"), TEXT(""), true},                                /* cut short behind a key */
        {TEXT("\x80\2}X\1\0\0\0wcsubprocess\nPopen\n"), TEXT("\x85Rs."), false},    /* in a tensor's place */
        {TEXT("\x80\2}X\1\0\0\0wcposix\nsystem\n"), TEXT("\x85R}bs."), false},      /* the same, with a state set */
    };
    char command[400];
    snprintf(command, sizeof command, "touch %s", scratch_path("executed"));
    /* A process that lost its parent would become a child of this one. */
    cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct buf pickle = {0}, bytes = {0};
        size_t n = strlen(command);
        char what[32];
        snprintf(what, sizeof what, "form %zu", i);
        buf_str(&pickle, forms[i].before);
        if (!forms[i].cut) {
            buf_char(&pickle, 'X');
            for (int k = 0; k < 4; k++)
                buf_char(&pickle, (char)(n >> (8 * k)));
            buf_puts(&pickle, command);
        }
        buf_str(&pickle, forms[i].after);
        archive(buf_view(&pickle), &bytes, NULL);
        refused(what, &bytes, forms[i].cut ? "no end" : "no state dict");
        cr_expect(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "form %zu made a process", i);
        cr_expect_eq(count_files(), 1, "form %zu left a file beside the one that was read", i);
        buf_free(&pickle);
        buf_free(&bytes);
    }
    scratch_remove();
}

Test(hostile, an_unknown_object_beside_the_tensors_is_inert)
{
    struct err err = {0};
    struct buf bytes = {0};
    archive(TEXT("\x80\2}(X\1\0\0\0w" TENSOR "X\1\0\0\0xcos\nsystem\nX\4\0\0\0true\x85Ru."), &bytes, NULL);
    struct weights *weights = open_bytes(&bytes, &err);
    cr_assert(weights, "%s", err.message);
    cr_expect_eq(weights->n, 1);
    weights_close(weights);
    buf_free(&bytes);
    scratch_remove();
}

Test(hostile, a_tensor_whose_name_is_empty_is_one_of_that_name)
{
    struct err err = {0};
    struct buf bytes = {0};
    archive(TEXT("\x80\2}X\0\0\0\0" TENSOR "s."), &bytes, NULL);
    struct weights *weights = open_bytes(&bytes, &err);
    cr_assert(weights, "%s", err.message);
    cr_expect(weights->n == 1 && weights_find(weights, STR("")));
    weights_close(weights);
    buf_free(&bytes);
    scratch_remove();
}

Test(hostile, pickles_that_lie_are_refused)
{
    static const struct {
        const char *what;
        struct str pickle;
        const char *says;
    } rows[] = {
        {"no end", TEXT("\x80\2}"), "no end"},
        {"nothing on the stack", TEXT("\x80\2."), "the stack is empty"},
        {"an unknown opcode", TEXT("\x80\2\xff."), "an unknown opcode"},
        {"a LONG of 2 GB", TEXT("\x80\2\x8b\xff\xff\xff\x7f."), "claims more bytes than there are"},
        {"a text of 4 GB", TEXT("\x80\2X\xff\xff\xff\xff."), "claims more bytes than there are"},
        {"bytes of 2^63", TEXT("\x80\4\x8e\0\0\0\0\0\0\0\x80."), "claims more bytes than there are"},
        {"a memo of 4 G entries", TEXT("\x80\2Nr\xff\xff\xff\xff."), "a memo index beyond"},
        {"a memo index never set", TEXT("\x80\2h\5."), "never set"},
        {"protocol 9", TEXT("\x80\x9N."), "a protocol above 5"},
        {"a dict of one item", TEXT("\x80\2(Nd."), "a key without a value"},
        {"a tensor beyond its storage", TEXT(STATE(TENSOR_OF(STORAGE, "K\1", "K\2K\2\x86", "K\2K\1\x86"))),
         "reaches beyond its storage"},
        {"strides that overflow",
         TEXT(STATE(TENSOR_OF(STORAGE, "K\0", "K\2K\2\x86", "\x8a\x8\xff\xff\xff\xff\xff\xff\xff\x7fK\1\x86"))),
         "reaches beyond its storage"},
        {"a shape that overflows",
         TEXT(
             STATE(TENSOR_OF(STORAGE, "K\0", "\x8a\x8\xff\xff\xff\xff\xff\xff\xff\x7f\x8a\x8\xff\xff\xff\xff\xff\xff\xff\x7f\x86",
                             "K\0K\0\x86"))),
         "no sizes"},
        {"a negative offset", TEXT(STATE(TENSOR_OF(STORAGE, "J\xff\xff\xff\xff", "K\2K\2\x86", "K\2K\1\x86"))), "no sizes"},
        {"one number spread over 4 GB", TEXT(STATE(TENSOR_OF(STORAGE, "K\0", "J\0\0\0\x40K\1\x86", "K\0K\0\x86"))),
         "views with strides of their own"},
        {"a storage that is not there",
         TEXT(STATE(TENSOR_OF("(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
                              "7X\3\0\0\0cpuK\4tQ",
                              "K\0", "K\2\x85", "K\1\x85"))),
         "storage 7"},
        {"a storage with more than its bytes",
         TEXT(STATE(TENSOR_OF("(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
                              "0X\3\0\0\0cpuK\5tQ",
                              "K\0", "K\2\x85", "K\1\x85"))),
         "should hold 5 elements"},
        {"a path for a key",
         TEXT(STATE(TENSOR_OF("(X\7\0\0\0storagectorch\nFloatStorage\nX\x10\0\0\0../../etc/passwdX\3\0\0\0cpuK\4tQ", "K\0",
                              "K\2\x85", "K\1\x85"))),
         "storage ../../etc/passwd"},
        {"a dict that holds itself", TEXT("\x80\2}q\0X\1\0\0\0wh\0s."), "nested more than 16 deep"},
        {"a number alone", TEXT("\x80\2K\1."), "no state dict"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf bytes = {0};
        archive(rows[i].pickle, &bytes, NULL);
        refused(rows[i].what, &bytes, rows[i].says);
        buf_free(&bytes);
    }
    scratch_remove();
}

Test(hostile, archives_that_lie_are_refused)
{
    static const struct {
        const char *what;
        long at; /* from the directory's begin; below 0: from the file's begin, less one */
        unsigned char bytes[8];
        size_t n;
        const char *says;
    } rows[] = {
        {"a compressed member", 10, {8}, 1, "is compressed"},
        {"an encrypted member", 8, {1}, 1, "is encrypted"},
        {"two sizes", 20, {1}, 1, "has two sizes"},
        {"4 GB claimed", 20, {0xf0, 0xff, 0xff, 0xff, 0xf0, 0xff, 0xff, 0xff}, 8, "reaches into the directory"},
        {"zip64 without its field", 20, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 8, "has two sizes"},
        {"a place outside", 42, {0xff, 0xff, 0xff, 0x7f}, 4, "is not at byte"},
        {"another name where it lies", -31, {'b'}, 1, "has another name"},
        {"a name that climbs", 46, {'.', '.', '/'}, 3, "no name in an archive"},
        {"an absolute name", 46, {'/'}, 1, "no name in an archive"},
        {"a name longer than the directory", 28, {0xff, 0xff}, 2, "ends early"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf bytes = {0};
        size_t directory;
        archive(TEXT(STATE(TENSOR)), &bytes, &directory);
        size_t at = rows[i].at < 0 ? (size_t)(-rows[i].at - 1) : directory + (size_t)rows[i].at;
        memcpy(bytes.data + at, rows[i].bytes, rows[i].n);
        refused(rows[i].what, &bytes, rows[i].says);
        buf_free(&bytes);
    }
    scratch_remove();
}

Test(hostile, members_that_share_bytes_and_names_that_are_there_twice_are_refused)
{
    static const char inner[] = "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x8\0\0\0a/data/1abcd";
    const struct stored_member twice[] = {{"a/data.pkl", TEXT(STATE(TENSOR))}, {"a/data.pkl", TEXT("N.")}};
    const struct stored_member shared[] = {{"a/data/0", TEXT(inner)}, {"a/data/1", TEXT("")}};
    struct buf bytes = {0};
    size_t directory;
    stored_zip(twice, 2, &bytes, NULL);
    refused("twice", &bytes, "is there twice");
    bytes.n = 0;
    stored_zip(shared, 2, &bytes, &directory);
    bytes.data[directory + 46 + 8 + 42] = 30 + 8; /* the second lies within the first */
    refused("shared", &bytes, "overlap");
    buf_free(&bytes);
    scratch_remove();
}

Test(hostile, a_program_of_torchscript_is_refused_by_name)
{
    const struct stored_member members[] = {{"a/code/x.py", TEXT("pass")}, {"a/data.pkl", TEXT("N.")}};
    struct buf bytes = {0};
    stored_zip(members, 2, &bytes, NULL);
    refused("code", &bytes, "a TorchScript archive");
    buf_free(&bytes);
    scratch_remove();
}

/* ---- memory ---- */

#ifndef __SANITIZE_ADDRESS__ /* its own bookkeeping is larger */
static void open_and_close(const void *path)
{
    struct err err = {0};
    weights_close(weights_open(path, &err));
}

/* In a process of its own: 64 MB and 40 times the file are enough. */
static void stays_small(const char *what, const struct buf *bytes)
{
    scratch_write("pytorch_model.bin", bytes->data, bytes->n);
    cr_expect(peak_within((64u << 20) + 40 * bytes->n, open_and_close, scratch_path("pytorch_model.bin")),
              "%s: a file of %zu bytes takes too much memory, or ends the program", what, bytes->n);
}

static void repeat(struct buf *out, struct str piece, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_str(out, piece);
}

Test(hostile, memory_stays_within_64_mb_and_40_times_the_file)
{
    static const struct {
        const char *what;
        struct str begin, piece, end;
        size_t n;
    } rows[] = {
        {"lists within lists", TEXT("\x80\2"), TEXT("]"), TEXT("."), 3000000},
        {"marks", TEXT("\x80\2"), TEXT("("), TEXT("."), 3000000},
        {"tuples within tuples", TEXT("\x80\2N"), TEXT("\x85"), TEXT("."), 3000000},
        {"calls of calls", TEXT("\x80\2N"), TEXT("NR"), TEXT("."), 2000000},
        {"empty dictionaries", TEXT("\x80\2"), TEXT("}0"), TEXT("."), 2000000},
        {"short lists", TEXT("\x80\2"), TEXT("]Na0"), TEXT("."), 1000000},
        {"one long list", TEXT("\x80\2]"), TEXT("Na"), TEXT("."), 2000000},
        {"memo", TEXT("\x80\4"),
         TEXT("N\x94"
              "0"),
         TEXT("."), 1500000},
        {"globals", TEXT("\x80\2"), TEXT("ca\nb\n0"), TEXT("."), 800000},
        {"a bomb of memo references", TEXT("\x80\2]q\0"), TEXT("]q\1(h\0h\0h\0h\0h\0h\0h\0h\0eq\0"), TEXT("."), 200000},
        {"tensors of one storage",
         TEXT("\x80\2" TENSOR "q\1"
              "0}("),
         TEXT("X\1\0\0\0wh\1"), TEXT("u."), 100000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf pickle = {0}, bytes = {0};
        buf_str(&pickle, rows[i].begin);
        repeat(&pickle, rows[i].piece, rows[i].n);
        buf_str(&pickle, rows[i].end);
        archive(buf_view(&pickle), &bytes, NULL);
        stays_small(rows[i].what, &bytes);
        buf_free(&pickle);
        buf_free(&bytes);
    }
    scratch_remove();
}

Test(hostile, memory_stays_within_it_for_an_archive_of_many_members_too)
{
    enum { MEMBERS = 60000, NAME = 16 };
    struct stored_member *members = calloc(MEMBERS, sizeof *members);
    char(*names)[NAME] = calloc(MEMBERS, NAME);
    struct buf bytes = {0};
    cr_assert(members && names);
    for (size_t i = 0; i < MEMBERS; i++) {
        snprintf(names[i], NAME, "a/data/%zu", i);
        members[i] = (struct stored_member){.name = names[i], .data = {"", 0}};
    }
    members[0] = (struct stored_member){"a/data.pkl", TEXT(STATE(TENSOR))};
    stored_zip(members, MEMBERS, &bytes, NULL);
    stays_small("an archive", &bytes);
    buf_free(&bytes);
    free(names);
    free(members);
    scratch_remove();
}
#endif
