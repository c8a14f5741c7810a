/* JSON: what the files of the field hold, and what is no JSON. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "tests/support/scratch.h"

static struct json *parsed(const char *text)
{
    struct err err = {0};
    struct json *v = json_parse(str_of(text), "it", 0, &err);
    cr_assert(v, "%s: %s", text, err.message);
    return v;
}

Test(json, every_accessor_answers_null_as_it_answers_a_missing_key)
{
    struct json_cursor cursor = {0};
    struct str key;
    const struct json *value;
    size_t size = 5;
    cr_expect(!json_get(NULL, "a") && !json_at(NULL, 0) && !json_get_str(NULL, STR("a")) && json_count(NULL) == 0);
    cr_expect(!json_is_null(NULL) && !json_is_object(NULL) && !json_is_array(NULL) && !json_is_string(NULL));
    cr_expect(!json_is_number(NULL) && !json_is_bool(NULL) && !json_next(NULL, &cursor, &key, &value));
    cr_expect(json_number(NULL, 3) == 3 && json_bool(NULL, true) && str_is(json_str(NULL, "x"), "x"));
    cr_expect(json_str(NULL, NULL).s == NULL);
    struct err err = {0};
    cr_expect(!json_size(NULL, "the width", &size, &err) && strstr(err.message, "the width is missing"), "%s", err.message);
    json_free(NULL);
}

Test(json, a_value_of_another_type_answers_as_a_missing_one)
{
    struct json *v = parsed("{\"n\": 1.5, \"s\": \"t\", \"a\": [1], \"z\": null, \"b\": false}");
    cr_expect(json_number(json_get(v, "s"), 9) == 9 && str_is(json_str(json_get(v, "n"), "no"), "no"));
    cr_expect(!json_get(json_get(v, "a"), "x") && !json_at(json_get(v, "s"), 0) && !json_at(v, 0));
    cr_expect(json_is_null(json_get(v, "z")) && json_number(json_get(v, "z"), 4) == 4);
    cr_expect(json_is_bool(json_get(v, "b")) && !json_bool(json_get(v, "b"), true));
    cr_expect(!json_at(json_get(v, "a"), 1), "behind the end");
    cr_expect_eq(json_count(v), 5);
    json_free(v);
}

Test(json, a_whole_number_is_one_in_0_to_2_to_the_53)
{
    static const struct {
        const char *text;
        bool ok;
        size_t is;
    } rows[] = {{"0", true, 0},
                {"17", true, 17},
                {"3.0", true, 3},
                {"1e3", true, 1000},
                {"9007199254740991", true, 9007199254740991},
                {"9007199254740992", false, 0},
                {"-1", false, 0},
                {"1.5", false, 0},
                {"\"3\"", false, 0},
                {"true", false, 0},
                {"null", false, 0},
                {"[3]", false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct json *v = parsed(rows[i].text);
        size_t size = 42;
        bool ok = json_size(v, "hidden_size", &size, &err);
        cr_expect(ok == rows[i].ok && size == (ok ? rows[i].is : 42), "%s: %zu", rows[i].text, size);
        cr_expect(ok || (err.code == ERR_FORMAT && strstr(err.message, "hidden_size")), "%s: %s", rows[i].text, err.message);
        json_free(v);
    }
}

/* transformers writes int(1e30) for "no limit". */
Test(json, integers_beyond_64_bits_are_read_as_the_nearest_double)
{
    struct json *v = parsed("{\"model_max_length\": 1000000000000000019884624838656}");
    cr_expect_eq(json_number(json_get(v, "model_max_length"), 0), 1e30);
    json_free(v);
}

Test(json, a_byte_order_mark_before_the_text_is_passed_over)
{
    struct json *v = parsed("\xef\xbb\xbf[1]");
    cr_expect_eq(json_count(v), 1);
    json_free(v);
}

Test(json, a_key_that_is_there_twice_is_an_error_where_keys_are_strict_else_the_last_counts)
{
    struct err err = {0};
    struct str text = STR("{\"a\": 1, \"a\": 2}");
    cr_expect_null(json_parse(text, "it", JSON_STRICT_KEYS, &err));
    cr_expect(err.code == ERR_FORMAT && strstr(err.message, "\"a\""), "%s", err.message);
    struct json *v = json_parse(text, "it", 0, NULL);
    cr_expect_eq(json_number(json_get(v, "a"), 0), 2);
    json_free(v);
}

Test(json, an_error_names_the_file_the_line_and_the_column)
{
    struct err err = {0};
    cr_expect_null(json_parse(STR("{\n  \"a\": 1,\n  \"b\" 2\n}"), "config.json", 0, &err));
    cr_expect(strstr(err.message, "config.json") && strstr(err.message, "line 3"), "%s", err.message);
    cr_expect_eq(err.code, ERR_FORMAT);
}

