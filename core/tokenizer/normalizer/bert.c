/* BertNormalizer: cleaning, spaces around Chinese characters, accents, case (Devlin 2018, tokenization.py; where
 * the reference's fast tokenizer differs from it, the fast one decides). */
#include "core/tokenizer/normalizer/normalizer.h"
#include "core/tokenizer/normalizer/steps.h"
#include "core/tokenizer/unicode/unicode.h"

struct bert {
    bool clean_text, chinese_chars, strip_accents, lowercase;
};

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct bert *bert = arena_zalloc(build->arena, 1, sizeof *bert, "a normalizer", err);
    if (!bert)
        return false;
    *bert = (struct bert){true, true, false, true};
    bool strip = false, given = json_is_bool(json_get(json, "strip_accents"));
    if (!field_bool(build, json, "clean_text", &bert->clean_text, err) ||
        !field_bool(build, json, "handle_chinese_chars", &bert->chinese_chars, err) ||
        !field_bool(build, json, "lowercase", &bert->lowercase, err) || !field_bool(build, json, "strip_accents", &strip, err))
        return false;
    if (build->depth == 0 && build->over.lowercase >= 0)
        bert->lowercase = build->over.lowercase;
    if (build->depth == 0 && build->over.chinese_chars >= 0)
        bert->chinese_chars = build->over.chinese_chars;
    if (build->depth == 0 && build->over.strip_accents >= 0) {
        given = build->over.strip_accents != 2;
        strip = build->over.strip_accents == 1;
    }
    bert->strip_accents = given ? strip : bert->lowercase;
    *state_out = bert;
    return true;
}

static bool is_kept(int32_t cp)
{
    return cp != 0 && cp != 0xfffd && !unicode_is_control(cp);
}

static int32_t plain_space(int32_t cp)
{
    return unicode_is_space(cp) ? ' ' : cp;
}

/* The CJK ideographs; the fast tokenizer begins extension E at 2B920 instead of 2B820. */
static bool is_chinese(int32_t cp)
{
    return (cp >= 0x4e00 && cp <= 0x9fff) || (cp >= 0x3400 && cp <= 0x4dbf) || (cp >= 0x20000 && cp <= 0x2a6df) ||
           (cp >= 0x2a700 && cp <= 0x2b73f) || (cp >= 0x2b740 && cp <= 0x2b81f) || (cp >= 0x2b920 && cp <= 0x2ceaf) ||
           (cp >= 0xf900 && cp <= 0xfaff) || (cp >= 0x2f800 && cp <= 0x2fa1f);
}

static bool space_chinese(struct normalized *text, struct err *err)
{
    int32_t cp;
    normalized_begin(text);
    for (size_t at = 0; at < text->n;) {
        at += normalized_next(text, at, &cp);
        bool ok = !is_chinese(cp) ? normalized_change(text, cp, 0, err)
                                  : normalized_change(text, ' ', 0, err) && normalized_change(text, cp, 1, err) &&
                                        normalized_change(text, ' ', 1, err);
        if (!ok)
            return false;
    }
    return normalized_apply(text, 0, err);
}

static bool is_no_accent(int32_t cp)
{
    return !unicode_is_nonspacing(cp);
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    const struct bert *bert = state;
    if (bert->clean_text && (!normalized_filter(text, is_kept, err) || !normalized_map(text, plain_space, err)))
        return false;
    if (bert->chinese_chars && !space_chinese(text, err))
        return false;
    if (bert->strip_accents && (!step_decompose(text, false, err) || !normalized_filter(text, is_no_accent, err)))
        return false;
    return !bert->lowercase || step_lowercase(text, err);
}

const struct normalizer_kind normalizer_bert = {
    .type = "BertNormalizer",
    .summary = "cleans, sets spaces around Chinese characters, strips accents, lowers case",
    .build = build,
    .apply = apply,
};
