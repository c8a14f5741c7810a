/* UTF-8 and Unicode properties (utf8proc behind this file alone). See text.h. */
#include "core/base/text.h"

#include <string.h>
#include <utf8proc.h>

size_t utf8_encode(int32_t cp, char out[4])
{
    return (size_t)utf8proc_encode_char(cp, (utf8proc_uint8_t *)out);
}

size_t utf8_invalid_at(struct str s)
{
    for (size_t i = 0; i < s.n;) {
        int32_t cp;
        size_t n = utf8_decode(s.s + i, s.n - i, &cp);
        if (cp < 0)
            return i;
        i += n;
    }
    return s.n;
}

size_t utf8_count(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; count++) {
        int32_t cp;
        i += utf8_decode(s.s + i, s.n - i, &cp);
    }
    return count;
}

const char *cp_category(int32_t cp)
{
    return utf8proc_category_string(cp);
}

bool cp_is_mark(int32_t cp)
{
    return cp_category(cp)[0] == 'M';
}

bool cp_is_whitespace(int32_t cp)
{
    if ((cp >= 9 && cp <= 13) || cp == 32 || cp == 0x85 || cp == 0xa0)
        return true;
    return cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f ||
           cp == 0x205f || cp == 0x3000;
}

int32_t cp_lower_simple(int32_t cp)
{
    return utf8proc_tolower(cp);
}

int32_t cp_upper_simple(int32_t cp)
{
    return utf8proc_toupper(cp);
}

size_t cp_decompose(int32_t cp, bool compatibility, int32_t out[CP_DECOMPOSED_MAX])
{
    int boundary = 0;
    utf8proc_option_t options = UTF8PROC_DECOMPOSE | (compatibility ? UTF8PROC_COMPAT : 0);
    utf8proc_ssize_t n = utf8proc_decompose_char(cp, out, CP_DECOMPOSED_MAX, options, &boundary);
    if (n < 1 || n > CP_DECOMPOSED_MAX) {
        out[0] = cp;
        return 1;
    }
    return (size_t)n;
}

int32_t cp_compose(int32_t first, int32_t second)
{
    utf8proc_int32_t pair[3] = {first, second, 0};
    return utf8proc_normalize_utf32(pair, 2, UTF8PROC_COMPOSE | UTF8PROC_STABLE) == 1 ? pair[0] : -1;
}

int cp_combining_class(int32_t cp)
{
    return utf8proc_get_property(cp)->combining_class;
}

size_t text_grapheme(struct str s)
{
    int32_t state = 0, before, cp;
    size_t at = utf8_decode(s.s, s.n, &before);
    while (before >= 0 && at < s.n) {
        size_t n = utf8_decode(s.s + at, s.n - at, &cp);
        if (cp < 0 || utf8proc_grapheme_break_stateful(before, cp, &state))
            break;
        before = cp;
        at += n;
    }
    return at;
}

/* Columns that a code point adds to its cluster. What is drawn into the letter before it adds none: the vowels and finals of
 * Hangul, a skin tone, an emoji joined to another; two letters of a flag, or a Thai vowel after its consonant, add their own. */
static size_t width_after(int32_t before, int32_t cp)
{
    bool jamo = (cp >= 0x1160 && cp <= 0x11ff) || (cp >= 0xd7b0 && cp <= 0xd7ff), tone = cp >= 0x1f3fb && cp <= 0x1f3ff;
    size_t width = cp < 0 ? 4 : (size_t)utf8proc_charwidth(cp);
    return before != 0 && (jamo || tone || (before == 0x200d && width > 1)) ? 0 : width;
}

/* An emoji presentation selector makes a cluster two wide. */
static size_t cluster_width(struct str cluster)
{
    size_t width = 0;
    int32_t before = 0, cp;
    for (size_t i = 0; i < cluster.n; before = cp) {
        i += utf8_decode(cluster.s + i, cluster.n - i, &cp);
        width = cp == 0xfe0f ? (width ? 2 : 0) : width + width_after(before, cp);
    }
    return width;
}

size_t text_width(struct str s)
{
    size_t width = 0;
    for (size_t i = 0; i < s.n;) {
        struct str rest = {s.s + i, s.n - i};
        size_t n = text_grapheme(rest);
        width += cluster_width((struct str){rest.s, n});
        i += n;
    }
    return width;
}

