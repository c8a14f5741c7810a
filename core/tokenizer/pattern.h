/* What a text is split at or replaced by: characters, literal strings, regular expressions; and what becomes of
 * the delimiters. */
#ifndef GAZE_CORE_TOKENIZER_PATTERN_H
#define GAZE_CORE_TOKENIZER_PATTERN_H

#include "core/base/mem.h"

struct json;
struct build;
struct regex;

/* Exactly one of is, regex and literal decides, in this order; the literal may be empty. */
struct pattern {
    bool (*is)(int32_t cp);
    struct regex *regex; /* owned: pattern_free */
    struct str literal;
    bool invert; /* what is between the matches is the match */
};

/* A stretch of the text; together they cover it from end to end. */
struct match {
    uint32_t begin, end;
    bool is; /* matched by the pattern; after a behaviour: to be dropped */
};
struct matches {
    struct match *at;
    size_t n, capacity;
};

/* {"String": s} or {"Regex": r}; a regular expression in Oniguruma's syntax. */
NODISCARD bool pattern_build(struct pattern *pattern, const struct build *build, const struct json *value, struct err *err);
/* The same from the regular expression itself. */
NODISCARD bool pattern_regex(struct pattern *pattern, const struct build *build, struct str regex, struct err *err);
void pattern_free(struct pattern *pattern);

NODISCARD bool pattern_find(const struct pattern *pattern, struct str text, struct matches *out, struct err *err);
NODISCARD bool matches_add(struct matches *matches, size_t begin, size_t end, bool is, struct err *err);

/* What becomes of the delimiters, by the name in a tokenizer.json; NULL for an unknown name. In place. */
typedef void behaviour(struct matches *matches);
behaviour *behaviour_of(struct str name);
void behaviour_removed(struct matches *matches);
void behaviour_isolated(struct matches *matches);
void behaviour_merged_with_previous(struct matches *matches);
void behaviour_merged_with_next(struct matches *matches);
void behaviour_contiguous(struct matches *matches);
#define BEHAVIOURS "Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous"

/* A pattern of Oniguruma (Ruby's syntax, UTF-8) in the syntax of PCRE2. False: cannot be said there. */
NODISCARD bool onig_translate(struct str pattern, struct buf *out, struct err *err);

#endif
