/* ByteLevel: offsets without the spaces that byte-level tokens begin with. */
#include "core/tokenizer/postprocessor/postprocessor.h"

struct byte_level {
    bool trim_offsets, add_prefix_space;
};

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct byte_level *level = arena_zalloc(build->arena, 1, sizeof *level, "a post-processor", err);
    *state_out = level;
    if (!level)
        return false;
    *level = (struct byte_level){true, true};
    if (!field_bool(build, json, "trim_offsets", &level->trim_offsets, err) ||
        !field_bool(build, json, "add_prefix_space", &level->add_prefix_space, err))
        return false;
    if (build->depth == 0 && build->over.post_add_prefix_space >= 0)
        level->add_prefix_space = build->over.post_add_prefix_space;
    if (build->depth == 0 && build->over.trim_offsets >= 0)
        level->trim_offsets = build->over.trim_offsets;
    return true;
}

static bool apply(const void *state, struct sections *parts, bool add_special, struct err *err)
{
    const struct byte_level *level = state;
    (void)add_special, (void)err;
    for (size_t i = 0; level->trim_offsets && i < parts->n; i++)
        part_trim(&parts->at[i], level->add_prefix_space);
    return true;
}

const struct postprocessor_kind postprocessor_byte_level = {
    .type = "ByteLevel",
    .summary = "offsets without spaces",
    .build = build,
    .apply = apply,
};
