/* Digits: numbers stand alone, as runs or digit by digit. */
#include "core/tokenizer/pretokenizer/split_fields.h"
#include "core/tokenizer/unicode/unicode.h"

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct split *split = split_new(build, err);
    *state_out = split;
    bool individual = false;
    if (!split || !field_bool(build, json, "individual_digits", &individual, err))
        return false;
    split->pattern.is = unicode_is_number;
    split->treat = individual ? behaviour_isolated : behaviour_contiguous;
    return true;
}

const struct pretokenizer_kind pretokenizer_digits = {
    .type = "Digits",
    .summary = "cuts around numbers",
    .build = build,
    .apply = split_apply,
};
