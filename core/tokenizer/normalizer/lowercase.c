/* Lowercase: character by character, without regard to context. */
#include "core/tokenizer/normalizer/normalizer.h"
#include "core/tokenizer/normalizer/steps.h"
#include "core/tokenizer/unicode/unicode.h"

bool step_lowercase(struct normalized *text, struct err *err)
{
    int32_t cp, lower[2];
    normalized_begin(text);
    for (size_t at = 0; at < text->n;) {
        at += normalized_next(text, at, &cp);
        size_t n = unicode_lower(cp, lower);
        for (size_t i = 0; i < n; i++)
            if (!normalized_change(text, lower[i], i > 0, err))
                return false;
    }
    return normalized_apply(text, 0, err);
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    (void)state;
    return step_lowercase(text, err);
}

const struct normalizer_kind normalizer_lowercase = {.type = "Lowercase", .summary = "lowers case", .apply = apply};
