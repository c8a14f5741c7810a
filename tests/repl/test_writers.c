/* Every writer against bytes made by hand, and what becomes of the file when writing fails. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/weights/weights.h"
#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"
#include "repl/result/result.h"
#include "repl/writer/writer.h"
#include "tests/support/scratch.h"

/* ---- one result into a file ---- */

struct made {
    struct session session;
    struct call call;
    struct result *result;
    char line[600];
};

static void begin(struct made *made, const char *command, const char *file)
{
    struct err err = {0};
    memset(made, 0, sizeof *made);
    cr_assert(session_init(&made->session, "gaze", &err));
    snprintf(made->line, sizeof made->line, "%s > \"%s\"", command, scratch_path(file));
    cr_assert(call_parse(made->line, false, &made->call, &err), "%s", err.message);
    cr_assert(result_begin(&made->session, &made->call, &made->result, &err), "%s", err.message);
}

static bool end(struct made *made, bool ok, struct err *err)
{
    bool ended = result_end(made->result, ok, err);
    call_free(&made->call);
    session_free(&made->session);
    return ended;
}

static void expect_file(const char *file, const char *expected, size_t n)
{
    size_t found_n;
    unsigned char *found = read_file(scratch_path(file), &found_n);
    cr_expect_eq(found_n, n, "%s: %zu bytes, expected %zu:\n%.*s", file, found_n, n, (int)found_n, (const char *)found);
    cr_expect(found_n != n || memcmp(found, expected, n) == 0, "%s holds\n%.*s\nexpected\n%.*s", file, (int)found_n,
              (const char *)found, (int)n, expected);
    free(found);
}
#define EXPECT_TEXT(file, text) expect_file(file, text, sizeof(text) - 1)

/* ---- tables ---- */

static bool give_table(struct result *result, struct err *err)
{
    struct cell_value first[] = {{.kind = CELL_INT, .integer = -3},
                                 {.kind = CELL_TEXT, .text = STR("a,\"b\"\n\tc\\")},
                                 {.kind = CELL_NUMBER, .number = 1 / 3.0, .digits = 2}};
    struct cell_value second[] = {{.kind = CELL_NONE},
                                  {.kind = CELL_TEXT, .text = STR("\xe4\xbd\xa0\x1b[31m")}, /* wide, and an escape sequence */
                                  {.kind = CELL_NUMBER, .number = NAN, .digits = 2}};
    struct cell_value third[] = {{.kind = CELL_NUMBER, .number = -INFINITY}, {.kind = CELL_NONE}, {.kind = CELL_NONE, .text = STR("-")}};
    return result_columns(result, "i,name,value", err) && result_row(result, first, 3, err) && result_row(result, second, 3, err) &&
           result_row(result, third, 3, err);
}

static void table_as(const char *file)
{
    struct made made;
    struct err err = {0};
    begin(&made, "models", file);
    bool ok = give_table(made.result, &err);
    cr_assert(end(&made, ok, &err), "%s", err.message);
}

Test(writers, csv_quotes_what_needs_it)
{
    table_as("t.csv");
    EXPECT_TEXT("t.csv", "i,name,value\n-3,\"a,\"\"b\"\"\n\tc\\\",0.333333333\n,\xe4\xbd\xa0\x1b[31m,nan\n-inf,,\n");
}

Test(writers, tsv_escapes_tabs_and_lines)
{
    table_as("t.tsv");
    EXPECT_TEXT("t.tsv", "i\tname\tvalue\n-3\ta,\"b\"\\n\\tc\\\\\t0.333333333\n\t\xe4\xbd\xa0\x1b[31m\tnan\n-inf\t\t\n");
}

Test(writers, json_is_one_array_of_objects_with_null_for_what_is_not_there)
{
    table_as("t.json");
    EXPECT_TEXT("t.json", "[{\"i\":-3,\"name\":\"a,\\\"b\\\"\\n\\tc\\\\\",\"value\":0.333333333},"
                          "{\"i\":null,\"name\":\"\xe4\xbd\xa0\\u001b[31m\",\"value\":null,\"not_finite\":1},"
                          "{\"i\":null,\"name\":null,\"value\":null,\"not_finite\":1}]\n");
}