/* One cluster, escaped where a terminal could be led astray by it. */
static void escape_cluster(struct buf *out, struct str cluster)
{
    for (size_t i = 0; i < cluster.n;) {
        int32_t cp;
        size_t n = utf8_decode(cluster.s + i, cluster.n - i, &cp);
        if (cp < 0)
            buf_printf(out, "\\x%02x", (unsigned char)cluster.s[i]);
        else if (cp == '\n')
            buf_puts(out, "\\n");
        else if (cp == '\t')
            buf_puts(out, "\\t");
        else if (cp == '\r')
            buf_puts(out, "\\r");
        else if (cp_is_unprintable(cp) && cp < 256)
            buf_printf(out, "\\x%02x", (unsigned)cp);
        else if (cp_is_unprintable(cp))
            buf_printf(out, "\\u{%x}", (unsigned)cp);
        else
            buf_add(out, cluster.s + i, n);
        i += n;
    }
}

void text_escape(struct buf *out, struct str s)
{
    escape_cluster(out, s);
}

size_t text_fit(struct buf *out, struct str s, size_t columns)
{
    struct buf whole = {0};
    text_escape(&whole, s);
    struct str text = buf_view(&whole);
    size_t used = 0, total = text_width(text);
    size_t room = total <= columns ? columns : columns ? columns - 1 : 0;
    for (size_t i = 0; i < text.n;) {
        struct str rest = {text.s + i, text.n - i};
        size_t n = text_grapheme(rest), width = cluster_width((struct str){rest.s, n});
        if (used + width > room)
            break;
        buf_add(out, rest.s, n);
        used += width;
        i += n;
    }
    if (total > columns && columns) {
        buf_puts(out, "…");
        used++;
    }
    if (whole.failed)
        out->failed = true;
    buf_free(&whole);
    return used;
}

/* Columns of a text that may hold the escapes of bold and colours: ESC [ … m. */
static size_t styled_width(struct str s)
{
    size_t width = 0;
    while (s.n) {
        const char *escape = memchr(s.s, '\033', s.n), *end = escape ? memchr(escape, 'm', s.n - (size_t)(escape - s.s)) : NULL;
        size_t plain = end ? (size_t)(escape - s.s) : s.n, next = end ? (size_t)(end + 1 - s.s) : s.n;
        width += text_width((struct str){s.s, plain});
        s = (struct str){s.s + next, s.n - next};
    }
    return width;
}

/* Where the lines that follow a broken one begin: under what stands behind the first gap of two blanks and more, so that a
 * name and its explanation stay two columns, or two columns further in than the line. */
static size_t wrap_indent(struct str line, size_t columns)
{
    size_t lead = 0;
    while (lead < line.n && line.s[lead] == ' ')
        lead++;
    for (size_t i = lead; i + 2 < line.n; i++) {
        if (line.s[i] != ' ' || line.s[i + 1] != ' ')
            continue;
        while (i < line.n && line.s[i] == ' ')
            i++;
        size_t at = styled_width((struct str){line.s, i});
        return i < line.n && at <= columns / 2 ? at : lead + 2;
    }
    return lead + 2;
}

static void wrap_line(struct buf *out, struct str line, size_t columns)
{
    size_t indent = wrap_indent(line, columns), used = 0, from = 0;
    if (columns < 2 * indent)
        indent = 0;
    while (from < line.n) {
        size_t to = from;
        while (to < line.n && line.s[to] == ' ')
            to++;
        while (to < line.n && line.s[to] != ' ')
            to++;
        struct str word = {line.s + from, to - from};
        size_t width = styled_width(word);
        if (from && used + width > columns && used > indent) {
            while (word.n && word.s[0] == ' ')
                word = (struct str){word.s + 1, word.n - 1};
            buf_char(out, '\n');
            for (size_t i = 0; i < indent; i++)
                buf_char(out, ' ');
            used = indent;
            width = styled_width(word);
        }
        buf_str(out, word);
        used += width;
        from = to;
    }
}

void text_wrap(struct buf *out, struct str s, size_t columns)
{
    while (s.n) {
        const char *end = memchr(s.s, '\n', s.n);
        struct str line = {s.s, end ? (size_t)(end - s.s) : s.n};
        if (styled_width(line) <= columns)
            buf_str(out, line);
        else
            wrap_line(out, line, columns);
        if (end)
            buf_char(out, '\n');
        s = (struct str){s.s + line.n + (end != NULL), s.n - line.n - (end != NULL)};
    }
}

bool text_matches(struct str pattern, struct str word)
{
    size_t p = 0, w = 0, star = SIZE_MAX, from = 0;
    while (w < word.n) {
        if (p < pattern.n && pattern.s[p] == '*') {
            star = p++;
            from = w;
        } else if (p < pattern.n && pattern.s[p] == '?') {
            p++;
            for (w++; w < word.n && ((unsigned char)word.s[w] & 0xc0) == 0x80;)
                w++;
        } else if (p < pattern.n && pattern.s[p] == word.s[w]) {
            p++;
            w++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            w = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.s[p] == '*')
        p++;
    return p == pattern.n;
}

const char *text_library(void)
{
    return utf8proc_version();
}
