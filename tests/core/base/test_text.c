/* UTF-8 and Unicode: what is well formed, what a terminal is given. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

Test(text, every_code_point_comes_back_from_its_bytes)
{
    for (int32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp >= 0xd800 && cp < 0xe000)
            continue;
        char bytes[4];
        int32_t back;
        size_t n = utf8_encode(cp, bytes);
        cr_assert_eq(n, cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4);
        cr_assert(utf8_decode(bytes, n, &back) == n && back == cp, "U+%04x", (unsigned)cp);
        for (size_t cut = 1; cut < n; cut++)
            cr_assert(utf8_decode(bytes, cut, &back) == 1 && back == -1, "U+%04x cut after %zu bytes", (unsigned)cp, cut);
    }
}

/* Unicode 16, table 3-7: overlong forms, surrogates, what lies above U+10FFFF, and bytes that begin nothing. */
Test(text, what_is_malformed_takes_one_byte)
{
    static const char *const bad[] = {
        "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x80\x80",     "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",         "\xc3(",        "\xe2\x82("};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int32_t cp = 0;
        size_t n = utf8_decode(bad[i], strlen(bad[i]), &cp);
        cr_expect(n == 1 && cp == -1, "row %zu: %zu bytes, %d", i, n, (int)cp);
        cr_expect_eq(utf8_invalid_at(str_of(bad[i])), 0, "row %zu", i);
    }
    cr_expect_eq(utf8_invalid_at(STR("aé\xff")), 3);
    cr_expect_eq(utf8_invalid_at(STR("aé")), 3);
    cr_expect_eq(utf8_count(STR("aé\xff漢")), 4, "a malformed byte counts one");
}