Test(writers, a_table_is_aligned_by_width_and_lets_no_escape_through)
{
    table_as("t.txt");
    /* the second column is 11 wide: 10 for what the wide character and the escape take, one blank */
    EXPECT_TEXT("t.txt", "   i  name         value\n"
                         "  -3  a,\"b\"\\n\\tc\\   0.33\n"
                         "      \xe4\xbd\xa0\\x1b[31m       -\n"
                         "-inf                   -\n");
}

Test(writers, an_empty_table_is_an_empty_array)
{
    struct made made;
    struct err err = {0};
    begin(&made, "models", "e.json");
    bool ok = result_columns(made.result, "a,b", &err);
    cr_assert(end(&made, ok, &err));
    EXPECT_TEXT("e.json", "[]\n");
}

Test(writers, text_is_a_string_in_json_and_lines_elsewhere)
{
    struct made made;
    struct err err = {0};
    for (int json = 0; json < 2; json++) {
        begin(&made, "models", json ? "l.json" : "l.txt");
        bool ok = result_text(made.result, STR("one"), &err) && result_text(made.result, STR("two"), &err);
        cr_assert(end(&made, ok, &err));
    }
    EXPECT_TEXT("l.json", "\"one\\ntwo\"\n");
    EXPECT_TEXT("l.txt", "one\ntwo\n");
}

/* ---- tensors ---- */

/* [2,3,2] 0, 0.5, 1 …; the fill must be asked for rows in order. */
static bool fill_halves(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    size_t width = *(const size_t *)context;
    (void)err;
    for (size_t i = 0; i < rows * width; i++)
        ((float *)out)[i] = (float)(row * width + i) * 0.5f;
    return true;
}

static bool fill_ids(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    (void)context, (void)err;
    for (size_t i = 0; i < rows; i++)
        ((int64_t *)out)[i] = (int64_t)(row + i) - 1;
    return true;
}

static bool fill_fails(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    (void)context, (void)out, (void)rows;
    return row < 3 || err_set(err, ERR_MEMORY, "row %zu failed", row);
}

static const size_t two = 2, wide = 300000;

static struct tensor_promise halves(void)
{
    return (struct tensor_promise){.name = "half.0", .rank = 3, .shape = {2, 3, 2}, .axes = {"head", "query", "key"},
                                   .fill = fill_halves, .context = &two};
}

static struct tensor_promise ids(void)
{
    return (struct tensor_promise){.name = "ids", .is_i64 = true, .rank = 1, .shape = {3}, .axes = {"token"}, .fill = fill_ids};
}

static bool write_tensors(const char *file, const struct tensor_promise *tensors, size_t n, struct err *err)
{
    struct made made;
    static const struct text_pair about[] = {{"Text", "a \"b\""}};
    begin(&made, "export", file);
    bool ok = result_tensors(made.result, tensors, n, about, 1, err);
    struct err ending = {0};
    return end(&made, ok, ok ? err : &ending) && ok;
}

/* 64 bytes of header for a short shape. */
static void npy_of(struct buf *out, const char *descr, const char *shape, const void *data, size_t n)
{
    char dict[200];
    int length = snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape);
    size_t whole = ((size_t)length + 11 + 63) / 64 * 64;
    buf_add(out, "\x93NUMPY\x01\x00", 8);
    buf_char(out, (char)(whole - 10));
    buf_char(out, 0);
    buf_add(out, dict, (size_t)length);
    while (out->n % 64 != 63)
        buf_char(out, ' ');
    buf_char(out, '\n');
    buf_add(out, data, n);
}

Test(writers, npy_is_a_padded_header_and_the_numbers)
{
    struct err err = {0};
    struct buf expected = {0};
    float values[12];
    int64_t numbers[3] = {-1, 0, 1};
    for (int i = 0; i < 12; i++)
        values[i] = (float)i * 0.5f;
    struct tensor_promise half = halves(), id = ids();
    cr_assert(write_tensors("h.npy", &half, 1, &err), "%s", err.message);
    npy_of(&expected, "<f4", "2, 3, 2,", values, sizeof values);
    expect_file("h.npy", expected.data, expected.n);
    expected.n = 0;
    cr_assert(write_tensors("i.npy", &id, 1, &err), "%s", err.message);
    npy_of(&expected, "<i8", "3,", numbers, sizeof numbers);
    expect_file("i.npy", expected.data, expected.n);
    buf_free(&expected);
}

