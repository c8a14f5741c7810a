/* ByteLevel: GPT-2's cut into words, then every byte as a letter (Radford 2019, encoder.py). */
#include "core/tokenizer/bytelevel.h"
#include "core/tokenizer/pretokenizer/pretokenizer.h"

#define GPT2_WORDS "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

struct byte_level {
    bool add_prefix_space, use_regex;
    struct pattern words;
};

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct byte_level *level = arena_zalloc(build->arena, 1, sizeof *level, "a pre-tokenizer", err);
    *state_out = level;
    if (!level)
        return false;
    level->add_prefix_space = level->use_regex = true;
    build->style->byte_level = true;
    if (!field_bool(build, json, "add_prefix_space", &level->add_prefix_space, err) ||
        !field_bool(build, json, "use_regex", &level->use_regex, err))
        return false;
    if (build->depth == 0 && build->over.add_prefix_space >= 0)
        level->add_prefix_space = build->over.add_prefix_space;
    return !level->use_regex || pattern_regex(&level->words, build, STR(GPT2_WORDS), err);
}

static bool prefix_space(const void *context, struct normalized *text, struct err *err)
{
    (void)context;
    return !text->n || text->text[0] == ' ' || normalized_prepend(text, STR(" "), err);
}

static bool apply(const void *state, struct pieces *pieces, struct err *err)
{
    const struct byte_level *level = state;
    return (!level->add_prefix_space || pieces_change(pieces, prefix_space, NULL, err)) &&
           (!level->use_regex || pieces_split_at(pieces, &level->words, behaviour_isolated, err)) &&
           pieces_change(pieces, bytelevel_encode, NULL, err);
}

static void release(void *state)
{
    struct byte_level *level = state;
    pattern_free(&level->words);
}

const struct pretokenizer_kind pretokenizer_byte_level = {
    .type = "ByteLevel",
    .summary = "cuts into words as GPT-2 does and writes every byte as a letter",
    .build = build,
    .apply = apply,
    .free = release,
};
