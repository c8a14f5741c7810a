/* RobertaProcessing: <s> A </s></s> B </s>, all of type 0; offsets without spaces. */
#include "core/tokenizer/postprocessor/surround.h"

struct roberta {
    struct named_id cls, sep;
    bool trim_offsets, add_prefix_space;
};

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct roberta *roberta = arena_zalloc(build->arena, 1, sizeof *roberta, "a post-processor", err);
    *state_out = roberta;
    if (!roberta)
        return false;
    roberta->trim_offsets = roberta->add_prefix_space = true;
    if (!named_id_read(&roberta->cls, build, json, "cls", err) || !named_id_read(&roberta->sep, build, json, "sep", err) ||
        !field_bool(build, json, "trim_offsets", &roberta->trim_offsets, err) ||
        !field_bool(build, json, "add_prefix_space", &roberta->add_prefix_space, err))
        return false;
    if (build->depth == 0 && build->over.post_add_prefix_space >= 0)
        roberta->add_prefix_space = build->over.post_add_prefix_space;
    if (build->depth == 0 && build->over.trim_offsets >= 0)
        roberta->trim_offsets = build->over.trim_offsets;
    return true;
}

static bool apply(const void *state, struct sections *parts, bool add_special, struct err *err)
{
    const struct roberta *roberta = state;
    for (size_t i = 0; i < parts->n; i++) {
        struct section *part = &parts->at[i];
        if (roberta->trim_offsets)
            part_trim(part, roberta->add_prefix_space);
        for (size_t k = 0; k < part->n; k++)
            part->items[k].token.type = 0;
        if (add_special && !part_surround(part, i ? &roberta->sep : &roberta->cls, 0, &roberta->sep, 0, err))
            return false;
    }
    return true;
}

const struct postprocessor_kind postprocessor_roberta = {
    .type = "RobertaProcessing",
    .summary = "<s> A </s></s> B </s>, offsets without spaces",
    .build = build,
    .apply = apply,
};
