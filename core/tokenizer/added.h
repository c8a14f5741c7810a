/* Added tokens: strings that are cut out of a text before the model sees it. */
#ifndef GAZE_CORE_TOKENIZER_ADDED_H
#define GAZE_CORE_TOKENIZER_ADDED_H

#include "core/tokenizer/pieces.h"
#include "core/tokenizer/trie.h"
#include "core/tokenizer/vocab.h"

struct added_token {
    struct str content;  /* in the arena */
    bool single_word;    /* only where no letter of a word is beside it */
    bool lstrip, rstrip; /* takes the whitespace before, behind */
    bool normalized;     /* looked for in the normalised text, itself normalised */
    bool special;
};

/* One string to look for. */
struct added_pattern {
    struct str content;
    bool normalized;
    int32_t id;
};

struct added {
    struct vocab vocab;           /* content and id, both ways */
    struct vocab specials;        /* contents that were ever mentioned as special; numbered */
    struct added_token *by_entry; /* [entries of vocab]: the flags of that string's last mention */
    size_t by_entry_capacity;
    uint32_t *seen; /* [entries of vocab]: combinations of flags, a bit each, that a call does not take up again */
    size_t seen_capacity;
    struct added_pattern *patterns; /* special ones first, each group in the order of mention */
    size_t n_patterns, patterns_capacity, n_special;
    struct trie tries[2];      /* [0] for the raw text, [1] for the normalised; values number patterns */
    struct added_token *flags; /* [n_patterns]: of the pattern's id */
    size_t flags_capacity;
};
void added_init(struct added *added, struct arena *arena);
void added_free(struct added *added);

struct normalizer;
/* Add tokens in order, as one call to the reference's add_tokens: a token that the model or an earlier mention
 * knows keeps its id, others get the next ones. The strings must outlive `added`. */
NODISCARD bool added_add(struct added *added, const struct added_token *tokens, size_t n, const struct vocab *model,
                         struct err *err);
/* After the last added_add: normalise and index. normalizer may be NULL; `arena` keeps the normalised strings. */
NODISCARD bool added_finish(struct added *added, const struct normalizer *normalizer, struct arena *arena, struct err *err);

/* Cut the tokens out of every piece: those of the raw text, or those of the normalised text. */
NODISCARD bool added_split(const struct added *added, bool normalized, struct pieces *pieces, struct err *err);
const struct added_token *added_find(const struct added *added, struct str content); /* NULL: not there */
bool added_is_special(const struct added *added, int32_t id);

#endif
