/* Punctuation: ASCII punctuation and category P. */
#include "core/tokenizer/pretokenizer/split_fields.h"
#include "core/tokenizer/unicode/unicode.h"

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct split *split = split_new(build, err);
    *state_out = split;
    if (!split)
        return false;
    split->pattern.is = unicode_is_punctuation;
    split->treat = behaviour_isolated;
    return split_behaviour(split, build, json, err);
}

const struct pretokenizer_kind pretokenizer_punctuation = {
    .type = "Punctuation",
    .summary = "cuts around punctuation",
    .build = build,
    .apply = split_apply,
};
