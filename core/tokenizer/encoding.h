/* What a tokenizer makes of a text: tokens, and where in the text each stands. Plain data. */
#ifndef GAZE_CORE_TOKENIZER_ENCODING_H
#define GAZE_CORE_TOKENIZER_ENCODING_H

#include <stdint.h>
#include "core/base/mem.h"

/* One token of an encoding. Offsets are half-open, within the text that the token comes from; [0,0) for
 * tokens that the post-processor put in. A character split over several tokens gives each its whole range. */
struct token {
    int32_t id;
    int32_t type;        /* token type id as the tokenizer gives it */
    int32_t text;        /* 0 first text, 1 second, -1 put in by the post-processor */
    bool special;        /* put in by the post-processor (a special token typed in the text: false) */
    bool special_id;     /* the id is that of a special token, typed or put in */
    size_t begin, end;   /* bytes */
    size_t cbegin, cend; /* code points */
    int32_t word;        /* number of the pre-tokenised word within its text, -1 where there is none */
    struct str string;   /* the vocabulary's string of the id; owned by the encoding's arena */
};

struct encoding {
    size_t n;
    struct token *tokens;
    struct arena *arena; /* owns tokens and strings */
    struct str texts[2]; /* copies of the texts, owned by the arena; n 0 and s NULL where there is none */
};
/* Room for n zeroed tokens. */
NODISCARD bool encoding_new(struct encoding *out, size_t n, struct err *err);
NODISCARD bool encoding_copy(const struct encoding *from, struct encoding *out, struct err *err);
void encoding_free(struct encoding *encoding); /* a zeroed struct is fine */

#endif
