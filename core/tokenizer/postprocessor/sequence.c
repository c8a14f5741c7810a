/* Sequence: post-processors one after another. */
#include "core/tokenizer/postprocessor/postprocessor.h"

struct sequence {
    struct postprocessor *members; /* [n] */
    size_t n;
};

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    const struct json *list = json_get(json, "processors");
    struct sequence *sequence = arena_zalloc(build->arena, 1, sizeof *sequence, "a post-processor", err);
    *state_out = sequence;
    if (!sequence)
        return false;
    if (!json_is_array(list))
        return field_wrong(build, "processors", "an array", err);
    sequence->n = json_count(list);
    sequence->members = arena_zalloc(build->arena, sequence->n + 1, sizeof *sequence->members, "post-processors", err);
    if (!sequence->members)
        return false;
    struct build inner = *build;
    inner.depth++;
    for (size_t i = 0; i < sequence->n; i++) {
        if (!json_is_object(json_at(list, i)))
            return field_wrong(build, "processors", "an array of objects", err);
        if (!postprocessor_build(&sequence->members[i], &inner, json_at(list, i), err))
            return false;
    }
    return true;
}

static bool apply(const void *state, struct sections *parts, bool add_special, struct err *err)
{
    const struct sequence *sequence = state;
    for (size_t i = 0; i < sequence->n; i++)
        if (!postprocessor_apply(&sequence->members[i], parts, add_special, err))
            return false;
    return true;
}

static void describe(const void *state, struct buf *out)
{
    const struct sequence *sequence = state;
    for (size_t i = 0; i < sequence->n; i++) {
        buf_puts(out, i ? "+" : "");
        postprocessor_describe(&sequence->members[i], out);
    }
    if (!sequence->n)
        buf_puts(out, "-");
}

const struct postprocessor_kind postprocessor_sequence = {
    .type = "Sequence",
    .summary = "several post-processors, one after another",
    .build = build,
    .apply = apply,
    .describe = describe,
};
