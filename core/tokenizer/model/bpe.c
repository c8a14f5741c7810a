/* BPE: characters joined by the merges, lowest rank first, leftmost first (Sennrich 2016, arXiv 1508.07909).
 *
 * Symbols are a linked list, candidates a heap: n log n for a word of n characters. A candidate that has become
 * stale is recognised when it is taken out: the pair found there now merges into another token, or none.
 * Dropout is part of training; here it is honoured only as 1 (no merges at all), below that it is left out, so
 * that a text has one segmentation. */
#include "core/tokenizer/model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

enum { MANY_MERGES = 1 << 22 };
struct merge {
    int32_t left, right; /* left -1: an empty slot */
    uint32_t rank;
    int32_t into;
};
struct bpe {
    struct merge *merges; /* [slots] open addressing */
    size_t slots;
    struct str unknown, prefix, suffix; /* n 0: none */
    bool has_unknown, fuse_unknown, byte_fallback, ignore_merges, drops_all;
};

struct symbol {
    int32_t id;
    uint32_t length; /* bytes; 0: joined to the symbol on the left */
    int32_t previous, next;
};
struct candidate {
    uint32_t rank, at;
    int32_t into;
};

static bool infers(const struct json *json)
{
    return json_is_array(json_get(json, "merges"));
}

static size_t slot_of(const struct bpe *bpe, int32_t left, int32_t right)
{
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    key = (key ^ key >> 32) * 0x9e3779b97f4a7c15u;
    size_t slot = ((key >> 32) * bpe->slots) >> 32;
    while (bpe->merges[slot].left >= 0 && (bpe->merges[slot].left != left || bpe->merges[slot].right != right))
        slot = slot + 1 < bpe->slots ? slot + 1 : 0;
    return slot;
}

static const struct merge *merge_of(const struct bpe *bpe, int32_t left, int32_t right)
{
    const struct merge *merge = &bpe->merges[slot_of(bpe, left, right)];
    return merge->left >= 0 ? merge : NULL;
}

/* "a b", or ["a", "b"]. A string splits at its one space. */
static bool merge_pair(const struct build *build, const struct json *item, struct str *left, struct str *right, struct err *err)
{
    struct str text = json_str(item, "");
    const char *space = text.n ? memchr(text.s, ' ', text.n) : NULL;
    if (json_is_array(item) && json_count(item) == 2 && json_is_string(json_at(item, 0)) && json_is_string(json_at(item, 1))) {
        *left = json_str(json_at(item, 0), "");
        *right = json_str(json_at(item, 1), "");
        return true;
    }
    if (!space || memchr(space + 1, ' ', text.n - (size_t)(space + 1 - text.s)))
        return field_wrong(build, "merges", "\"left right\" or [\"left\", \"right\"]", err);
    *left = (struct str){text.s, (size_t)(space - text.s)};
    *right = (struct str){space + 1, text.n - left->n - 1};
    return true;
}

static bool unknown_merge(const struct build *build, size_t number, struct str token, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: %s: merge %zu: \"%.*s\" is not in the vocabulary", build->path, build->what, number,
                   STR_ARGS(token));
}

static bool add_merge(struct bpe *bpe, const struct build *build, const struct vocab *vocab, struct str left, struct str right,
                      size_t number, struct buf *joined, struct err *err)
{
    int32_t l = vocab_find(vocab, left), r = vocab_find(vocab, right);
    if (l < 0 || r < 0)
        return unknown_merge(build, number, l < 0 ? left : right, err);
    if (right.n < bpe->prefix.n)
        return err_set(err, ERR_FORMAT, "%s: %s: merge %zu: \"%.*s\" is shorter than the prefix \"%.*s\"", build->path,
                       build->what, number, STR_ARGS(right), STR_ARGS(bpe->prefix));
    joined->n = 0;
    buf_str(joined, left);
    buf_add(joined, right.s + bpe->prefix.n, right.n - bpe->prefix.n);
    if (!buf_ok(joined, err))
        return false;
    int32_t into = vocab_find(vocab, buf_view(joined));
    if (into < 0)
        return unknown_merge(build, number, buf_view(joined), err);
    bpe->merges[slot_of(bpe, l, r)] = (struct merge){l, r, (uint32_t)number, into};
    return true;
}

/* An empty table for n merges, at most half full; a third is free where there are more of them than any model has. */
static bool reserve_merges(struct bpe *bpe, const struct build *build, size_t n, struct err *err)
{
    size_t slots = n < MANY_MERGES ? 2 * n + 1 : n + n / 2;
    bpe->merges = arena_alloc(build->arena, slots, sizeof *bpe->merges, "merges", err);
    for (size_t i = 0; bpe->merges && i < slots; i++)
        bpe->merges[i].left = -1;
    bpe->slots = slots;
    return bpe->merges;
}

