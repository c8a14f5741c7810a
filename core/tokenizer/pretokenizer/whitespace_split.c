/* WhitespaceSplit: cuts at whitespace and drops it. */
#include "core/tokenizer/pretokenizer/pretokenizer.h"
#include "core/tokenizer/unicode/unicode.h"

static bool apply(const void *state, struct pieces *pieces, struct err *err)
{
    static const struct pattern space = {.is = unicode_is_space};
    (void)state;
    return pieces_split_at(pieces, &space, behaviour_removed, err);
}

const struct pretokenizer_kind pretokenizer_whitespace_split = {
    .type = "WhitespaceSplit",
    .summary = "cuts at whitespace",
    .apply = apply,
};
