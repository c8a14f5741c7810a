/* What a person reads for a token. See tokenizer_display in tokenizer.h. */
#include "core/tokenizer/tokenizer.h"

#include "core/base/utf8.h"
#include "core/tokenizer/assembly.h"
#include "core/tokenizer/bytelevel.h"

/* Letters back to bytes; `bare`: without one leading space. False where a letter stands for none. */
static bool put_bytes(struct str string, bool bare, struct buf *out)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t at = 0, n; at < string.n; at += n) {
            int32_t cp;
            n = utf8_decode(string.s + at, string.n - at, &cp);
            int byte = bytelevel_byte(cp);
            if (byte < 0)
                return false;
            if (pass && (at || !bare || byte != ' '))
                buf_char(out, (char)byte);
        }
    return true;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void spell(const struct tokenizer *tokenizer, int32_t id, bool bare, struct buf *out)
{
    struct str string = tokenizer_string(tokenizer, id);
    const struct style *style = &tokenizer->style;
    if (!string.s) {
        buf_printf(out, "#%d", id);
        return;
    }
    if (vocab_string(&tokenizer->added.vocab, id).s || (style->byte_level && put_bytes(string, bare, out))) {
        if (vocab_string(&tokenizer->added.vocab, id).s)
            buf_str(out, string);
        return;
    }
    if (style->byte_fallback && string.n == 6 && str_starts(string, STR("<0x")) && hex(string.s[3]) >= 0 &&
        hex(string.s[4]) >= 0) {
        buf_char(out, (char)(hex(string.s[3]) << 4 | hex(string.s[4])));
        return;
    }
    bool continues = style->continuation.n && string.n > style->continuation.n && str_starts(string, style->continuation);
    bool ends = style->end.n && string.n > style->end.n && str_ends(string, style->end);
    if (continues)
        string = (struct str){string.s + style->continuation.n, string.n - style->continuation.n};
    else if (style->continuation.n && !bare)
        buf_char(out, ' ');
    if (ends)
        string.n -= style->end.n;
    for (size_t at = 0; at < string.n;) {
        struct str rest = {string.s + at, string.n - at};
        if (style->space.n && str_starts(rest, style->space)) {
            if (at || !bare)
                buf_char(out, ' ');
            at += style->space.n;
        } else {
            buf_char(out, string.s[at++]);
        }
    }
    if (ends && !bare)
        buf_char(out, ' ');
}

void tokenizer_display(const struct tokenizer *tokenizer, int32_t id, struct buf *out)
{
    spell(tokenizer, id, true, out);
}

void tokenizer_spell(const struct tokenizer *tokenizer, int32_t id, bool first, struct buf *out)
{
    if (!tokenizer_is_special(tokenizer, id))
        spell(tokenizer, id, first && !tokenizer->style.byte_level, out);
}
