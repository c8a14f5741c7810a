/* Unigram: the segmentation with the highest sum of scores (Kudo 2018, arXiv 1804.10959), by Viterbi over a trie.
 *
 * A character that no piece covers alone costs the lowest score - 10. Of two ways of one score the first found
 * stays. Unknown characters side by side become one token, or with byte_fallback one token a byte. */
#include "core/tokenizer/model/model.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/utf8.h"
#include "core/tokenizer/trie.h"

static const double unknown_penalty = 10;

struct unigram {
    double *scores; /* [entries of the vocabulary] */
    double lowest;
    int64_t unknown; /* its id, or -1 */
    bool byte_fallback;
    struct trie trie; /* values number entries */
};

/* The best way to each byte of the text. */
struct step {
    double score;
    int32_t id;
    uint32_t from; /* UINT32_MAX: not reached */
};

static bool infers(const struct json *json)
{
    return json_is_array(json_get(json, "vocab"));
}

/* The pieces are read from the text itself (lexicon.h); what is left of the list in the document is empty. */
static bool read_pieces(struct unigram *unigram, const struct build *build, const struct json *list, struct vocab *vocab,
                        struct err *err)
{
    const struct lexicon *lexicon = build->lexicon;
    if (!json_is_array(list) || json_count(list))
        return field_wrong(build, "vocab", "an array of [piece, score]", err);
    if (lexicon->n >= TOKEN_ID_LIMIT)
        return err_set(err, ERR_LIMIT, "%s: %s: more than %d pieces", build->path, build->what, TOKEN_ID_LIMIT);
    unigram->scores = arena_alloc(build->arena, lexicon->n + 1, sizeof *unigram->scores, "scores", err);
    if (!unigram->scores || !vocab_reserve(vocab, lexicon->n + 1, err))
        return false;
    for (size_t i = 0; i < lexicon->n; i++) {
        if (!vocab_add(vocab, lexicon->strings[i], (int32_t)i, err))
            return false;
        int32_t entry = (int32_t)vocab->by_id[i] - 1; /* of a piece that comes twice the last counts */
        unigram->scores[entry] = lexicon->scores[i];
        if (!i || lexicon->scores[i] < unigram->lowest)
            unigram->lowest = lexicon->scores[i];
    }
    vocab->repeated = lexicon->n - vocab->n;
    return true;
}

static bool build_trie(struct unigram *unigram, const struct vocab *vocab, struct err *err)
{
    struct trie_key *keys = mem_new(vocab->n + 1, sizeof *keys, "a vocabulary", err);
    if (!keys)
        return false;
    for (size_t i = 0; i < vocab->n; i++)
        keys[i] = (struct trie_key){.string = vocab->entries[i].string, .value = (int32_t)i};
    bool ok = trie_build(&unigram->trie, keys, vocab->n, err);
    free(keys);
    return ok;
}

static bool build(const struct build *build, const struct json *json, struct vocab *vocab, void **state_out, struct err *err)
{
    struct unigram *unigram = arena_zalloc(build->arena, 1, sizeof *unigram, "a model", err);
    *state_out = unigram;
    size_t unknown = SIZE_MAX;
    if (!unigram || !field_bool(build, json, "byte_fallback", &unigram->byte_fallback, err) ||
        !field_size(build, json, "unk_id", &unknown, err) || !read_pieces(unigram, build, json_get(json, "vocab"), vocab, err))
        return false;
    if (unknown != SIZE_MAX && unknown >= build->lexicon->n)
        return field_wrong(build, "unk_id", "the number of a piece", err);
    unigram->unknown = unknown == SIZE_MAX ? -1 : (int64_t)unknown;
    build->style->byte_fallback |= unigram->byte_fallback;
    return build_trie(unigram, vocab, err);
}

static void offer(struct step *step, double score, size_t from, int32_t id)
{
    if (step->from == UINT32_MAX || score > step->score)
        *step = (struct step){score, id, (uint32_t)from};
}

