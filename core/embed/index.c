/* Open addressing with the hash's upper half beside the row, so that a probe seldom touches a word. See index.h. */
#include "core/embed/index.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

enum { AHEAD = 16 };

struct table {
    uint64_t *slots; /* hash's upper half << 32 | row + 1; 0: free */
    size_t mask;
};

struct vectors_index {
    const struct str *words;
    size_t n;
    struct table exact, folded;
    struct str *folds; /* [n], in `text` */
    struct buf text;
};

/* Eight bytes a step, multiplied and folded upon itself. */
static uint64_t hash_of(struct str s)
{
    uint64_t h = 0x9e3779b97f4a7c15u ^ s.n, piece;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        memcpy(&piece, s.s + i, 8);
        h = (h ^ piece) * 0xd6e8feb86659fd93u;
        h ^= h >> 32;
    }
    piece = 0;
    if (i < s.n)
        memcpy(&piece, s.s + i, s.n - i);
    h = (h ^ piece) * 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

static bool table_new(struct table *table, size_t n, struct err *err)
{
    size_t size = 16;
    if (n >= UINT32_MAX)
        return err_set(err, ERR_LIMIT, "%zu words are more than can be indexed", n);
    while (size < n * 2)
        size *= 2;
    table->mask = size - 1;
    table->slots = mem_new(size, sizeof *table->slots, "an index of words", err);
    return table->slots != NULL;
}

/* The row of the word, or SIZE_MAX; where `insert` is a row, it takes the free slot. */
static size_t table_look_hashed(const struct table *table, const struct str *words, struct str word, uint64_t hash, size_t insert)
{
    for (size_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        uint64_t slot = table->slots[at];
        if (!slot) {
            if (insert != SIZE_MAX)
                table->slots[at] = (hash >> 32) << 32 | (uint64_t)(insert + 1);
            return SIZE_MAX;
        }
        size_t row = (size_t)(slot & UINT32_MAX) - 1;
        if (slot >> 32 == hash >> 32 && str_eq(words[row], word))
            return row;
    }
}

static size_t table_look(const struct table *table, const struct str *words, struct str word, size_t insert)
{
    return table_look_hashed(table, words, word, hash_of(word), insert);
}

struct vectors_index *index_new(const struct str *words, size_t n, unsigned char *twice_out, size_t *n_twice, struct err *err)
{
    struct vectors_index *index = mem_new(1, sizeof *index, "an index of words", err);
    *n_twice = 0;
    if (!index)
        return NULL;
    index->words = words;
    index->n = n;
    if (!table_new(&index->exact, n, err)) {
        index_free(index);
        return NULL;
    }
    uint64_t ahead[AHEAD]; /* the slot of a later word is on its way while this one is looked up */
    for (size_t i = 0; i < n + AHEAD; i++) {
        if (i >= AHEAD) {
            size_t row = i - AHEAD;
            twice_out[row] = table_look_hashed(&index->exact, words, words[row], ahead[row % AHEAD], row) != SIZE_MAX;
            *n_twice += twice_out[row];
        }
        if (i < n) {
            ahead[i % AHEAD] = hash_of(words[i]);
            __builtin_prefetch(&index->exact.slots[ahead[i % AHEAD] & index->exact.mask], 1);
        }
    }
    return index;
}

void index_free(struct vectors_index *index)
{
    if (!index)
        return;
    free(index->exact.slots);
    free(index->folded.slots);
    free(index->folds);
    buf_free(&index->text);
    free(index);
}

size_t index_find(const struct vectors_index *index, struct str word)
{
    return table_look(&index->exact, index->words, word, SIZE_MAX);
}

void word_fold(struct str word, struct buf *out)
{
    static const struct {
        int32_t cp;
        const char *upper;
    } longer[] = {{0xdf, "SS"},   {0x149, "\xca\xbcN"}, {0x1f0, "J\xcc\x8c"}, {0xfb00, "FF"}, {0xfb01, "FI"},
                  {0xfb02, "FL"}, {0xfb03, "FFI"},      {0xfb04, "FFL"},      {0xfb05, "ST"}, {0xfb06, "ST"}};
    char bytes[4];
    for (size_t i = 0, n; i < word.n; i += n) {
        unsigned char c = (unsigned char)word.s[i];
        n = 1;
        if (c < 128) {
            buf_char(out, c >= 'a' && c <= 'z' ? (char)(c - 32) : (char)c);
            continue;
        }
        int32_t cp;
        n = utf8_decode(word.s + i, word.n - i, &cp);
        const char *text = NULL;
        for (size_t k = 0; k < sizeof longer / sizeof *longer; k++)
            if (longer[k].cp == cp)
                text = longer[k].upper;
        if (text)
            buf_puts(out, text);
        else if (cp < 0)
            buf_char(out, (char)c);
        else
            buf_add(out, bytes, utf8_encode(cp_upper_simple(cp), bytes));
    }
}

/* Fold every word once; rows are entered in order, so that the most frequent of equal forms stays. */
static bool fold_all(struct vectors_index *index)
{
    size_t *ends = mem_new(index->n, sizeof *ends, "an index of words", NULL);
    index->folds = mem_new(index->n, sizeof *index->folds, "an index of words", NULL);
    bool ok = ends && index->folds && table_new(&index->folded, index->n, NULL);
    for (size_t i = 0; ok && i < index->n; i++) {
        word_fold(index->words[i], &index->text);
        ends[i] = index->text.n;
    }
    ok = ok && !index->text.failed;
    for (size_t i = 0, begin = 0; ok && i < index->n; begin = ends[i++]) {
        index->folds[i] = (struct str){index->text.data + begin, ends[i] - begin};
        table_look(&index->folded, index->folds, index->folds[i], i);
    }
    free(ends);
    if (ok)
        return true;
    free(index->folds);
    free(index->folded.slots);
    buf_free(&index->text);
    index->folds = NULL;
    index->folded.slots = NULL;
    return false;
}

size_t index_find_folded(struct vectors_index *index, struct str word)
{
    struct buf fold = {0};
    if (!index->folds && !fold_all(index))
        return SIZE_MAX;
    word_fold(word, &fold);
    size_t row = fold.failed ? SIZE_MAX : table_look(&index->folded, index->folds, buf_view(&fold), SIZE_MAX);
    buf_free(&fold);
    return row;
}
