/* Added tokens. See added.h. Leftmost longest match over a trie. */
#include "core/tokenizer/added.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/tokenizer/normalizer/normalizer.h"
#include "core/tokenizer/unicode/unicode.h"

void added_init(struct added *added, struct arena *arena)
{
    memset(added, 0, sizeof *added);
    vocab_init(&added->vocab, arena);
    vocab_init(&added->specials, arena);
}

void added_free(struct added *added)
{
    vocab_free(&added->vocab);
    vocab_free(&added->specials);
    free(added->by_entry);
    free(added->seen);
    free(added->patterns);
    free(added->flags);
    trie_free(&added->tries[0]);
    trie_free(&added->tries[1]);
    memset(added, 0, sizeof *added);
}

/* The flags of the token that an id stands for, or NULL. */
static struct added_token *token_of(const struct added *added, int32_t id)
{
    if (id < 0 || (size_t)id >= added->vocab.ids || !added->vocab.by_id[id])
        return NULL;
    return &added->by_entry[added->vocab.by_id[id] - 1];
}

/* A bit for each combination of flags. */
static uint32_t flags_bit(const struct added_token *token)
{
    return 1u << (token->single_word | token->lstrip << 1 | token->rstrip << 2 | token->normalized << 3 | token->special << 4);
}

static bool is_special_content(const struct added *added, struct str content)
{
    return vocab_find(&added->specials, content) >= 0;
}

static bool add_pattern(struct added *added, size_t at, const struct added_token *token, struct err *err)
{
    if (!mem_grow((void **)&added->patterns, &added->patterns_capacity, added->n_patterns + 1, sizeof *added->patterns,
                  "added tokens", err))
        return false;
    memmove(added->patterns + at + 1, added->patterns + at, (added->n_patterns - at) * sizeof *added->patterns);
    added->patterns[at] = (struct added_pattern){token->content, token->normalized, -1};
    added->n_patterns++;
    return true;
}

/* The id that the next unknown token gets. */
static int64_t next_id(const struct added *added, const struct vocab *model)
{
    size_t n = model->n + model->repeated;
    return (int64_t)(added->vocab.ids && (added->vocab.ids - 1 >= n || !n) ? added->vocab.ids : n);
}

static bool add_one(struct added *added, const struct added_token *token, const struct vocab *model, int64_t *next,
                    struct err *err)
{
    int32_t id = vocab_find(&added->vocab, token->content);
    if (id >= 0 && token_of(added, id) && added->seen[added->vocab.by_id[id] - 1] & flags_bit(token))
        return true;
    if (id < 0)
        id = vocab_find(model, token->content);
    if (id < 0) {
        if (*next >= TOKEN_ID_LIMIT)
            return err_set(err, ERR_LIMIT, "too many added tokens");
        id = (int32_t)(*next)++;
    }
    size_t before = added->vocab.n;
    if (!vocab_add(&added->vocab, token->content, id, err) ||
        !mem_grow((void **)&added->by_entry, &added->by_entry_capacity, added->vocab.n, sizeof *added->by_entry, "added tokens",
                  err) ||
        !mem_grow((void **)&added->seen, &added->seen_capacity, added->vocab.n, sizeof *added->seen, "added tokens", err))
        return false;
    size_t entry = added->vocab.by_id[id] - 1;
    added->seen[entry] = flags_bit(token) | (entry < before ? added->seen[entry] : 0);
    added->by_entry[entry] = *token;
    return is_special_content(added, token->content) || add_pattern(added, added->n_patterns, token, err);
}

bool added_add(struct added *added, const struct added_token *tokens, size_t n, const struct vocab *model, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!tokens[i].special || !tokens[i].content.n || is_special_content(added, tokens[i].content))
            continue;
        if (!add_pattern(added, added->n_special, &tokens[i], err) ||
            !vocab_add(&added->specials, tokens[i].content, (int32_t)added->n_special, err))
            return false;
        added->n_special++;
    }
    int64_t next = next_id(added, model);
    for (size_t i = 0; i < added->vocab.n; i++)
        added->seen[i] = flags_bit(&added->by_entry[i]);
    for (size_t i = 0; i < n; i++)
        if (tokens[i].content.n && !add_one(added, &tokens[i], model, &next, err))
            return false;
    return true;
}

/* The pattern's string as it stands in the text that is searched. */
static bool searched_string(struct added_pattern *pattern, const struct normalizer *normalizer, struct pieces *scratch,
                            struct arena *arena, struct err *err)
{
    if (!pattern->normalized || !normalizer || !normalizer->kind)
        return true;
    struct normalized *one = &scratch->one;
    if (!pieces_start(scratch, pattern->content, err) ||
        !normalized_load(one, scratch->text, scratch->from, scratch->n, 0, (uint32_t)scratch->n, err) ||
        !normalizer_apply(normalizer, one, err))
        return false;
    return arena_str(arena, (struct str){one->text, one->n}, &pattern->content, err);
}

