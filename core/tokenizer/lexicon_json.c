/* The scored pieces of a tokenizer.json, read from its text. See lexicon.h.
 *
 * A JSON library hands out the nearest double; the reference computes with another (lexicon_number), and equal sums
 * of scores break by the last bit. It is also the bulk of such a file, and read here in one pass. Anything unusual
 * ends the reading: the JSON library then says what is wrong with the text. */
#include "core/tokenizer/lexicon.h"

#include "core/base/text.h"
#include "core/tokenizer/cursor.h"

/* [piece, score] */
static bool read_item(struct lexicon *lexicon, struct cursor *c, bool *ok, struct err *err)
{
    struct str piece;
    double score = 0;
    *ok = cursor_take(c, '[');
    if (*ok && !cursor_string(c, lexicon->arena, &piece, ok, err))
        return false;
    *ok = *ok && cursor_take(c, ',');
    if (*ok) {
        cursor_space(c);
        size_t n = lexicon_number((struct str){c->at, (size_t)(c->end - c->at)}, &score);
        c->at += n;
        *ok = n && cursor_take(c, ']');
    }
    return !*ok || lexicon_add(lexicon, piece, score, err);
}

/* The list at the cursor. *array stays empty where it is not spelled so. */
static bool read_list(struct lexicon *lexicon, struct cursor *c, struct str *array, struct err *err)
{
    cursor_space(c);
    const char *begin = c->at;
    bool ok = cursor_take(c, '[');
    if (ok && !cursor_take(c, ']')) {
        do
            if (!read_item(lexicon, c, &ok, err))
                return false;
        while (ok && cursor_take(c, ','));
        ok = ok && cursor_take(c, ']');
    }
    struct str whole = {begin, (size_t)(c->at - begin)};
    ok = ok && utf8_invalid_at(whole) == whole.n;
    *array = ok ? whole : (struct str){0};
    if (!ok)
        lexicon->n = 0;
    return true;
}

bool lexicon_read_json(struct lexicon *lexicon, struct str text, struct str *array_out, struct err *err)
{
    struct cursor c = cursor_of(text);
    *array_out = (struct str){0};
    return !cursor_find(&c, "model") || !cursor_find(&c, "vocab") || read_list(lexicon, &c, array_out, err);
}