Test(writers, csv_has_the_leading_axes_as_index_columns)
{
    struct err err = {0};
    struct tensor_promise half = halves(), id = ids();
    cr_assert(write_tensors("h.csv", &half, 1, &err), "%s", err.message);
    EXPECT_TEXT("h.csv", "head,query,0,1\n0,0,0,0.5\n0,1,1,1.5\n0,2,2,2.5\n1,0,3,3.5\n1,1,4,4.5\n1,2,5,5.5\n");
    cr_assert(write_tensors("i.csv", &id, 1, &err), "%s", err.message);
    EXPECT_TEXT("i.csv", "token,value\n0,-1\n1,0\n2,1\n");
}

Test(writers, json_nests_tensors_by_name)
{
    struct err err = {0};
    struct tensor_promise all[] = {ids(), halves()};
    cr_assert(write_tensors("a.json", all, 2, &err), "%s", err.message);
    EXPECT_TEXT("a.json", "{\"ids\":[-1,0,1],\"half.0\":[[[0,0.5],[1,1.5],[2,2.5]],[[3,3.5],[4,4.5],[5,5.5]]]}\n");
}

Test(writers, safetensors_are_read_back_with_types_shapes_and_values)
{
    struct err err = {0};
    struct tensor_promise all[] = {ids(), halves()};
    cr_assert(write_tensors("a.safetensors", all, 2, &err), "%s", err.message);
    size_t n;
    unsigned char *bytes = read_file(scratch_path("a.safetensors"), &n);
    size_t header = bytes[0] + 256u * bytes[1];
    cr_assert_eq(header % 8, 0, "the header is padded");
    cr_assert_eq(n, 8 + header + 3 * 8 + 12 * 4);
    static const char text[] = "{\"__metadata__\":{\"Text\":\"a \\\"b\\\"\"},"
                               "\"ids\":{\"dtype\":\"I64\",\"shape\":[3],\"data_offsets\":[0,24]},"
                               "\"half.0\":{\"dtype\":\"F32\",\"shape\":[2,3,2],\"data_offsets\":[24,72]}}";
    cr_expect(memcmp(bytes + 8, text, sizeof text - 1) == 0, "%.*s", (int)header, (const char *)bytes + 8);
    free(bytes);
    struct weights *weights = weights_open(scratch_path("a.safetensors"), &err);
    cr_assert_not_null(weights, "%s", err.message);
    const struct tensor *half = weights_find(weights, STR("half.0"));
    cr_assert_not_null(half);
    float last[2];
    memcpy(last, (const char *)half->data + 10 * sizeof(float), sizeof last);
    cr_expect(last[0] == 5.0f && last[1] == 5.5f);
    weights_close(weights);
}

/* CRC-32 bit by bit (ISO/IEC 15948, annex D). */
static uint32_t slow_crc(const unsigned char *bytes, size_t n)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

