/* Words and merges, read from the text of a tokenizer.json. See lists.h. */
#include "core/tokenizer/lists.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/tokenizer/cursor.h"

void lists_free(struct lists *lists)
{
    free(lists->words);
    free(lists->merges);
    memset(lists, 0, sizeof *lists);
}

/* What is read: into which lists, and whose memory. */
struct reading {
    struct lists *lists;
    struct arena *arena;
    struct cursor c;
};

/* A whole number in digits alone, below TOKEN_ID_LIMIT. */
static bool take_id(struct cursor *c, int32_t *out)
{
    *out = 0;
    cursor_space(c);
    const char *begin = c->at;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9' && *out < TOKEN_ID_LIMIT; c->at++)
        *out = *out * 10 + (*c->at - '0');
    return c->at > begin && (*begin != '0' || c->at == begin + 1) && *out < TOKEN_ID_LIMIT &&
           (c->at == c->end || !memchr("0123456789.eE", *c->at, 13));
}

/* word: id */
static bool read_word(struct reading *reading, bool *ok, struct err *err)
{
    struct lists *lists = reading->lists;
    struct listed_word word;
    if (!cursor_string(&reading->c, reading->arena, &word.string, ok, err))
        return false;
    *ok = *ok && cursor_take(&reading->c, ':') && take_id(&reading->c, &word.id);
    if (*ok && !mem_grow((void **)&lists->words, &lists->words_capacity, lists->n_words + 1, sizeof word, "a vocabulary", err))
        return false;
    if (*ok)
        lists->words[lists->n_words++] = word;
    return true;
}

/* "a b", split at its one space, or ["a", "b"]. */
static bool read_merge(struct reading *reading, bool *ok, struct err *err)
{
    struct lists *lists = reading->lists;
    struct listed_merge merge;
    struct cursor *c = &reading->c;
    if (cursor_take(c, '[')) {
        if (!cursor_string(c, reading->arena, &merge.left, ok, err))
            return false;
        *ok = *ok && cursor_take(c, ',');
        if (*ok && !cursor_string(c, reading->arena, &merge.right, ok, err))
            return false;
        *ok = *ok && cursor_take(c, ']');
    } else {
        struct str text;
        if (!cursor_string(c, reading->arena, &text, ok, err))
            return false;
        const char *space = *ok && text.n ? memchr(text.s, ' ', text.n) : NULL;
        size_t left = space ? (size_t)(space - text.s) : 0;
        *ok = space && !memchr(space + 1, ' ', text.n - left - 1);
        if (*ok)
            merge = (struct listed_merge){{text.s, left}, {space + 1, text.n - left - 1}};
    }
    if (*ok && !mem_grow((void **)&lists->merges, &lists->merges_capacity, lists->n_merges + 1, sizeof merge, "merges", err))
        return false;
    if (*ok)
        lists->merges[lists->n_merges++] = merge;
    return true;
}

/* Items between brackets from the cursor on; *whole is their text, empty where something is spelled otherwise. */
static bool read_items(struct reading *reading, const char *brackets, bool (*item)(struct reading *, bool *, struct err *),
                       struct str *whole, struct err *err)
{
    struct cursor *c = &reading->c;
    cursor_space(c);
    const char *begin = c->at;
    bool ok = cursor_take(c, brackets[0]);
    if (ok && !cursor_take(c, brackets[1])) {
        do
            if (!item(reading, &ok, err))
                return false;
        while (ok && cursor_take(c, ','));
        ok = ok && cursor_take(c, brackets[1]);
    }
    *whole = ok ? (struct str){begin, (size_t)(c->at - begin)} : (struct str){0};
    if (utf8_invalid_at(*whole) != whole->n)
        *whole = (struct str){0};
    return true;
}

bool lists_read_json(struct lists *lists, struct str text, struct arena *arena, struct err *err)
{
    struct cursor model = cursor_of(text);
    if (!cursor_find(&model, "model"))
        return true;
    struct reading words = {lists, arena, model}, merges = words;
    if (cursor_find(&words.c, "vocab") && !read_items(&words, "{}", read_word, &lists->words_text, err))
        return false;
    if (cursor_find(&merges.c, "merges") && !read_items(&merges, "[]", read_merge, &lists->merges_text, err))
        return false;
    if (!lists->words_text.n)
        lists->n_words = 0;
    if (!lists->merges_text.n)
        lists->n_merges = 0;
    return true;
}