Test(json, no_beginning_of_a_document_is_one)
{
    static const char text[] = "{\"a\": [1, -2.5e3, \"x\\u00e9\\n\", true, false, null], \"b\": {\"c\": []}}";
    json_free(parsed(text));
    for (size_t n = 0; n < sizeof text - 1; n++) {
        struct err err = {0};
        struct json *v = json_parse((struct str){text, n}, "it", 0, &err);
        cr_expect(!v && err.code == ERR_FORMAT, "%zu bytes are read", n);
        json_free(v);
    }
}

Test(json, what_is_no_json_is_an_error)
{
    static const char *const bad[] = {"{'a': 1}",      "[1,]",        "{\"a\": 1,}", "[1] [2]",          "NaN",
                                      "[Infinity]",    "\"\\ud800\"", "\"\xff\"",    "\"\xed\xa0\x80\"", "01",
                                      "// comment\n1", "\"a\nb\"",    "{1: 2}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = {0};
        struct json *v = json_parse(str_of(bad[i]), "it", 0, &err);
        cr_expect(!v && err.code == ERR_FORMAT, "%s is read", bad[i]);
        json_free(v);
    }
}

Test(json, brackets_a_million_deep_are_an_error_and_no_crash)
{
    enum { DEEP = 1000000 };
    struct err err = {0};
    char *text = malloc(DEEP);
    memset(text, '[', DEEP);
    cr_expect_null(json_parse((struct str){text, DEEP}, "it", 0, &err));
    cr_expect_eq(err.code, ERR_FORMAT);
    free(text);
}

Test(json, members_come_in_the_order_of_the_file)
{
    struct json *v = parsed("{\"zebra\": 1, \"ape\": 2, \"m\\u00e9\": 3, \"\": 4}");
    struct json_cursor cursor = {0};
    struct str key;
    const struct json *value;
    static const struct str want[] = {{"zebra", 5}, {"ape", 3}, {"mé", 3}, {"", 0}};
    for (size_t i = 0; i < 4; i++) {
        cr_assert(json_next(v, &cursor, &key, &value));
        cr_expect(str_eq(key, want[i]) && json_number(value, 0) == (double)i + 1, "member %zu", i);
        cr_expect(json_get_str(v, key) == value, "a key of counted bytes finds its value");
    }
    cr_expect(!json_next(v, &cursor, &key, &value));
    json_free(v);
}

/* Every text of up to three of these pieces: what is quoted reads back as it was. */
Test(json, a_quoted_text_reads_back_as_itself)
{
    static const char *const pieces[] = {"",   "a",    "\"",   "\\",     "/",      "\n",     "\t",
                                         "\r", "\x01", "\x7f", "\xc2\x85", "\u00e9", "\u2028", "\U0001f600"};
    enum { N = sizeof pieces / sizeof *pieces };
    for (size_t i = 0; i < N * N * N; i++) {
        struct buf text = {0}, quoted = {0};
        buf_puts(&text, pieces[i % N]);
        buf_puts(&text, pieces[i / N % N]);
        buf_puts(&text, pieces[i / N / N]);
        json_quote(&quoted, buf_view(&text));
        for (size_t k = 0; k < quoted.n; k++)
            cr_assert((unsigned char)quoted.data[k] >= 32 && quoted.data[k] != 127, "a control byte in %s", quoted.data);
        struct json *v = parsed(buf_cstr(&quoted));
        cr_assert(str_eq(json_str(v, "?"), buf_view(&text)), "%s", buf_cstr(&quoted));
        json_free(v);
        buf_free(&text);
        buf_free(&quoted);
    }
}

Test(json, bytes_that_are_not_utf8_are_quoted_as_the_replacement_character)
{
    struct buf quoted = {0};
    json_quote(&quoted, STR("a\xff"
                            "b\xc3"));
    cr_expect_str_eq(buf_cstr(&quoted), "\"a\xef\xbf\xbd"
                                        "b\xef\xbf\xbd\"");
    buf_free(&quoted);
}

Test(json, a_float_reads_back_as_the_same_float_and_what_is_no_number_is_null)
{
    unsigned long long state = 5;
    for (size_t i = 0; i < 20000; i++) {
        uint32_t bits = (uint32_t)draw(&state, (size_t)1 << 32);
        float want;
        memcpy(&want, &bits, sizeof want);
        struct buf text = {0};
        json_put_number(&text, want);
        struct json *v = parsed(buf_cstr(&text));
        if (isfinite(want))
            cr_assert((float)json_number(v, 0) == want, "%s", buf_cstr(&text));
        else
            cr_assert(json_is_null(v), "%s", buf_cstr(&text));
        json_free(v);
        buf_free(&text);
    }
}
