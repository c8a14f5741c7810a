/* Numbers and ranges as text has them. */
#include <criterion/criterion.h>

#include "core/base/number.h"

Test(number, whole_numbers_ranges_and_what_is_none)
{
    static const struct {
        const char *text;
        bool whole, range;
        long from, to;
    } rows[] = {
        {"0", true, true, 0, 0},        {"17", true, true, 17, 17},     {"-3", true, true, -3, -3},
        {"+5", true, false, 5, 5},      {"0-5", false, true, 0, 5},     {"-3--1", false, true, -3, -1},
        {"2-", false, false, 0, 0},     {"-", false, false, 0, 0},      {"", false, false, 0, 0},
        {"+-1", false, false, 0, 0},    {"1.5", false, false, 0, 0},    {" 1", false, false, 0, 0},
        {"1 ", false, false, 0, 0},     {"0x10", false, false, 0, 0},   {"--1", false, false, 0, 0},
        {"123456789012345678901234567890", true, true, NUMBER_MOST, NUMBER_MOST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str text = str_of(rows[i].text);
        long n, from, to;
        bool whole = number_whole(text, &n), range = number_range(text, &from, &to);
        cr_expect(whole == rows[i].whole && (!whole || n == rows[i].from), "\"%s\"", rows[i].text);
        cr_expect(range == rows[i].range && (!range || (from == rows[i].from && to == rows[i].to)), "\"%s\"", rows[i].text);
    }
}

Test(number, decimals_are_finite_whole_texts_and_units_follow)
{
    static const char *const none[] = {"", "nan", "inf", "1e999", "0x1p3", "1,5", " 1", "1 ", "1e", "e5", "."};
    double value;
    struct str unit;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_not(number_real(str_of(none[i]), &value), "\"%s\"", none[i]);
    cr_expect(number_real(STR("-1.5e-3"), &value) && value == -1.5e-3);
    cr_expect(number_unit(STR("8.5cm"), &value, &unit) && value == 8.5 && str_is(unit, "cm"));
    cr_expect(number_unit(STR("3em"), &value, &unit) && value == 3 && str_is(unit, "em"));
    cr_expect_not(number_unit(STR("cm"), &value, &unit));
}
