/* Split: cuts at a string or a regular expression. */
#include "core/tokenizer/pretokenizer/split_fields.h"

struct split *split_new(const struct build *build, struct err *err)
{
    return arena_zalloc(build->arena, 1, sizeof(struct split), "a pre-tokenizer", err);
}

bool split_behaviour(struct split *split, const struct build *build, const struct json *json, struct err *err)
{
    struct str name = {0};
    if (!field_str(build, json, "behavior", &name, err))
        return false;
    if (name.s)
        split->treat = behaviour_of(name);
    return split->treat || field_wrong(build, "behavior", "one of " BEHAVIOURS, err);
}

bool split_apply(const void *state, struct pieces *pieces, struct err *err)
{
    const struct split *split = state;
    return pieces_split_at(pieces, &split->pattern, split->treat, err);
}

void split_free(void *state)
{
    struct split *split = state;
    pattern_free(&split->pattern);
}

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct split *split = split_new(build, err);
    *state_out = split;
    return split && pattern_build(&split->pattern, build, json_get(json, "pattern"), err) &&
           split_behaviour(split, build, json, err) && field_bool(build, json, "invert", &split->pattern.invert, err);
}

const struct pretokenizer_kind pretokenizer_split = {
    .type = "Split",
    .summary = "cuts at a string or a regular expression",
    .build = build,
    .apply = split_apply,
    .free = split_free,
};
