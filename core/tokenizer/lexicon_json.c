/* The scored pieces of a tokenizer.json, read from its text. See lexicon.h.
 *
 * A JSON library hands out the nearest double; the reference computes with another (lexicon_number), and equal sums
 * of scores break by the last bit. It is also the bulk of such a file, and read here in one pass. Anything unusual
 * ends the reading: the JSON library then says what is wrong with the text. */
#include "core/tokenizer/lexicon.h"

#include <string.h>

#include "core/base/text.h"

struct cursor {
    const char *at, *end;
};

static void skip_space(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
        c->at++;
}

/* Step over the letter, blanks before it included. */
static bool take(struct cursor *c, char letter)
{
    skip_space(c);
    if (c->at >= c->end || *c->at != letter)
        return false;
    c->at++;
    return true;
}

/* The letters between two quotes, as they are spelled. */
static bool take_spelled(struct cursor *c, struct str *out, bool *escaped)
{
    *escaped = false;
    if (!take(c, '"'))
        return false;
    for (const char *begin = c->at; c->at < c->end; c->at++) {
        if (*c->at == '"') {
            *out = (struct str){begin, (size_t)(c->at++ - begin)};
            return true;
        }
        if ((unsigned char)*c->at < 0x20)
            return false;
        if (*c->at == '\\') {
            *escaped = true;
            c->at++;
        }
    }
    return false;
}

static bool hex4(struct str s, size_t at, int32_t *out)
{
    *out = 0;
    for (size_t i = at; i < at + 4; i++) {
        char c = i < s.n ? s.s[i] : '!';
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return false;
        *out = *out * 16 + digit;
    }
    return true;
}

/* \uXXXX at *at, a pair of surrogates as one character. */
static bool take_code(struct str s, size_t *at, int32_t *cp)
{
    int32_t low;
    if (!hex4(s, *at + 2, cp))
        return false;
    *at += 6;
    if (*cp < 0xd800 || *cp > 0xdfff)
        return true;
    if (*cp > 0xdbff || *at + 1 >= s.n || s.s[*at] != '\\' || s.s[*at + 1] != 'u' || !hex4(s, *at + 2, &low) || low < 0xdc00 ||
        low > 0xdfff)
        return false;
    *cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
    *at += 6;
    return true;
}

/* The string behind its escapes, in the arena: *ok tells whether they are well formed. */
static bool unescape(struct lexicon *lexicon, struct str spelled, struct str *out, bool *ok, struct err *err)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *copy = arena_alloc(lexicon->arena, spelled.n + 1, 1, "a piece", err);
    size_t n = 0;
    *ok = true;
    for (size_t at = 0; copy && *ok && at < spelled.n;) {
        const char *known;
        int32_t cp;
        if (spelled.s[at] != '\\') {
            copy[n++] = spelled.s[at++];
        } else if (at + 1 < spelled.n && spelled.s[at + 1] == 'u') {
            *ok = take_code(spelled, &at, &cp);
            n += *ok ? utf8_encode(cp, copy + n) : 0;
        } else if (at + 1 < spelled.n && (known = memchr(from, spelled.s[at + 1], sizeof from - 1))) {
            copy[n++] = to[known - from];
            at += 2;
        } else {
            *ok = false;
        }
    }
    *out = (struct str){copy, n};
    return copy;
}

/* Step over a value, whatever it is; it need not be well formed. */
static bool skip_value(struct cursor *c)
{
    size_t depth = 0;
    struct str ignored;
    bool escaped;
    do {
        skip_space(c);
        if (c->at >= c->end)
            return false;
        char letter = *c->at;
        if (letter == '"') {
            if (!take_spelled(c, &ignored, &escaped))
                return false;
        } else if (letter == '{' || letter == '[') {
            depth++;
            c->at++;
        } else if (letter == '}' || letter == ']' || letter == ',' || letter == ':') {
            if (!depth)
                return false;
            depth -= letter == '}' || letter == ']';
            c->at++;
        } else {
            while (c->at < c->end && !memchr(" \n\t\r\"{}[],:", *c->at, 11))
                c->at++;
        }
    } while (depth);
    return true;
}

/* The next key of an object that was entered; false at its end, and where it is not well formed. */
static bool next_key(struct cursor *c, bool *first, struct str *key)
{
    bool escaped;
    if (!*first && !take(c, ','))
        return false;
    *first = false;
    return take_spelled(c, key, &escaped) && take(c, ':');
}

/* [piece, score] */
static bool read_item(struct lexicon *lexicon, struct cursor *c, bool *ok, struct err *err)
{
    struct str piece;
    double score = 0;
    bool escaped;
    *ok = take(c, '[') && take_spelled(c, &piece, &escaped);
    if (*ok && escaped && !unescape(lexicon, piece, &piece, ok, err))
        return false;
    if (*ok)
        *ok = take(c, ',');
    if (*ok) {
        skip_space(c);
        size_t n = lexicon_number((struct str){c->at, (size_t)(c->end - c->at)}, &score);
        c->at += n;
        *ok = n && take(c, ']');
    }
    return !*ok || lexicon_add(lexicon, piece, score, err);
}

/* The list at the cursor. *array stays empty where it is not spelled so. */
static bool read_list(struct lexicon *lexicon, struct cursor *c, struct str *array, struct err *err)
{
    skip_space(c);
    const char *begin = c->at;
    bool ok = take(c, '[');
    if (ok && !take(c, ']')) {
        do
            if (!read_item(lexicon, c, &ok, err))
                return false;
        while (ok && take(c, ','));
        ok = ok && take(c, ']');
    }
    struct str whole = {begin, (size_t)(c->at - begin)};
    ok = ok && utf8_invalid_at(whole) == whole.n;
    *array = ok ? whole : (struct str){0};
    if (!ok)
        lexicon->n = 0;
    return true;
}

/* Step to the value of the object's key; false where there is none. */
static bool find_value(struct cursor *c, const char *name)
{
    struct str key;
    bool first = true;
    if (!take(c, '{'))
        return false;
    while (next_key(c, &first, &key))
        if (str_is(key, name))
            return true;
        else if (!skip_value(c))
            return false;
    return false;
}

bool lexicon_read_json(struct lexicon *lexicon, struct str text, struct str *array_out, struct err *err)
{
    struct cursor c = {text.s, text.s + text.n};
    *array_out = (struct str){0};
    if (str_starts(text, STR("\xef\xbb\xbf")))
        c.at += 3;
    return !find_value(&c, "model") || !find_value(&c, "vocab") || read_list(lexicon, &c, array_out, err);
}
