/* Text on its way through the normalizers, with the place in the raw text that every byte comes from. */
#ifndef GAZE_CORE_TOKENIZER_NORMALIZED_H
#define GAZE_CORE_TOKENIZER_NORMALIZED_H

#include "core/base/mem.h"

/* The range of the raw text, in bytes, that one normalised byte stands for. */
struct origin {
    uint32_t begin, end;
};

/* One character of the text to come. change 0: it replaces a character; n > 0: it is inserted and stands for
 * the same range as the character before it; -n: it replaces one and the n characters after that are removed. */
struct change {
    int32_t cp, change;
};

struct normalized {
    char *text;          /* [n], UTF-8 */
    struct origin *from; /* [n] */
    size_t n, capacity, from_capacity;
    uint32_t begin, end;    /* the part of the raw text that the whole stands for */
    struct change *changes; /* a list under construction, see normalized_change */
    size_t n_changes, changes_capacity;
    char *spare; /* the text to come */
    struct origin *spare_from;
    size_t spare_capacity, spare_from_capacity;
};
void normalized_free(struct normalized *text); /* a zeroed struct is fine */

/* Become a copy of text[n] with its origins; begin and end as in the struct. */
NODISCARD bool normalized_load(struct normalized *text, const char *bytes, const struct origin *from, size_t n, uint32_t begin,
                               uint32_t end, struct err *err);

/* The number of the next character's bytes; *cp is set to it. */
size_t normalized_next(const struct normalized *text, size_t at, int32_t *cp);

/* Start an empty list of changes, append to it, and put the list in the place of the whole text, or of its
 * bytes [begin, end). `removed`: how many characters before the first of the list are dropped. */
void normalized_begin(struct normalized *text);
NODISCARD bool normalized_change(struct normalized *text, int32_t cp, int32_t change, struct err *err);
NODISCARD bool normalized_apply(struct normalized *text, size_t removed, struct err *err);

/* Keep the characters for which keep(cp) holds. */
NODISCARD bool normalized_filter(struct normalized *text, bool (*keep)(int32_t cp), struct err *err);
/* Replace every character by map(cp). */
NODISCARD bool normalized_map(struct normalized *text, int32_t (*map)(int32_t cp), struct err *err);
/* Put `s` in front, standing for what the first character stands for; nothing where the text is empty. */
NODISCARD bool normalized_prepend(struct normalized *text, struct str s, struct err *err);
/* Replace every match by `content`. matches [n_matches], as pattern_find gives them. */
struct match;
NODISCARD bool normalized_replace(struct normalized *text, const struct match *matches, size_t n_matches, struct str content,
                                  struct err *err);

#endif
