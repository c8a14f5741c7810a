/* WordPiece: the longest known piece first, then the longest that continues it (Schuster and Nakajima 2012; Wu et
 * al. 2016 §4.1). A word with any part unknown is unknown as a whole. A trie finds the longest piece in one walk. */
#include "core/tokenizer/model/model.h"

#include <stdlib.h>

#include "core/base/text.h"
#include "core/tokenizer/trie.h"

struct wordpiece {
    struct str unknown, prefix;
    size_t max_characters;
    struct trie trie;      /* of the whole vocabulary */
    uint32_t continuation; /* the node behind the prefix */
    bool continues;        /* there is such a node */
};

static bool infers(const struct json *json)
{
    return json_is_object(json_get(json, "vocab")) && json_get(json, "continuing_subword_prefix");
}

static bool build_trie(struct wordpiece *pieces, const struct vocab *vocab, struct err *err)
{
    struct trie_key *keys = mem_new(vocab->n + 1, sizeof *keys, "a vocabulary", err);
    if (!keys)
        return false;
    for (size_t i = 0; i < vocab->n; i++)
        keys[i] = (struct trie_key){.string = vocab->entries[i].string, .value = (int32_t)i};
    bool ok = trie_build(&pieces->trie, keys, vocab->n, err);
    free(keys);
    if (!ok)
        return false;
    pieces->continuation = trie_walk(&pieces->trie, pieces->prefix);
    pieces->continues = pieces->continuation || !pieces->prefix.n;
    return true;
}

static bool build(const struct build *build, const struct json *json, struct vocab *vocab, void **state_out, struct err *err)
{
    struct wordpiece *pieces = arena_zalloc(build->arena, 1, sizeof *pieces, "a model", err);
    *state_out = pieces;
    if (!pieces)
        return false;
    pieces->unknown = STR("[UNK]");
    pieces->prefix = STR("##");
    pieces->max_characters = 100;
    if (!field_str(build, json, "unk_token", &pieces->unknown, err) ||
        !field_str(build, json, "continuing_subword_prefix", &pieces->prefix, err) ||
        !field_size(build, json, "max_input_chars_per_word", &pieces->max_characters, err) ||
        !vocab_read(vocab, build, json_get(json, "vocab"), err))
        return false;
    build->style->continuation = pieces->prefix;
    return build_trie(pieces, vocab, err);
}

/* The longest piece of the text from `at`: its entry in the vocabulary and its end; -1: none. */
static int32_t longest(const struct wordpiece *pieces, struct str text, size_t at, size_t *end)
{
    int32_t found = -1;
    uint32_t node = at ? pieces->continuation : 0;
    for (size_t i = at; i < text.n && (node = trie_step(&pieces->trie, node, (uint8_t)text.s[i])); i++)
        if (pieces->trie.nodes[node].value >= 0) {
            found = pieces->trie.nodes[node].value;
            *end = i + 1;
        }
    return found;
}

static bool emit_unknown(const struct wordpiece *pieces, const struct vocab *vocab, struct str text, struct model_work *work,
                         struct err *err)
{
    int32_t id = vocab_find(vocab, pieces->unknown);
    if (id < 0)
        return err_set(err, ERR_FORMAT, "WordPiece: \"%.*s\" is unknown, and the unknown token \"%.*s\" is not in the vocabulary",
                       STR_ARGS(text), STR_ARGS(pieces->unknown));
    return model_emit(work, id, 0, text.n, pieces->unknown, err);
}

static bool tokenize(const void *state, const struct vocab *vocab, struct str text, struct model_work *work, struct err *err)
{
    const struct wordpiece *pieces = state;
    size_t before = work->n, end = 0;
    if (utf8_count(text) > pieces->max_characters)
        return emit_unknown(pieces, vocab, text, work, err);
    for (size_t at = 0; at < text.n; at = end) {
        int32_t entry = at && !pieces->continues ? -1 : longest(pieces, text, at, &end);
        if (entry < 0) {
            work->n = before;
            return emit_unknown(pieces, vocab, text, work, err);
        }
        const struct vocab_entry *piece = &vocab->entries[entry];
        if (!model_emit(work, piece->id, at, end, piece->string, err))
            return false;
    }
    return true;
}

static void release(void *state)
{
    struct wordpiece *pieces = state;
    trie_free(&pieces->trie);
}

static struct str unknown(const void *state, const struct vocab *vocab)
{
    (void)vocab;
    return ((const struct wordpiece *)state)->unknown;
}

const struct model_kind model_wordpiece = {
    .type = "WordPiece",
    .summary = "longest pieces first",
    .infers = infers,
    .build = build,
    .tokenize = tokenize,
    .free = release,
    .unknown = unknown,
};
