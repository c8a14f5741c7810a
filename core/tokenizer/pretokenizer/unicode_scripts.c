/* UnicodeScripts: cuts where the script changes (as Unigram's training does). Spaces, digits, punctuation and
 * marks go with any script. What stands before the first character of a script is dropped, as the reference does. */
#include "core/tokenizer/pretokenizer/pretokenizer.h"
#include "core/base/utf8.h"
#include "core/tokenizer/unicode/unicode.h"

static bool find(const void *context, struct str text, struct matches *out, struct err *err)
{
    (void)context;
    out->n = 0;
    int before = 0;
    if (!matches_add(out, 0, 0, true, err))
        return false;
    for (size_t at = 0, n; at < text.n; at += n) {
        int32_t cp;
        n = utf8_decode(text.s + at, text.n - at, &cp);
        int script = unicode_script(cp);
        if (script && script != before) {
            out->at[out->n - 1].end = (uint32_t)at;
            if (!matches_add(out, at, text.n, false, err))
                return false;
        }
        before = script ? script : before;
    }
    return true;
}

static bool apply(const void *state, struct pieces *pieces, struct err *err)
{
    (void)state;
    return pieces_split(pieces, find, NULL, behaviour_removed, err);
}

const struct pretokenizer_kind pretokenizer_unicode_scripts = {
    .type = "UnicodeScripts",
    .summary = "cuts where the script changes",
    .apply = apply,
};
