/* Lookups in the tables of code points. See unicode.h. */
#include "core/tokenizer/unicode/unicode.h"

#include "core/base/text.h"

static bool in_ranges(const struct cp_range *ranges, size_t n, int32_t cp)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cp > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && cp >= ranges[low].first;
}

bool unicode_is_nonspacing(int32_t cp)
{
    return cp >= 0x300 && in_ranges(unicode_nonspacing, unicode_nonspacing_count, cp);
}

bool unicode_is_mark(int32_t cp)
{
    return cp >= 0x300 && in_ranges(unicode_marks, unicode_marks_count, cp);
}

bool unicode_is_punctuation(int32_t cp)
{
    if (cp < 128)
        return (cp >= 33 && cp <= 47) || (cp >= 58 && cp <= 64) || (cp >= 91 && cp <= 96) || (cp >= 123 && cp <= 126);
    return in_ranges(unicode_punctuation, unicode_punctuation_count, cp);
}

bool unicode_is_number(int32_t cp)
{
    return cp < 128 ? cp >= '0' && cp <= '9' : in_ranges(unicode_numbers, unicode_numbers_count, cp);
}

bool unicode_is_control(int32_t cp)
{
    if (cp < 128)
        return (cp < 32 && cp != '\t' && cp != '\n' && cp != '\r') || cp == 127;
    return in_ranges(unicode_controls, unicode_controls_count, cp);
}

bool unicode_is_word(int32_t cp)
{
    if (cp < 128)
        return (cp >= '0' && cp <= '9') || (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') || cp == '_';
    return in_ranges(unicode_words, unicode_words_count, cp);
}

bool unicode_is_space(int32_t cp)
{
    return cp_is_whitespace(cp);
}

int unicode_script(int32_t cp)
{
    size_t low = 0, high = unicode_scripts_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cp > unicode_scripts[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < unicode_scripts_count && cp >= unicode_scripts[low].first ? unicode_scripts[low].script : 0;
}

/* Upper-case letters that are newer than the libraries of some systems: first, last, distance to the lower case. */
static const struct {
    int32_t first, last, distance;
} new_letters[] = {
    {0x1c89, 0x1c89, 1},      {0xa7cb, 0xa7cb, 0x264 - 0xa7cb},
    {0xa7cc, 0xa7cc, 1},      {0xa7ce, 0xa7ce, 1},
    {0xa7d2, 0xa7d2, 1},      {0xa7d4, 0xa7d4, 1},
    {0xa7da, 0xa7da, 1},      {0xa7dc, 0xa7dc, 0x19b - 0xa7dc},
    {0x10d50, 0x10d65, 0x20}, {0x16ea0, 0x16eb8, 0x1b},
};

size_t unicode_lower(int32_t cp, int32_t out[2])
{
    if (cp < 128) {
        out[0] = cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
        return 1;
    }
    if (cp == 0x130) { /* the one letter whose lower case is two */
        out[0] = 'i';
        out[1] = 0x307;
        return 2;
    }
    out[0] = cp_lower_simple(cp);
    for (size_t i = 0; cp >= new_letters[0].first && i < sizeof new_letters / sizeof new_letters[0]; i++)
        if (cp >= new_letters[i].first && cp <= new_letters[i].last)
            out[0] = cp + new_letters[i].distance;
    return 1;
}

/* Characters added after Unicode 9 that have decompositions now. */
static const struct cp_range undecomposed[] = {
    {0x32ff, 0x32ff},   {0xa7f1, 0xa7f4},   {0xab69, 0xab69},   {0x105c9, 0x105e4}, {0x10781, 0x107ba},
    {0x11383, 0x113c8}, {0x11938, 0x11938}, {0x16121, 0x16128}, {0x16d68, 0x16d6a}, {0x1ccd6, 0x1ccf9},
    {0x1e030, 0x1e06d}, {0x1f16c, 0x1f16c}, {0x1fbf0, 0x1fbf9},
};

static bool is_undecomposed(int32_t cp)
{
    return cp >= undecomposed[0].first && in_ranges(undecomposed, sizeof undecomposed / sizeof undecomposed[0], cp);
}

size_t unicode_decompose(int32_t cp, bool compatibility, int32_t out[18])
{
    if (cp < 0xa0 || is_undecomposed(cp)) {
        out[0] = cp;
        return 1;
    }
    return cp_decompose(cp, compatibility, out);
}

int32_t unicode_compose(int32_t first, int32_t second)
{
    if (second < 0x300)
        return -1;
    int32_t composed = cp_compose(first, second);
    return composed >= 0 && !is_undecomposed(composed) ? composed : -1;
}

int unicode_combining_class(int32_t cp)
{
    return unicode_is_mark(cp) ? cp_combining_class(cp) : 0;
}
