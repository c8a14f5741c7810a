/* Regular expressions on UTF-8 text (PCRE2 behind this file alone). */
#ifndef GAZE_CORE_BASE_REGEX_H
#define GAZE_CORE_BASE_REGEX_H

#include "core/base/mem.h"

struct regex;
/* Compile with Unicode properties (\p{L}, \s, \w as Unicode). Free with regex_free. */
NODISCARD struct regex *regex_new(struct str pattern, struct err *err);
/* The same with flags. REGEX_LINES: ^ and $ match at every line. REGEX_VALID: the texts that follow are known
 * to be UTF-8, so that they are not examined again at every call. */
enum { REGEX_LINES = 1, REGEX_VALID = 2 };
NODISCARD struct regex *regex_new_with(struct str pattern, unsigned flags, struct err *err);
void regex_free(struct regex *regex);
/* Find the first match at or after byte `from`. 1: found, 0: none, -1: error in err (backtrack limit). */
int regex_find(const struct regex *regex, struct str text, size_t from, size_t *begin_out, size_t *end_out,
               struct err *err);

const char *regex_library(void); /* the version of PCRE2 that gaze was built with */

#endif
