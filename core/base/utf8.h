/* One code point of UTF-8, and whether a terminal may see it: what messages need, below everything else. */
#ifndef GAZE_CORE_BASE_UTF8_H
#define GAZE_CORE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decode one code point at s[0..n), n > 0. Returns its length in bytes; for a malformed byte returns 1
 * and *cp = -1. Overlong forms, surrogates and > U+10FFFF are malformed. */
size_t utf8_decode(const char *s, size_t n, int32_t *cp);
/* C0, DEL, C1, marks and overrides of direction, line separators: never to a terminal. */
bool cp_is_unprintable(int32_t cp);

#endif
