/* Strip: whitespace at the ends. */
#include "core/tokenizer/normalizer/normalizer.h"
#include "core/base/text.h"
#include "core/tokenizer/unicode/unicode.h"

struct strip {
    bool left, right;
};

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct strip *strip = arena_zalloc(build->arena, 1, sizeof *strip, "a normalizer", err);
    *state_out = strip;
    return strip && field_bool(build, json, "strip_left", &strip->left, err) &&
           field_bool(build, json, "strip_right", &strip->right, err);
}

static bool strip_ends(struct normalized *text, bool left, bool right, struct err *err)
{
    size_t count = utf8_count((struct str){text->text, text->n}), leading = 0, trailing = 0, i = 0;
    int32_t cp;
    bool only = true;
    for (size_t at = 0; at < text->n;) {
        at += normalized_next(text, at, &cp);
        bool space = unicode_is_space(cp);
        only = only && space;
        leading += only;
        trailing = space ? trailing + 1 : 0;
    }
    leading = left ? leading : 0;
    trailing = right ? trailing : 0;
    if (!leading && !trailing)
        return true;
    normalized_begin(text);
    for (size_t at = 0; at < text->n; i++) {
        at += normalized_next(text, at, &cp);
        if (i < leading || i >= count - trailing)
            continue;
        /* The reference compares a number of characters with one of bytes here; only ranges of later
         * insertions could tell. */
        int32_t change = i == text->n - trailing - 1 ? -(int32_t)trailing : 0;
        if (!normalized_change(text, cp, change, err))
            return false;
    }
    return normalized_apply(text, leading, err);
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    const struct strip *strip = state;
    return strip_ends(text, strip->left, strip->right, err);
}

const struct normalizer_kind normalizer_strip = {
    .type = "Strip",
    .summary = "drops whitespace at the left, the right, or both ends",
    .build = build,
    .apply = apply,
};
