/* Prepend: a string in front of a text that is not empty. */
#include "core/tokenizer/normalizer/normalizer.h"

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct str *string = arena_zalloc(build->arena, 1, sizeof *string, "a normalizer", err);
    *state_out = string;
    if (!string || !field_str_needed(build, json, "prepend", string, err))
        return false;
    if (str_is(*string, "▁"))
        build->style->space = *string;
    return true;
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    return normalized_prepend(text, *(const struct str *)state, err);
}

const struct normalizer_kind normalizer_prepend = {
    .type = "Prepend",
    .summary = "puts a string in front",
    .build = build,
    .apply = apply,
};