static bool read_merges(struct bpe *bpe, const struct build *build, const struct vocab *vocab, const struct json *list,
                        struct err *err)
{
    const struct lists *lists = build->lexicon ? &build->lexicon->lists : NULL;
    size_t n = json_count(list);
    if (!json_is_array(list))
        return field_wrong(build, "merges", "an array", err);
    bool from_text = !n && lists && lists->n_merges;
    if (from_text)
        n = lists->n_merges;
    if (n >= TOKEN_ID_LIMIT)
        return err_set(err, ERR_LIMIT, "%s: %s: more than %d merges", build->path, build->what, TOKEN_ID_LIMIT);
    if (!reserve_merges(bpe, build, n, err))
        return false;
    struct buf joined = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        struct listed_merge merge = from_text ? lists->merges[i] : (struct listed_merge){0};
        ok = (from_text || merge_pair(build, json_at(list, i), &merge.left, &merge.right, err)) &&
             add_merge(bpe, build, vocab, merge.left, merge.right, i, &joined, err);
    }
    buf_free(&joined);
    return ok;
}

/* ---- merges of a SentencePiece model: every split of a piece into two pieces, by the score of the whole, then by
 * the length of the left part, then of the right, all descending; of equals, the piece that comes first ---- */

struct split {
    uint32_t number;                    /* of the whole in the vocabulary */
    uint32_t at;                        /* bytes of the left part */
    uint32_t left_length, right_length; /* characters */
};

/* What the splits are compared by. */
struct split_scores {
    const struct vocab *vocab;
    const double *scores; /* by id */
};

