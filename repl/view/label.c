/* Tokens as cells can show them: widths that agree, and the visual order of right-to-left text (UAX #9, by fribidi). */
#include <fribidi/fribidi.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "repl/view/view.h"

enum { LONGEST = 4096 }; /* bytes of a label that are reordered */

static bool has_right_to_left(const FriBidiChar *text, FriBidiStrIndex n)
{
    for (FriBidiStrIndex i = 0; i < n; i++)
        if (FRIBIDI_IS_RTL(fribidi_get_bidi_type(text[i])))
            return true;
    return false;
}

/* Append the text in visual order; false where it has nothing to reorder. */
static bool reorder(struct buf *out, struct str text)
{
    if (text.n > LONGEST)
        return false;
    FriBidiChar *logical = calloc(text.n + 1, sizeof *logical), *visual = calloc(text.n + 1, sizeof *visual);
    FriBidiParType direction = FRIBIDI_PAR_ON;
    FriBidiStrIndex n = 0;
    bool done = false;
    for (size_t at = 0; logical && at < text.n;) {
        int32_t cp;
        at += utf8_decode(text.s + at, text.n - at, &cp);
        logical[n++] = cp < 0 ? 0xfffd : (FriBidiChar)cp;
    }
    if (logical && visual && has_right_to_left(logical, n) && fribidi_log2vis(logical, n, &direction, visual, NULL, NULL, NULL)) {
        done = true;
        for (FriBidiStrIndex i = 0; i < n; i++) {
            char utf8[4];
            if (visual[i] != FRIBIDI_CHAR_FILL)
                buf_add(out, utf8, utf8_encode((int32_t)visual[i], utf8));
        }
    }
    free(logical);
    free(visual);
    return done;
}

void label_of(struct buf *out, struct str token)
{
    struct buf visual = {0};
    bool reordered = utf8_invalid_at(token) == token.n && reorder(&visual, token);
    screen_text(out, reordered ? buf_view(&visual) : token);
    buf_free(&visual);
}
