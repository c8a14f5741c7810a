/* Nmt: SentencePiece's nmt rules for controls and spaces. */
#include "core/tokenizer/normalizer/normalizer.h"

static bool is_kept(int32_t cp)
{
    return !((cp >= 0x01 && cp <= 0x08) || cp == 0x0b || (cp >= 0x0e && cp <= 0x1f) || cp == 0x7f || cp == 0x8f || cp == 0x9f);
}

static int32_t plain_space(int32_t cp)
{
    bool space = cp == 0x09 || cp == 0x0a || cp == 0x0c || cp == 0x0d || cp == 0x1680 || (cp >= 0x200b && cp <= 0x200f) ||
                 cp == 0x2028 || cp == 0x2029 || cp == 0x2581 || cp == 0xfeff || cp == 0xfffd;
    return space ? ' ' : cp;
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    (void)state;
    return normalized_filter(text, is_kept, err) && normalized_map(text, plain_space, err);
}

const struct normalizer_kind normalizer_nmt = {
    .type = "Nmt",
    .summary = "drops controls and makes odd spaces plain ones",
    .apply = apply,
};
