/* StripAccents: drops all marks. */
#include "core/tokenizer/normalizer/normalizer.h"
#include "core/tokenizer/unicode/unicode.h"

static bool is_no_mark(int32_t cp)
{
    return !unicode_is_mark(cp);
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    (void)state;
    return normalized_filter(text, is_no_mark, err);
}

const struct normalizer_kind normalizer_strip_accents = {.type = "StripAccents", .summary = "drops marks", .apply = apply};
