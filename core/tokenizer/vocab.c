/* Vocabulary: one hash table with open addressing over strings in an arena. See vocab.h. */
#include "core/tokenizer/vocab.h"

#include <stdlib.h>
#include <string.h>

#include "core/tokenizer/build.h"

enum { CHUNK = 65536 };

void vocab_init(struct vocab *vocab, struct arena *arena)
{
    *vocab = (struct vocab){.arena = arena};
}

void vocab_free(struct vocab *vocab)
{
    free(vocab->entries);
    free(vocab->slots);
    free(vocab->by_id);
    memset(vocab, 0, sizeof *vocab);
}

/* Eight bytes at a time, multiplied and folded. */
static uint32_t hash_of(struct str s)
{
    uint64_t h = 0x9e3779b97f4a7c15u ^ s.n;
    const char *at = s.s;
    size_t left = s.n;
    for (; left >= 8; at += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    if (left) {
        uint64_t word = 0;
        memcpy(&word, at, left);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
    }
    h ^= h >> 29;
    h *= 0xc4ceb9fe1a85ec53u;
    return (uint32_t)(h >> 32);
}

/* The slot of the string, or the empty one where it belongs. */
static size_t slot_of(const struct vocab *vocab, struct str string, uint32_t hash)
{
    size_t mask = vocab->slots_n - 1, slot = hash & mask;
    for (; vocab->slots[slot]; slot = (slot + 1) & mask) {
        const struct vocab_entry *entry = &vocab->entries[vocab->slots[slot] - 1];
        if (entry->hash == hash && str_eq(entry->string, string))
            break;
    }
    return slot;
}

bool vocab_reserve(struct vocab *vocab, size_t n, struct err *err)
{
    size_t need = 16;
    while (need < n + n / 2 + 1)
        need *= 2;
    if (!mem_grow((void **)&vocab->entries, &vocab->capacity, n, sizeof *vocab->entries, "a vocabulary", err))
        return false;
    if (need <= vocab->slots_n)
        return true;
    uint32_t *slots = mem_new(need, sizeof *slots, "a vocabulary's table", err);
    if (!slots)
        return false;
    free(vocab->slots);
    vocab->slots = slots;
    vocab->slots_n = need;
    for (size_t i = 0; i < vocab->n; i++)
        slots[slot_of(vocab, vocab->entries[i].string, vocab->entries[i].hash)] = (uint32_t)i + 1;
    return true;
}

/* A copy of the string. The arena aligns its pieces to 64 bytes, so short strings share one. */
static bool keep_string(struct vocab *vocab, struct str in, struct str *out, struct err *err)
{
    if (in.n + 1 > vocab->chunk_left) {
        if (in.n + 1 > CHUNK / 8)
            return arena_str(vocab->arena, in, out, err);
        vocab->chunk = arena_alloc(vocab->arena, CHUNK, 1, "a vocabulary's strings", err);
        vocab->chunk_left = vocab->chunk ? CHUNK : 0;
        if (!vocab->chunk)
            return false;
    }
    if (in.n)
        memcpy(vocab->chunk, in.s, in.n);
    vocab->chunk[in.n] = 0;
    *out = (struct str){vocab->chunk, in.n};
    vocab->chunk += in.n + 1;
    vocab->chunk_left -= in.n + 1;
    return true;
}

static bool give_id(struct vocab *vocab, size_t entry, int32_t id, struct err *err)
{
    size_t need = (size_t)id + 1, before = vocab->by_id_capacity;
    if (!mem_grow((void **)&vocab->by_id, &vocab->by_id_capacity, need, sizeof *vocab->by_id, "a vocabulary's ids", err))
        return false;
    if (vocab->by_id_capacity > before)
        memset(vocab->by_id + before, 0, (vocab->by_id_capacity - before) * sizeof *vocab->by_id);
    if (need > vocab->ids)
        vocab->ids = need;
    vocab->entries[entry].id = id;
    vocab->by_id[id] = (uint32_t)entry + 1;
    return true;
}

bool vocab_add(struct vocab *vocab, struct str string, int32_t id, struct err *err)
{
    if ((vocab->n == vocab->capacity || vocab->n + vocab->n / 2 >= vocab->slots_n) &&
        !vocab_reserve(vocab, vocab->n < 16 ? 16 : vocab->n * 2, err))
        return false;
    uint32_t hash = hash_of(string);
    size_t slot = slot_of(vocab, string, hash);
    if (vocab->slots[slot])
        return give_id(vocab, vocab->slots[slot] - 1, id, err);
    struct vocab_entry *entry = &vocab->entries[vocab->n];
    if (!keep_string(vocab, string, &entry->string, err))
        return false;
    entry->hash = hash;
    entry->id = id;
    vocab->slots[slot] = (uint32_t)++vocab->n;
    return give_id(vocab, vocab->n - 1, id, err);
}

int32_t vocab_find(const struct vocab *vocab, struct str string)
{
    if (!vocab->n)
        return -1;
    uint32_t number = vocab->slots[slot_of(vocab, string, hash_of(string))];
    return number ? vocab->entries[number - 1].id : -1;
}

struct str vocab_string(const struct vocab *vocab, int32_t id)
{
    if (id < 0 || (size_t)id >= vocab->ids || !vocab->by_id[id])
        return (struct str){0};
    return vocab->entries[vocab->by_id[id] - 1].string;
}

/* As a document's object has them: a word that comes again keeps its place and takes the later id. */
static bool read_listed(struct vocab *vocab, const struct lists *lists, struct err *err)
{
    if (!vocab_reserve(vocab, lists->n_words + 1, err))
        return false;
    for (size_t i = 0; i < lists->n_words; i++)
        if (!vocab_add(vocab, lists->words[i].string, lists->words[i].id, err))
            return false;
    if (vocab->n == lists->n_words)
        return true;
    memset(vocab->by_id, 0, vocab->by_id_capacity * sizeof *vocab->by_id);
    vocab->ids = 0;
    for (size_t i = 0; i < vocab->n; i++)
        if (!give_id(vocab, i, vocab->entries[i].id, err))
            return false;
    return true;
}

bool vocab_read(struct vocab *vocab, const struct build *build, const struct json *object, struct err *err)
{
    if (!json_is_object(object))
        return field_wrong(build, "vocab", "an object of strings and ids", err);
    if (!json_count(object) && build->lexicon && build->lexicon->lists.n_words)
        return read_listed(vocab, &build->lexicon->lists, err);
    if (!vocab_reserve(vocab, json_count(object) + 1, err))
        return false;
    struct json_cursor cursor = {0};
    struct str key;
    const struct json *value;
    while (json_next(object, &cursor, &key, &value)) {
        int32_t id;
        if (!field_id(build, value, "vocab", &id, err) || !vocab_add(vocab, key, id, err))
            return false;
    }
    return true;
}
