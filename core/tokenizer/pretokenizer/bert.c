/* BertPreTokenizer: whitespace is dropped, punctuation stands alone. */
#include "core/tokenizer/pretokenizer/pretokenizer.h"
#include "core/tokenizer/unicode/unicode.h"

static bool apply(const void *state, struct pieces *pieces, struct err *err)
{
    static const struct pattern space = {.is = unicode_is_space}, punctuation = {.is = unicode_is_punctuation};
    (void)state;
    return pieces_split_at(pieces, &space, behaviour_removed, err) &&
           pieces_split_at(pieces, &punctuation, behaviour_isolated, err);
}

const struct pretokenizer_kind pretokenizer_bert = {
    .type = "BertPreTokenizer",
    .summary = "cuts at whitespace and around punctuation",
    .apply = apply,
};
