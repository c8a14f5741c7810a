/* UTF-8 text: decoding, Unicode properties, normal forms, widths, escapes (utf8proc behind it). */
#ifndef GAZE_CORE_BASE_TEXT_H
#define GAZE_CORE_BASE_TEXT_H

#include <stdint.h>
#include "core/base/mem.h"
#include "core/base/utf8.h"

/* Encode cp into out[4]; returns the number of bytes. */
size_t utf8_encode(int32_t cp, char out[4]);
/* The number of the first malformed byte, or n where all is well. */
size_t utf8_invalid_at(struct str s);
size_t utf8_count(struct str s); /* code points; a malformed byte counts one */

/* Unicode general category as two letters ("Lu", "Mn", "Cn" …). */
const char *cp_category(int32_t cp);
bool cp_is_mark(int32_t cp);        /* M* */
bool cp_is_whitespace(int32_t cp);  /* property White_Space */
int32_t cp_lower_simple(int32_t cp);
int32_t cp_upper_simple(int32_t cp);

/* Normal forms, one code point at a time. */
enum { CP_DECOMPOSED_MAX = 18 };
/* The full decomposition (canonical, or with compatibility mappings) into out; returns its length, >= 1. */
size_t cp_decompose(int32_t cp, bool compatibility, int32_t out[CP_DECOMPOSED_MAX]);
int32_t cp_compose(int32_t first, int32_t second); /* the primary composite of the pair, or -1 */
int cp_combining_class(int32_t cp);                /* 0 for starters */

/* Columns a terminal gives to the text (utf8proc widths, by grapheme cluster). */
size_t text_width(struct str s);
/* Bytes of the first grapheme cluster of s (n > 0). */
size_t text_grapheme(struct str s);

/* Append s so that it may be printed: C0, C1, DEL, bidi overrides and malformed bytes become \xNN,
 * \n, \t, \u{NNNN}. */
void text_escape(struct buf *out, struct str s);
/* Append at most `columns` columns of s, escaped, and "…" where it was cut. Returns the columns used. */
size_t text_fit(struct buf *out, struct str s, size_t columns);
/* Append lines, those wider than `columns` broken at blanks; the rest of a broken line is indented. A word wider than
 * `columns` stays whole; escapes of bold and colours take none. */
void text_wrap(struct buf *out, struct str s, size_t columns);

/* Does the pattern, in which * stands for any bytes and ? for one character, match the whole of s? */
bool text_matches(struct str pattern, struct str s);

const char *text_library(void); /* the version of utf8proc */

#endif
