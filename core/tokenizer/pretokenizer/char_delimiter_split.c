/* CharDelimiterSplit: cuts at one character and drops it. */
#include "core/tokenizer/pretokenizer/split_fields.h"

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct split *split = split_new(build, err);
    *state_out = split;
    if (!split || !field_char_needed(build, json, "delimiter", &split->pattern.literal, err))
        return false;
    split->treat = behaviour_removed;
    return true;
}

const struct pretokenizer_kind pretokenizer_char_delimiter_split = {
    .type = "CharDelimiterSplit",
    .summary = "cuts at one character",
    .build = build,
    .apply = split_apply,
};
