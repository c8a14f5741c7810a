/* Regular expressions over UTF-8: Unicode classes, byte places, and patterns that would never end. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/regex.h"

/* All matches as "begin-end begin-end …"; an empty one goes on behind the next byte. */
static void matches(struct str pattern, unsigned flags, struct str text, struct buf *out)
{
    struct err err = {0};
    struct regex *regex = regex_new_with(pattern, flags, &err);
    cr_assert(regex, "%s", err.message);
    size_t begin, end;
    int found = 0;
    for (size_t from = 0; from <= text.n && (found = regex_find(regex, text, from, &begin, &end, &err)) == 1;
         from = end > from ? end : from + 1)
        buf_printf(out, "%s%zu-%zu", out->n ? " " : "", begin, end);
    cr_assert(found >= 0, "%s", err.message);
    regex_free(regex);
}

Test(regex, classes_are_those_of_unicode_and_places_are_bytes)
{
    static const struct {
        const char *pattern;
        struct str text;
        unsigned flags;
        const char *want;
    } rows[] = {
        {"\\p{L}+", {"aé漢 1b", 9}, 0, "0-6 8-9"},
        {"\\w+", {"é_1 ж", 7}, 0, "0-4 5-7"},
        {"\\s", {"a\u00a0b\u3000", 7}, 0, "1-3 4-7"},
        {"\\d", {"1٣x", 4}, 0, "0-1 1-3"},
        {"(?i)É", {"éÉ", 4}, 0, "0-2 2-4"},
        {".", {"a\nb", 3}, 0, "0-1 2-3"},
        {"^b$", {"a\nb\nb", 5}, 0, ""},
        {"^b$", {"a\nb\nb", 5}, REGEX_LINES, "2-3 4-5"},
        {"(?<=a)b", {"ab", 2}, 0, "1-2"},
        {"x*", {"axb", 3}, 0, "0-0 1-2 2-2 3-3"},
        {"a\\Kb", {"ab", 2}, 0, "1-2"},
        {"b", {"a\0b", 3}, 0, "2-3"},
        {"a|", {"ba", 2}, 0, "0-0 1-2 2-2"},
        {"c", {"ab", 2}, 0, ""},
        {"é", {"aé", 3}, REGEX_VALID, "1-3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf got = {0};
        matches(str_of(rows[i].pattern), rows[i].flags, rows[i].text, &got);
        cr_expect_str_eq(buf_cstr(&got), rows[i].want, "%s: %s, not %s", rows[i].pattern, buf_cstr(&got), rows[i].want);
        buf_free(&got);
    }
}

Test(regex, a_pattern_may_hold_a_nul_byte)
{
    struct buf got = {0};
    matches((struct str){"a\0b", 3}, 0, (struct str){"xa\0b", 4}, &got);
    cr_expect_str_eq(buf_cstr(&got), "1-4");
    buf_free(&got);
}

Test(regex, bytes_that_are_not_utf8_are_passed_over)
{
    struct buf got = {0};
    matches(STR("b"), 0,
            STR("a\xff"
                "b\xc3"),
            &got);
    cr_expect_str_eq(buf_cstr(&got), "2-3");
    buf_free(&got);
}

Test(regex, what_lies_before_from_is_seen_by_a_lookbehind_alone)
{
    struct regex *regex = regex_new(STR("(?<=a)b|a"), NULL);
    size_t begin = 9, end = 9;
    cr_expect(regex_find(regex, STR("abb"), 1, &begin, &end, NULL) == 1 && begin == 1 && end == 2);
    cr_expect_eq(regex_find(regex, STR("abb"), 2, &begin, &end, NULL), 0);
    regex_free(regex);
}

Test(regex, a_pattern_that_is_none_is_an_error_with_its_place)
{
    static const struct {
        const char *pattern, *place;
    } rows[] = {{"a(b", "byte 3"}, {"[z-a]", "byte"}, {"\\p{Nonsense}", "byte"}, {"*", "byte 0"}, {"a\xff", "byte 1"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct regex *regex = regex_new(str_of(rows[i].pattern), &err);
        cr_expect(!regex && err.code == ERR_FORMAT && strstr(err.message, rows[i].place), "%s: %s", rows[i].pattern, err.message);
        regex_free(regex);
    }
    regex_free(NULL);
}

Test(regex, a_search_that_would_take_for_ever_is_an_error)
{
    struct err err = {0};
    struct regex *regex = regex_new(STR("(a+)+$"), &err);
    char text[64];
    memset(text, 'a', sizeof text);
    text[63] = 'b';
    size_t begin, end;
    cr_expect_eq(regex_find(regex, (struct str){text, sizeof text}, 0, &begin, &end, &err), -1);
    cr_expect(err.code == ERR_LIMIT && strstr(err.message, "gave up"), "%s", err.message);
    cr_expect_eq(regex_find(regex, STR("aaa"), 0, &begin, &end, &err), 1, "the next search is as any other");
    regex_free(regex);
}