bool added_finish(struct added *added, const struct normalizer *normalizer, struct arena *arena, struct err *err)
{
    struct pieces scratch = {0};
    struct trie_key *keys = mem_new(added->n_patterns + 1, sizeof *keys, "added tokens", err);
    bool ok = keys && mem_grow((void **)&added->flags, &added->flags_capacity, added->n_patterns + 1, sizeof *added->flags,
                               "added tokens", err);
    for (size_t i = 0; ok && i < added->n_patterns; i++) {
        struct added_pattern *pattern = &added->patterns[i];
        pattern->id = vocab_find(&added->vocab, pattern->content);
        added->flags[i] = *token_of(added, pattern->id);
        ok = searched_string(pattern, normalizer, &scratch, arena, err);
    }
    for (int normalized = 0; ok && normalized < 2; normalized++) {
        size_t n = 0;
        for (size_t i = 0; i < added->n_patterns; i++)
            if (added->patterns[i].normalized == normalized)
                keys[n++] = (struct trie_key){.string = added->patterns[i].content, .value = (int32_t)i};
        ok = trie_build(&added->tries[normalized], keys, n, err);
    }
    free(keys);
    pieces_free(&scratch);
    return ok;
}

/* The longest string of the trie that begins at `at`: its pattern and its end; -1 for none. */
static int32_t longest(const struct trie *trie, struct str text, size_t at, size_t *end)
{
    uint32_t node = 0;
    int32_t found = trie->nodes[0].value;
    *end = at;
    for (size_t i = at; i < text.n && (node = trie_step(trie, node, (uint8_t)text.s[i])); i++)
        if (trie->nodes[node].value >= 0) {
            found = trie->nodes[node].value;
            *end = i + 1;
        }
    return found;
}

static size_t character_before(struct str text, size_t at, int32_t *cp)
{
    size_t begin = at - 1;
    while (begin > 0 && ((unsigned char)text.s[begin] & 0xc0) == 0x80)
        begin--;
    utf8_decode(text.s + begin, at - begin, cp);
    return begin;
}

static bool is_single_word(struct str text, size_t begin, size_t end)
{
    int32_t cp;
    if (begin > 0) {
        character_before(text, begin, &cp);
        if (unicode_is_word(cp))
            return false;
    }
    if (end < text.n) {
        utf8_decode(text.s + end, text.n - end, &cp);
        return !unicode_is_word(cp);
    }
    return true;
}

static size_t spaces_before(struct str text, size_t at)
{
    while (at > 0) {
        int32_t cp;
        size_t begin = character_before(text, at, &cp);
        if (!unicode_is_space(cp))
            break;
        at = begin;
    }
    return at;
}

static size_t spaces_behind(struct str text, size_t at)
{
    while (at < text.n) {
        int32_t cp;
        size_t n = utf8_decode(text.s + at, text.n - at, &cp);
        if (!unicode_is_space(cp))
            break;
        at += n;
    }
    return at;
}

/* Cut one piece. The search goes on behind what matched, even where that was refused, and not behind the
 * whitespace that a token takes in addition: two tokens may then share it. */
static bool split_piece(const struct added *added, const struct trie *trie, struct pieces *pieces, struct piece piece,
                        struct err *err)
{
    struct str text = {pieces->text + piece.at, piece.n};
    size_t last = 0, at = 0, end, empty_at = SIZE_MAX;
    if (trie->n == 1 && trie->nodes[0].value < 0)
        at = text.n + 1; /* nothing to look for */
    while (at <= text.n) {
        int32_t number = longest(trie, text, at, &end), cp;
        if (number < 0 || (end == at && empty_at == at)) {
            at += at < text.n ? utf8_decode(text.s + at, text.n - at, &cp) : 1;
            continue;
        }
        const struct added_token *flags = &added->flags[number];
        size_t begin = at, stop = end;
        at = empty_at = end;
        if (flags->single_word && !is_single_word(text, begin, stop))
            continue;
        if (flags->lstrip) {
            begin = spaces_before(text, begin);
            begin = begin > last ? begin : last;
        }
        if (flags->rstrip)
            stop = spaces_behind(text, stop);
        if (last < begin && !pieces_slice(pieces, piece.at + last, begin - last, -1, err))
            return false;
        if (stop > begin && !pieces_slice(pieces, piece.at + begin, stop - begin, added->patterns[number].id, err))
            return false;
        last = stop;
    }
    return last >= text.n || pieces_slice(pieces, piece.at + last, text.n - last, -1, err);
}

bool added_split(const struct added *added, bool normalized, struct pieces *pieces, struct err *err)
{
    const struct trie *trie = &added->tries[normalized];
    pieces_begin(pieces);
    for (size_t i = 0; i < pieces->count; i++) {
        struct piece piece = pieces->list[i];
        bool whole = piece.added >= 0;
        if (!(whole ? pieces_keep(pieces, piece, err) : split_piece(added, trie, pieces, piece, err)))
            return false;
    }
    pieces_end(pieces);
    return true;
}

const struct added_token *added_find(const struct added *added, struct str content)
{
    return token_of(added, vocab_find(&added->vocab, content));
}

bool added_is_special(const struct added *added, int32_t id)
{
    struct added_token *token = token_of(added, id);
    return token && is_special_content(added, token->content);
}