/* PropList.txt of Unicode 16: White_Space. */
Test(text, white_space_is_that_of_unicode)
{
    static const int32_t is[] = {9,      0xa,    0xb,    0xc,    0xd,    0x20,   0x85,   0xa0,   0x1680,
                                 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
                                 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
    size_t found = 0;
    for (int32_t cp = 0; cp <= 0x10ffff; cp++)
        found += cp_is_whitespace(cp);
    for (size_t i = 0; i < sizeof is / sizeof *is; i++)
        cr_expect(cp_is_whitespace(is[i]), "U+%04x", (unsigned)is[i]);
    cr_expect_eq(found, sizeof is / sizeof *is);
}

Test(text, categories_are_those_of_unicode)
{
    static const struct {
        int32_t cp;
        const char *category;
    } rows[] = {{'A', "Lu"},    {'a', "Ll"},    {0x1c5, "Lt"}, {0x2b0, "Lm"},  {0x4e2d, "Lo"}, {0x301, "Mn"},
                {0x903, "Mc"},  {0x20dd, "Me"}, {'5', "Nd"},   {0x2160, "Nl"}, {0xbd, "No"},   {'_', "Pc"},
                {'-', "Pd"},    {'(', "Ps"},    {')', "Pe"},   {0xab, "Pi"},   {0xbb, "Pf"},   {'!', "Po"},
                {'+', "Sm"},    {'$', "Sc"},    {'^', "Sk"},   {0xa9, "So"},   {' ', "Zs"},    {0x2028, "Zl"},
                {0x2029, "Zp"}, {0, "Cc"},      {0xad, "Cf"},  {0xe000, "Co"}, {0x378, "Cn"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t cp = rows[i].cp;
        cr_expect_str_eq(cp_category(cp), rows[i].category, "U+%04x", (unsigned)cp);
        cr_expect(cp_is_mark(cp) == (rows[i].category[0] == 'M'), "U+%04x", (unsigned)cp);
    }
}

Test(text, normal_forms_are_those_of_unicode)
{
    int32_t out[CP_DECOMPOSED_MAX];
    cr_expect(cp_decompose(0xe9, false, out) == 2 && out[0] == 'e' && out[1] == 0x301);
    cr_expect(cp_decompose(0x1ed9, false, out) == 3 && out[0] == 'o' && out[1] == 0x323 && out[2] == 0x302);
    cr_expect(cp_decompose(0xac01, false, out) == 3 && out[0] == 0x1100 && out[1] == 0x1161 && out[2] == 0x11a8);
    cr_expect(cp_decompose(0xfb01, false, out) == 1 && cp_decompose(0xfb01, true, out) == 2 && out[0] == 'f' && out[1] == 'i');
    cr_expect_eq(cp_decompose(0xfdfa, true, out), CP_DECOMPOSED_MAX, "the longest there is");
    cr_expect_eq(cp_compose('e', 0x301), 0xe9);
    cr_expect_eq(cp_compose(0xac00, 0x11a8), 0xac01);
    cr_expect_eq(cp_compose(0x915, 0x93c), -1, "CompositionExclusions.txt has U+0958");
    cr_expect_eq(cp_compose('a', 'b'), -1);
    cr_expect(cp_combining_class(0x301) == 230 && cp_combining_class(0x323) == 220 && cp_combining_class('a') == 0);
}

Test(text, a_cluster_is_as_wide_as_a_terminal_makes_it)
{
    static const struct {
        const char *text;
        size_t width, first; /* columns of the whole, bytes of the first cluster */
    } rows[] = {{"abc", 3, 1},
                {"漢字", 4, 3},
                {"e\u0301x", 2, 3},
                {"\u1100\u1161\u11a8", 2, 9},
                {"\U0001f468\u200d\U0001f469\u200d\U0001f467", 2, 18},
                {"\U0001f1e9\U0001f1ea", 2, 8},          /* a flag is two letters */
                {"\U0001f1eb\U0001f1f7x", 3, 8},
                {"\U0001f44d\U0001f3fd", 2, 8},          /* a skin tone adds nothing */
                {"\u0e01\u0e33", 2, 6},                  /* a Thai vowel that stands behind its consonant */
                {"\u2764\ufe0f", 2, 6}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str s = str_of(rows[i].text);
        cr_expect(text_width(s) == rows[i].width && text_grapheme(s) == rows[i].first, "%s: %zu columns, first cluster %zu bytes",
                  rows[i].text, text_width(s), text_grapheme(s));
    }
}

Test(text, nothing_that_is_escaped_can_lead_a_terminal_astray)
{
    struct buf out = {0};
    text_escape(&out, STR("a\x1b[31m\n\t\r\x7f\xc2\x9b\xe2\x80\xae\xff漢"));
    cr_expect_str_eq(buf_cstr(&out), "a\\x1b[31m\\n\\t\\r\\x7f\\x9b\\u{202e}\\xff漢");
    buf_free(&out);
}

Test(text, a_text_that_is_too_wide_ends_in_an_ellipsis_within_its_columns)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *want;
    } rows[] = {{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"漢字", 4, "漢字"},          {"漢字", 3, "漢…"}, {"漢字", 2, "…"},
                {"a", 0, ""},      {"", 5, ""},        {"e\u0301fg", 2, "e\u0301…"}, {"\n!", 2, "\\…"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        size_t used = text_fit(&out, str_of(rows[i].text), rows[i].columns);
        cr_expect_str_eq(buf_cstr(&out), rows[i].want, "row %zu: %s", i, buf_cstr(&out));
        cr_expect(used <= rows[i].columns && used == text_width(buf_view(&out)), "row %zu: %zu columns", i, used);
        buf_free(&out);
    }
}

Test(text, lines_that_are_too_wide_are_broken_at_blanks)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *want;
    } rows[] = {{"as it is\n", 8, "as it is\n"},
                {"one two three", 9, "one two\n  three"},
                {"one two\nthree four five\n", 10, "one two\nthree four\n  five\n"},
                {"  in two three", 8, "  in two\n    three"},
                {"name    what it is and more", 18, "name    what it is\n        and more"},
                {"averylongword and more", 8, "averylongword\n  and\n  more"},
                {"\033[1mname\033[0m  what it is", 12, "\033[1mname\033[0m  what\n      it is"},
                {"漢字 漢字", 8, "漢字\n  漢字"},
                {"", 5, ""},
                {"a  b", 1, "a\nb"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        text_wrap(&out, str_of(rows[i].text), rows[i].columns);
        cr_expect_str_eq(buf_cstr(&out), rows[i].want, "row %zu: %s", i, buf_cstr(&out));
        buf_free(&out);
    }
}
