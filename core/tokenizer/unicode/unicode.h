/* Properties of code points as the reference implementation's tables have them.
 *
 * Its parts carry tables of several Unicode versions (8 to 17). A tokenizer's ids depend on them, and must not
 * depend on the Unicode version of the system's libraries, so the tables that decide are kept here. */
#ifndef GAZE_CORE_TOKENIZER_UNICODE_UNICODE_H
#define GAZE_CORE_TOKENIZER_UNICODE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cp_range {
    int32_t first, last;
};
struct cp_script {
    int32_t first, last;
    int script;
};
extern const struct cp_range unicode_nonspacing[], unicode_marks[], unicode_punctuation[], unicode_numbers[];
extern const struct cp_range unicode_controls[], unicode_words[];
extern const struct cp_script unicode_scripts[];
struct cp_category {
    int32_t first, last;
    char category[3]; /* "Lu" */
};
extern const struct cp_category unicode_new[]; /* characters newer than Unicode 14 */
extern const size_t unicode_new_count;
extern const size_t unicode_nonspacing_count, unicode_marks_count, unicode_punctuation_count, unicode_numbers_count;
extern const size_t unicode_controls_count, unicode_words_count, unicode_scripts_count;

bool unicode_is_nonspacing(int32_t cp);  /* Mn */
bool unicode_is_mark(int32_t cp);        /* M */
bool unicode_is_punctuation(int32_t cp); /* P, and all ASCII punctuation ($ + < = > ^ ` | ~ too) */
bool unicode_is_number(int32_t cp);      /* N */
bool unicode_is_control(int32_t cp);     /* Cc, Cf, Co; not tab, newline, carriage return */
bool unicode_is_word(int32_t cp);        /* \w */
bool unicode_is_space(int32_t cp);       /* White_Space */
int unicode_script(int32_t cp);          /* equal numbers: one script; 0: goes with any */

/* The lower case of one code point into out[2]; returns 1 or 2. Without regard to context (no final sigma). */
size_t unicode_lower(int32_t cp, int32_t out[2]);

/* Normal forms as of Unicode 9: what is newer does not decompose, compose or move. */
size_t unicode_decompose(int32_t cp, bool compatibility, int32_t out[18]);
int32_t unicode_compose(int32_t first, int32_t second); /* -1: the pair does not compose */
int unicode_combining_class(int32_t cp);

#endif