static int by_score(const void *a, const void *b, void *context)
{
    const struct split *x = a, *y = b;
    const struct split_scores *of = context;
    double left = of->scores[of->vocab->entries[x->number].id], right = of->scores[of->vocab->entries[y->number].id];
    if (left != right)
        return left > right ? -1 : 1;
    if (x->left_length != y->left_length)
        return x->left_length > y->left_length ? -1 : 1;
    if (x->right_length != y->right_length)
        return x->right_length > y->right_length ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

struct splits {
    struct split *at;
    size_t n, capacity;
    bool *lengths; /* [longest + 1]: whether some piece has so many bytes */
};

/* The splits of one piece. Lengths that no piece has are passed over, so that long pieces cost no search. */
static bool add_splits(struct splits *splits, const struct vocab *vocab, uint32_t number, struct err *err)
{
    struct str whole = vocab->entries[number].string;
    uint32_t characters = (uint32_t)utf8_count(whole), left_length = 0;
    for (size_t at = 0; at < whole.n; left_length++) {
        int32_t cp;
        at += utf8_decode(whole.s + at, whole.n - at, &cp);
        if (at >= whole.n || !splits->lengths[at] || !splits->lengths[whole.n - at] ||
            vocab_find(vocab, (struct str){whole.s, at}) < 0 || vocab_find(vocab, (struct str){whole.s + at, whole.n - at}) < 0)
            continue;
        if (!mem_grow((void **)&splits->at, &splits->capacity, splits->n + 1, sizeof *splits->at, "merges", err))
            return false;
        splits->at[splits->n++] = (struct split){number, (uint32_t)at, left_length + 1, characters - left_length - 1};
    }
    return true;
}

static bool index_splits(struct bpe *bpe, const struct build *build, const struct vocab *vocab, const struct splits *splits,
                         struct err *err)
{
    struct split_scores scores = {vocab, build->lexicon->scores};
    if (splits->n)
        qsort_r(splits->at, splits->n, sizeof *splits->at, by_score, &scores);
    if (!reserve_merges(bpe, build, splits->n, err))
        return false;
    for (size_t i = 0; i < splits->n; i++) {
        const struct split *split = &splits->at[i];
        const struct vocab_entry *entry = &vocab->entries[split->number];
        int32_t left = vocab_find(vocab, (struct str){entry->string.s, split->at});
        int32_t right = vocab_find(vocab, (struct str){entry->string.s + split->at, entry->string.n - split->at});
        bpe->merges[slot_of(bpe, left, right)] = (struct merge){left, right, (uint32_t)i, entry->id};
    }
    return true;
}

static bool read_scored(struct bpe *bpe, const struct build *build, struct vocab *vocab, struct err *err)
{
    const struct lexicon *lexicon = build->lexicon;
    size_t longest = 0;
    if (!vocab_reserve(vocab, lexicon->n + 1, err))
        return false;
    for (size_t i = 0; i < lexicon->n; i++) {
        longest = lexicon->strings[i].n > longest ? lexicon->strings[i].n : longest;
        if (!vocab_add(vocab, lexicon->strings[i], (int32_t)i, err))
            return false;
    }
    struct splits splits = {.lengths = mem_new(longest + 1, sizeof *splits.lengths, "merges", err)};
    bool ok = splits.lengths;
    for (size_t i = 0; ok && i < vocab->n; i++)
        splits.lengths[vocab->entries[i].string.n] = true;
    for (size_t i = 0; ok && i < vocab->n; i++) /* of a piece that comes twice the last id, and its score, counts */
        ok = add_splits(&splits, vocab, (uint32_t)i, err);
    ok = ok &&
         (splits.n < TOKEN_ID_LIMIT ||
          err_set(err, ERR_LIMIT, "%s: %s: more than %d merges", build->path, build->what, TOKEN_ID_LIMIT)) &&
         index_splits(bpe, build, vocab, &splits, err);
    free(splits.at);
    free(splits.lengths);
    return ok;
}

static bool build(const struct build *build, const struct json *json, struct vocab *vocab, void **state_out, struct err *err)
{
    struct bpe *bpe = arena_zalloc(build->arena, 1, sizeof *bpe, "a model", err);
    *state_out = bpe;
    if (!bpe || !field_str(build, json, "unk_token", &bpe->unknown, err) ||
        !field_str(build, json, "continuing_subword_prefix", &bpe->prefix, err) ||
        !field_str(build, json, "end_of_word_suffix", &bpe->suffix, err) ||
        !field_bool(build, json, "fuse_unk", &bpe->fuse_unknown, err) ||
        !field_bool(build, json, "byte_fallback", &bpe->byte_fallback, err) ||
        !field_bool(build, json, "ignore_merges", &bpe->ignore_merges, err))
        return false;
    double dropout = json_number(json_get(json, "dropout"), 0);
    if (!(dropout >= 0 && dropout <= 1))
        return field_wrong(build, "dropout", "a number from 0 to 1", err);
    bpe->drops_all = dropout == 1;
    bpe->has_unknown = json_is_string(json_get(json, "unk_token"));
    build->style->continuation = bpe->prefix;
    build->style->end = bpe->suffix;
    build->style->byte_fallback |= bpe->byte_fallback;
    if (build->lexicon && build->lexicon->n)
        return read_scored(bpe, build, vocab, err);
    return vocab_read(vocab, build, json_get(json, "vocab"), err) &&
           read_merges(bpe, build, vocab, json_get(json, "merges"), err);
}

/* A word under construction. */
struct word {
    struct symbol *symbols;
    size_t n;
    int32_t unknown; /* the id of unknown characters not yet added, or -1 */
    uint32_t unknown_length;
};

static void add_symbol(struct word *word, int32_t id, uint32_t length)
{
    int32_t at = (int32_t)word->n;
    if (at)
        word->symbols[at - 1].next = at;
    word->symbols[word->n++] = (struct symbol){id, length, at - 1, -1};
}

static void add_pending(struct word *word)
{
    if (word->unknown >= 0)
        add_symbol(word, word->unknown, word->unknown_length);
    word->unknown = -1;
}

/* One symbol a byte, "<0x0A>", if all of them are in the vocabulary. */
static bool add_bytes(struct word *word, const struct vocab *vocab, struct str s)
{
    size_t before = word->n;
    for (size_t i = 0; i < s.n; i++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", (unsigned char)s.s[i]);
        int32_t id = vocab_find(vocab, (struct str){name, 6});
        if (id < 0) {
            word->n = before;
            if (before)
                word->symbols[before - 1].next = -1;
            return false;
        }
        add_symbol(word, id, 1);
    }
    return true;
}

static bool add_unknown(struct word *word, const struct bpe *bpe, const struct vocab *vocab, uint32_t length, struct err *err)
{
    if (word->unknown >= 0 && bpe->fuse_unknown) {
        word->unknown_length += length;
        return true;
    }
    add_pending(word);
    word->unknown = vocab_find(vocab, bpe->unknown);
    word->unknown_length = length;
    return word->unknown >= 0 ||
           err_set(err, ERR_FORMAT, "BPE: the unknown token \"%.*s\" is not in the vocabulary", STR_ARGS(bpe->unknown));
}

/* The characters of the text as symbols. The order in which unknown ones and bytes come out is the reference's. */
static bool spell(struct word *word, const struct bpe *bpe, const struct vocab *vocab, struct str text, struct buf *name,
                  struct err *err)
{
    for (size_t at = 0, length; at < text.n; at += length) {
        int32_t cp;
        length = utf8_decode(text.s + at, text.n - at, &cp);
        struct str s = {text.s + at, length};
        if ((at && bpe->prefix.n) || (at + length == text.n && bpe->suffix.n)) {
            name->n = 0;
            buf_str(name, at ? bpe->prefix : (struct str){0});
            buf_str(name, s);
            buf_str(name, at + length == text.n ? bpe->suffix : (struct str){0});
            if (!buf_ok(name, err))
                return false;
            s = buf_view(name);
        }
        int32_t id = vocab_find(vocab, s);
        if (id >= 0) {
            add_pending(word);
            add_symbol(word, id, (uint32_t)length);
        } else if (!(bpe->byte_fallback && add_bytes(word, vocab, s)) && bpe->has_unknown &&
                   !add_unknown(word, bpe, vocab, (uint32_t)length, err)) {
            return false;
        }
    }
    add_pending(word);
    return true;
}

static bool comes_first(struct candidate a, struct candidate b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.at < b.at;
}

struct heap {
    struct candidate *at;
    size_t n;
};

static void heap_push(struct heap *heap, struct candidate candidate)
{
    size_t i = heap->n++;
    for (; i && comes_first(candidate, heap->at[(i - 1) / 2]); i = (i - 1) / 2)
        heap->at[i] = heap->at[(i - 1) / 2];
    heap->at[i] = candidate;
}

static struct candidate heap_pop(struct heap *heap)
{
    struct candidate top = heap->at[0], last = heap->at[--heap->n];
    size_t i = 0;
    for (size_t child = 1; child < heap->n; child = 2 * i + 1) {
        child += child + 1 < heap->n && comes_first(heap->at[child + 1], heap->at[child]);
        if (!comes_first(heap->at[child], last))
            break;
        heap->at[i] = heap->at[child];
        i = child;
    }
    heap->at[i] = last;
    return top;
}

static void offer(const struct bpe *bpe, struct heap *heap, const struct symbol *symbols, int32_t left, int32_t right)
{
    const struct merge *merge = merge_of(bpe, symbols[left].id, symbols[right].id);
    if (merge)
        heap_push(heap, (struct candidate){merge->rank, (uint32_t)left, merge->into});
}

/* Join symbols[n]. heap has room for 3n: one candidate a pair at first, two for each of n - 1 merges. */
static void join(const struct bpe *bpe, struct symbol *symbols, size_t n, struct heap *heap)
{
    for (size_t i = 0; i + 1 < n; i++)
        offer(bpe, heap, symbols, (int32_t)i, (int32_t)i + 1);
    while (heap->n) {
        struct candidate top = heap_pop(heap);
        struct symbol *left = &symbols[top.at];
        if (!left->length || left->next < 0)
            continue;
        struct symbol *right = &symbols[left->next];
        const struct merge *merge = merge_of(bpe, left->id, right->id);
        if (!merge || merge->into != top.into)
            continue;
        left->id = top.into;
        left->length += right->length;
        left->next = right->next;
        right->length = 0;
        if (left->next >= 0)
            symbols[left->next].previous = (int32_t)top.at;
        if (left->previous >= 0)
            offer(bpe, heap, symbols, left->previous, (int32_t)top.at);
        if (left->next >= 0)
            offer(bpe, heap, symbols, (int32_t)top.at, left->next);
    }
}

static bool tokenize(const void *state, const struct vocab *vocab, struct str text, struct model_work *work, struct err *err)
{
    const struct bpe *bpe = state;
    int32_t whole = bpe->ignore_merges && !bpe->drops_all ? vocab_find(vocab, text) : -1;
    if (whole >= 0)
        return model_emit(work, whole, 0, text.n, text, err);
    /* A character may become a symbol a byte, prefix and suffix included. */
    size_t affixes = bpe->byte_fallback ? bpe->prefix.n : 0, room;
    if (!size_mul(text.n, affixes + 1, &room) || !size_add(room, bpe->suffix.n + 1, &room) || room > INT32_MAX / 4)
        return err_set(err, ERR_LIMIT, "a word of %zu bytes is too long", text.n);
    struct word word = {.symbols = model_scratch(work, 0, room, sizeof *word.symbols, err), .unknown = -1};
    struct heap heap = {.at = model_scratch(work, 1, 3 * room, sizeof *heap.at, err)};
    struct buf name = {0};
    bool ok = word.symbols && heap.at && spell(&word, bpe, vocab, text, &name, err);
    buf_free(&name);
    if (!ok)
        return false;
    if (!bpe->drops_all)
        join(bpe, word.symbols, word.n, &heap);
    size_t at = 0;
    for (size_t i = 0; i < word.n; i++) {
        const struct symbol *symbol = &word.symbols[i];
        if (symbol->length && !model_emit(work, symbol->id, at, at + symbol->length, vocab_string(vocab, symbol->id), err))
            return false;
        at += symbol->length;
    }
    return true;
}

static struct str unknown(const void *state, const struct vocab *vocab)
{
    (void)vocab;
    return ((const struct bpe *)state)->unknown;
}

const struct model_kind model_bpe = {
    .type = "BPE",
    .summary = "merges of pairs",
    .infers = infers,
    .build = build,
    .tokenize = tokenize,
    .unknown = unknown,
};
