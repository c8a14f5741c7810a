/* ByteLevel: every byte becomes the letter that stands for it in GPT-2's vocabulary. */
#include "core/tokenizer/bytelevel.h"
#include "core/tokenizer/normalizer/normalizer.h"

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    (void)json, (void)err;
    build->style->byte_level = true;
    *state_out = NULL;
    return true;
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    return bytelevel_encode(state, text, err);
}

const struct normalizer_kind normalizer_byte_level = {
    .type = "ByteLevel",
    .summary = "writes every byte as a letter",
    .build = build,
    .apply = apply,
};
