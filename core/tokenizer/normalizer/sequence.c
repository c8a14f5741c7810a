/* Sequence: normalizers one after another. */
#include "core/tokenizer/normalizer/normalizer.h"

struct sequence {
    struct normalizer *members; /* [n] */
    size_t n;
};

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    const struct json *list = json_get(json, "normalizers");
    struct sequence *sequence = arena_zalloc(build->arena, 1, sizeof *sequence, "a normalizer", err);
    *state_out = sequence;
    if (!sequence)
        return false;
    if (!json_is_array(list))
        return field_wrong(build, "normalizers", "an array", err);
    sequence->members = arena_zalloc(build->arena, json_count(list) + 1, sizeof *sequence->members, "normalizers", err);
    if (!sequence->members)
        return false;
    struct build inner = *build;
    inner.depth++;
    for (; sequence->n < json_count(list); sequence->n++) {
        struct normalizer *member = &sequence->members[sequence->n];
        const struct json *item = json_at(list, sequence->n);
        if (!json_is_object(item))
            return field_wrong(build, "normalizers", "an array of objects", err);
        if (!normalizer_build(member, &inner, item, err)) {
            normalizer_free(member);
            return false;
        }
    }
    return true;
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    const struct sequence *sequence = state;
    for (size_t i = 0; i < sequence->n; i++)
        if (!normalizer_apply(&sequence->members[i], text, err))
            return false;
    return true;
}

static void release(void *state)
{
    struct sequence *sequence = state;
    for (size_t i = 0; i < sequence->n; i++)
        normalizer_free(&sequence->members[i]);
}

static void describe(const void *state, struct buf *out)
{
    const struct sequence *sequence = state;
    for (size_t i = 0; i < sequence->n; i++) {
        buf_puts(out, i ? "+" : "");
        normalizer_describe(&sequence->members[i], out);
    }
    if (!sequence->n)
        buf_puts(out, "-");
}

const struct normalizer_kind normalizer_sequence = {
    .type = "Sequence",
    .summary = "several normalizers, one after another",
    .build = build,
    .apply = apply,
    .free = release,
    .describe = describe,
};
