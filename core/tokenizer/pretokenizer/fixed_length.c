/* FixedLength: pieces of so many characters. */
#include "core/tokenizer/pretokenizer/pretokenizer.h"
#include "core/base/utf8.h"

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    size_t *length = arena_zalloc(build->arena, 1, sizeof *length, "a pre-tokenizer", err);
    *state_out = length;
    if (!length)
        return false;
    *length = 5;
    return field_size(build, json, "length", length, err) && (*length || field_wrong(build, "length", "at least 1", err));
}

static bool find(const void *context, struct str text, struct matches *out, struct err *err)
{
    size_t length = *(const size_t *)context, count = 0, begin = 0;
    out->n = 0;
    for (size_t at = 0; at < text.n;) {
        int32_t cp;
        at += utf8_decode(text.s + at, text.n - at, &cp);
        if (++count < length && at < text.n)
            continue;
        if (!matches_add(out, begin, at, false, err))
            return false;
        begin = at;
        count = 0;
    }
    return true;
}

static bool apply(const void *state, struct pieces *pieces, struct err *err)
{
    return pieces_split(pieces, find, state, behaviour_removed, err);
}

const struct pretokenizer_kind pretokenizer_fixed_length = {
    .type = "FixedLength",
    .summary = "cuts into pieces of one length",
    .build = build,
    .apply = apply,
};
