/* Pieces and scores, and the numbers of a JSON text digit by digit. See lexicon.h. */
#include "core/tokenizer/lexicon.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POWERS = 309 }; /* 1e0 … 1e308 */

void lexicon_init(struct lexicon *lexicon, struct arena *arena)
{
    *lexicon = (struct lexicon){.arena = arena};
}

void lexicon_free(struct lexicon *lexicon)
{
    free(lexicon->strings);
    free(lexicon->scores);
    lists_free(&lexicon->lists);
    memset(lexicon, 0, sizeof *lexicon);
}

bool lexicon_add(struct lexicon *lexicon, struct str string, double score, struct err *err)
{
    size_t need = lexicon->n + 1;
    if (!mem_grow((void **)&lexicon->strings, &lexicon->strings_capacity, need, sizeof *lexicon->strings, "pieces", err) ||
        !mem_grow((void **)&lexicon->scores, &lexicon->scores_capacity, need, sizeof *lexicon->scores, "scores", err))
        return false;
    lexicon->strings[lexicon->n] = string;
    lexicon->scores[lexicon->n++] = score;
    return true;
}

/* 10^n, rounded once. */
static double power_of_ten(int n)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    char text[8] = {'1', 'e', (char)('0' + n / 100), (char)('0' + n / 10 % 10), (char)('0' + n % 10)};
    return n < (int)(sizeof exact / sizeof exact[0]) ? exact[n] : strtod(text, NULL);
}

static double scaled(uint64_t digits, int exponent)
{
    double value = (double)digits;
    while (exponent <= -POWERS && value != 0) {
        value /= 1e308;
        exponent += 308;
    }
    if (value == 0)
        return value;
    if (exponent >= POWERS)
        return INFINITY;
    return exponent >= 0 ? value * power_of_ten(exponent) : value / power_of_ten(-exponent);
}

static bool is_digit(struct str text, size_t at)
{
    return at < text.n && text.s[at] >= '0' && text.s[at] <= '9';
}

/* Digits at *at; those that 64 bits do not hold are left out. Returns how many were taken, *left how many not. */
static int take_digits(struct str text, size_t *at, uint64_t *digits, int *left)
{
    int taken = 0;
    bool full = false;
    *left = 0;
    for (; is_digit(text, *at); ++*at) {
        uint64_t digit = (uint64_t)(text.s[*at] - '0');
        full = full || *digits > (UINT64_MAX - digit) / 10;
        *left += full && *left < INT_MAX / 4;
        if (full)
            continue;
        *digits = *digits * 10 + digit;
        taken += taken < INT_MAX / 4;
    }
    return taken;
}

/* e, sign, digits. False where there is no digit. */
static bool take_exponent(struct str text, size_t *at, int *exponent)
{
    size_t i = *at + 1;
    bool negative = i < text.n && text.s[i] == '-';
    i += i < text.n && (text.s[i] == '-' || text.s[i] == '+');
    int value = 0;
    if (!is_digit(text, i))
        return false;
    for (; is_digit(text, i); i++)
        value = value < INT_MAX / 20 ? value * 10 + (text.s[i] - '0') : value;
    *exponent += negative ? -value : value;
    *at = i;
    return true;
}

size_t lexicon_number(struct str text, double *out)
{
    size_t at = text.n && text.s[0] == '-', begin = at;
    uint64_t digits = 0;
    int left, exponent;
    bool zero = at < text.n && text.s[at] == '0';
    take_digits(text, &at, &digits, &left);
    if (at == begin || (zero && at != begin + 1))
        return 0;
    exponent = left;
    if (at < text.n && text.s[at] == '.') {
        if (!is_digit(text, ++at))
            return 0;
        exponent -= take_digits(text, &at, &digits, &left); /* where the whole part was full, each digit is tried anew */
    }
    if (at < text.n && (text.s[at] == 'e' || text.s[at] == 'E') && !take_exponent(text, &at, &exponent))
        return 0;
    double value = scaled(digits, exponent);
    if (isinf(value))
        return 0;
    *out = begin ? -value : value;
    return at;
}