/* Fill steps[1..text.n] with the best ways. */
static bool viterbi(const struct unigram *unigram, const struct vocab *vocab, struct str text, struct step *steps,
                    struct err *err)
{
    for (size_t i = 1; i <= text.n; i++)
        steps[i].from = UINT32_MAX;
    steps[0] = (struct step){0};
    for (size_t at = 0, length; at < text.n; at += length) {
        int32_t cp;
        length = utf8_decode(text.s + at, text.n - at, &cp);
        bool alone = false;
        uint32_t node = 0;
        if (!cancel_check(at, err)) /* where a long text has a character at such a place: often enough */
            return false;
        for (size_t i = at; i < text.n && (node = trie_step(&unigram->trie, node, (uint8_t)text.s[i])); i++) {
            int32_t entry = unigram->trie.nodes[node].value;
            if (entry < 0)
                continue;
            offer(&steps[i + 1], unigram->scores[entry] + steps[at].score, at, vocab->entries[entry].id);
            alone = alone || i + 1 == at + length;
        }
        if (alone)
            continue;
        double score = unigram->lowest - unknown_penalty + steps[at].score;
        struct step *step = &steps[at + length];
        if ((step->from == UINT32_MAX || score > step->score) && unigram->unknown < 0)
            return err_set(err, ERR_FORMAT, "Unigram: \"%.*s\" is unknown, and the model has no unknown token", (int)length,
                           text.s + at);
        offer(step, score, at, (int32_t)unigram->unknown);
    }
    return true;
}

/* Emit the bytes of an unknown stretch as <0xNN>; *done tells whether all of them are in the vocabulary. */
static bool emit_bytes(const struct vocab *vocab, struct str text, size_t begin, size_t end, struct model_work *work, bool *done,
                       struct err *err)
{
    size_t before = work->n;
    for (size_t i = begin; i < end; i++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", (unsigned char)text.s[i]);
        int32_t id = vocab_find(vocab, (struct str){name, 6});
        if (id < 0) {
            work->n = before;
            return true;
        }
        if (!model_emit(work, id, begin, end, vocab_string(vocab, id), err))
            return false;
    }
    *done = true;
    return true;
}

static bool emit_piece(const struct unigram *unigram, const struct vocab *vocab, struct str text, size_t begin, size_t end,
                       struct model_work *work, struct err *err)
{
    struct str piece = {text.s + begin, end - begin};
    int32_t id = vocab_find(vocab, piece);
    bool done = false;
    if (id < 0 && unigram->byte_fallback && !emit_bytes(vocab, text, begin, end, work, &done, err))
        return false;
    return done || model_emit(work, id >= 0 ? id : (int32_t)unigram->unknown, begin, end, piece, err);
}

static bool tokenize(const void *state, const struct vocab *vocab, struct str text, struct model_work *work, struct err *err)
{
    const struct unigram *unigram = state;
    struct step *steps = model_scratch(work, 0, text.n + 1, sizeof *steps, err);
    if (!steps || !viterbi(unigram, vocab, text, steps, err))
        return false;
    uint32_t *ends = model_scratch(work, 1, text.n + 1, sizeof *ends, err); /* of the tokens, the last one first */
    if (!ends)
        return false;
    size_t n = 0, begin = 0;
    bool unknown_behind = false;
    for (size_t end = text.n; end > 0; end = steps[end].from) {
        bool unknown = unigram->unknown >= 0 && steps[end].id == unigram->unknown;
        if (!unknown || !unknown_behind)
            ends[n++] = (uint32_t)end;
        unknown_behind = unknown;
    }
    for (; n > 0; begin = ends[n]) {
        n--;
        if (!emit_piece(unigram, vocab, text, begin, ends[n], work, err))
            return false;
    }
    return true;
}

static void release(void *state)
{
    struct unigram *unigram = state;
    trie_free(&unigram->trie);
}

static struct str unknown(const void *state, const struct vocab *vocab)
{
    return vocab_string(vocab, (int32_t)((const struct unigram *)state)->unknown);
}

const struct model_kind model_unigram = {
    .type = "Unigram",
    .summary = "the best sum of scores",
    .infers = infers,
    .build = build,
    .tokenize = tokenize,
    .free = release,
    .unknown = unknown,
};
