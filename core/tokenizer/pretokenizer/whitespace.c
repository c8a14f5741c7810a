/* Whitespace: \w+|[^\w\s]+, that is runs of word characters and runs of others; whitespace is dropped. */
#include "core/tokenizer/pretokenizer/pretokenizer.h"
#include "core/base/utf8.h"
#include "core/tokenizer/unicode/unicode.h"

enum { SPACE, WORD, OTHER };

static int class_of(int32_t cp)
{
    return unicode_is_word(cp) ? WORD : unicode_is_space(cp) ? SPACE : OTHER;
}

static bool find(const void *context, struct str text, struct matches *out, struct err *err)
{
    (void)context;
    out->n = 0;
    int before = SPACE;
    for (size_t at = 0, n; at < text.n; at += n) {
        int32_t cp;
        n = utf8_decode(text.s + at, text.n - at, &cp);
        int class = class_of(cp);
        if (at && class == before)
            out->at[out->n - 1].end = (uint32_t)(at + n);
        else if (!matches_add(out, at, at + n, class == SPACE, err))
            return false;
        before = class;
    }
    return true;
}

static bool apply(const void *state, struct pieces *pieces, struct err *err)
{
    (void)state;
    return pieces_split(pieces, find, NULL, behaviour_removed, err);
}

const struct pretokenizer_kind pretokenizer_whitespace = {
    .type = "Whitespace",
    .summary = "cuts into runs of word characters and runs of others",
    .apply = apply,
};