static uint32_t u32(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

Test(writers, npz_members_are_where_the_directory_says_with_their_checksums)
{
    struct err err = {0};
    struct tensor_promise all[] = {ids(), halves()};
    static const char *const names[] = {"ids.npy", "half.0.npy"};
    cr_assert(write_tensors("a.npz", all, 2, &err), "%s", err.message);
    size_t n;
    unsigned char *bytes = read_file(scratch_path("a.npz"), &n);
    const unsigned char *finish = bytes + n - 22;
    cr_assert_eq(u32(finish), 0x06054b50u);
    cr_assert_eq(finish[10], 2, "members");
    const unsigned char *entry = bytes + u32(finish + 16);
    cr_assert_eq(entry + u32(finish + 12), finish, "the directory ends where the end begins");
    for (int i = 0; i < 2; i++) {
        size_t length = strlen(names[i]);
        cr_assert_eq(u32(entry), 0x02014b50u);
        cr_assert_eq(entry[28], length);
        cr_assert(memcmp(entry + 46, names[i], length) == 0);
        const unsigned char *local = bytes + u32(entry + 42), *data = local + 30 + local[26] + local[28];
        uint32_t size = u32(entry + 24);
        cr_assert_eq(u32(local), 0x04034b50u);
        cr_assert(memcmp(data, "\x93NUMPY", 6) == 0);
        cr_expect_eq(u32(entry + 16), slow_crc(data, size), "%s: checksum", names[i]);
        cr_expect_eq(u32(data + size), 0x08074b50u, "a descriptor follows");
        cr_expect_eq(u32(data + size + 4), u32(entry + 16));
        entry += 46 + length + entry[30];
    }
    free(bytes);
}

Test(writers, a_tensor_of_many_slabs_arrives_whole)
{
    struct err err = {0};
    struct tensor_promise big = {.name = "big", .rank = 2, .shape = {9, wide}, .fill = fill_halves, .context = &wide};
    cr_assert(write_tensors("b.npy", &big, 1, &err), "%s", err.message);
    size_t n;
    unsigned char *bytes = read_file(scratch_path("b.npy"), &n);
    cr_assert_eq(n, 128 + 9 * wide * 4);
    const float *values = (const float *)(const void *)(bytes + n - 9 * wide * 4);
    size_t wrong = 0;
    for (size_t i = 0; i < 9 * wide; i++)
        wrong += values[i] != (float)i * 0.5f;
    cr_expect_eq(wrong, 0);
    free(bytes);
}

/* ---- when it does not end well ---- */

static void expect_old_file(const char *file)
{
    EXPECT_TEXT(file, "old");
    char others[300];
    snprintf(others, sizeof others, "%s.??????", scratch_path(file));
    char command[400];
    snprintf(command, sizeof command, "ls %s 2>/dev/null | grep -q .", others);
    cr_expect_neq(system(command), 0, "a temporary file is left beside %s", file);
}

Test(writers, a_failure_leaves_the_old_file_as_it_was)
{
    struct err err = {0};
    struct tensor_promise bad = {.name = "bad", .rank = 2, .shape = {9, wide}, .fill = fill_fails};
    scratch_write("o.npz", "old", 3);
    cr_assert(!write_tensors("o.npz", &bad, 1, &err));
    cr_expect_str_eq(err.message, "row 3 failed");
    expect_old_file("o.npz");
}

Test(writers, cancelling_leaves_the_old_file_as_it_was)
{
    struct err err = {0};
    struct tensor_promise big = {.name = "big", .rank = 2, .shape = {9, wide}, .fill = fill_halves, .context = &wide};
    scratch_write("c.safetensors", "old", 3);
    cancel_request();
    cr_assert(!write_tensors("c.safetensors", &big, 1, &err));
    cancel_clear();
    cr_expect_eq(err.code, ERR_CANCELLED);
    expect_old_file("c.safetensors");
}

Test(writers, a_format_for_one_tensor_refuses_two_and_names_them)
{
    struct err err = {0};
    struct tensor_promise all[] = {ids(), halves()};
    cr_assert(!write_tensors("two.npy", all, 2, &err));
    cr_expect(strstr(err.message, "ids, half.0"), "%s", err.message);
}

Test(writers, what_a_format_cannot_hold_is_said_with_what_can)
{
    struct made made;
    struct err err = {0};
    begin(&made, "export", "x.npz");
    cr_assert(!result_columns(made.result, "a,b", &err));
    cr_expect(strstr(err.message, "table, json, csv, tsv"), "%s", err.message);
    cr_assert(!end(&made, false, &err));
}

Test(writers, rows_have_names_extensions_and_something_they_hold)
{
    for (size_t i = 0; writers[i]; i++) {
        const struct writer *w = writers[i];
        cr_expect(w->name && w->extensions && w->summary && w->summary[0], "row %zu", i);
        cr_expect(w->text || w->row || w->tensors || w->picture, "%s holds nothing", w->name);
        cr_expect(!w->row == !w->columns, "%s: rows and columns go together", w->name);
        cr_expect_eq(writer_named(str_of(w->name)), w);
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(w->name, writers[j]->name);
    }
}
