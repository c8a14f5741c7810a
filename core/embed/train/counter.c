/* A hash table of words for one pass over a corpus. See counter.h.
 *
 * Words of up to eight bytes, nine tenths of a text, are their own key and are compared in the slot; longer ones are keyed
 * by a hash and compared with the bytes kept. Eight bytes are looked at together: the end of a word is the lowest byte
 * <= 0x20 of a 64-bit load. */
#include "core/embed/train/counter.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BITS = 16, TEXT_FIRST = 1 << 16 };

struct slot {
    uint64_t key;    /* bytes of the word, or a hash of them where length > 8 */
    uint32_t length; /* 0: free */
    uint32_t entry;
};
struct entry {
    uint64_t count, at; /* at: where its bytes lie in `text` */
    uint32_t length, id;
};

struct counter {
    struct slot *slots; /* [1 << bits] */
    unsigned bits;
    size_t limit;
    struct entry *entries; /* of the words held, in the order of their numbers */
    size_t n, capacity;
    size_t ids; /* numbers given */
    char *text;
    size_t text_n, text_capacity;
    uint64_t forget; /* words of at most this count go at the next pruning */
    bool ended;      /* the last number given was COUNTER_END, or none was given */
};

static inline uint64_t load8(const unsigned char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* The high bit of the lowest byte <= 0x20 is the lowest set bit. */
static inline uint64_t separators(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101u;
    return (x - ones * 0x21) & ~x & (ones * 0x80);
}

static inline uint64_t mix(uint64_t x)
{
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 32;
    return x * 0xd6e8feb86659fd93u;
}

struct counter *counter_new(size_t limit, struct err *err)
{
    struct counter *c = mem_new(1, sizeof *c, "the vocabulary", err);
    if (!c)
        return NULL;
    c->limit = limit;
    c->bits = FIRST_BITS;
    c->forget = 1;
    c->ended = true;
    c->slots = mem_new((size_t)1 << c->bits, sizeof *c->slots, "the vocabulary", err);
    if (c->slots && mem_grow((void **)&c->text, &c->text_capacity, TEXT_FIRST, 1, "the vocabulary", err))
        return c;
    counter_free(c);
    return NULL;
}

void counter_free(struct counter *c)
{
    if (!c)
        return;
    free(c->slots);
    free(c->entries);
    free(c->text);
    free(c);
}

static struct slot *free_slot(struct counter *c, uint64_t key, uint32_t length)
{
    size_t mask = ((size_t)1 << c->bits) - 1, i = (size_t)(mix(key + length) >> (64 - c->bits));
    while (c->slots[i].length)
        i = (i + 1) & mask;
    return &c->slots[i];
}

/* A table of 1 << bits slots; places[n]: where entries went (UINT32_MAX: forgotten), or NULL where they stayed. */
static bool rehash(struct counter *c, unsigned bits, const uint32_t *places, struct err *err)
{
    struct slot *old = c->slots;
    size_t n_old = (size_t)1 << c->bits;
    struct slot *slots = mem_new((size_t)1 << bits, sizeof *slots, "the vocabulary", err);
    if (!slots)
        return false;
    c->slots = slots;
    c->bits = bits;
    for (size_t i = 0; i < n_old; i++) {
        uint32_t place = !old[i].length ? UINT32_MAX : places ? places[old[i].entry] : old[i].entry;
        if (place != UINT32_MAX)
            *free_slot(c, old[i].key, old[i].length) = (struct slot){old[i].key, old[i].length, place};
    }
    free(old);
    return true;
}

/* Forget the rarest words, half of them at least: their numbers stay taken, and nothing else remains of them. */
static bool prune(struct counter *c, struct err *err)
{
    size_t n = 0, text_n = 0, left = c->n;
    while (left > c->limit / 2) {
        left = 0;
        for (size_t i = 0; i < c->n; i++)
            left += c->entries[i].count > c->forget;
        c->forget++;
    }
    uint32_t *places = mem_new(c->n, sizeof *places, "the vocabulary", err);
    if (!places)
        return false;
    for (size_t i = 0; i < c->n; i++) {
        struct entry e = c->entries[i];
        places[i] = UINT32_MAX;
        if (e.count < c->forget)
            continue;
        memmove(c->text + text_n, c->text + e.at, e.length);
        e.at = text_n;
        text_n += e.length;
        places[i] = (uint32_t)n;
        c->entries[n++] = e;
    }
    c->n = n;
    c->text_n = text_n;
    bool ok = rehash(c, c->bits, places, err);
    free(places);
    return ok;
}

static bool add(struct counter *c, const unsigned char *word, uint32_t length, uint64_t key, uint32_t *id_out, struct err *err)
{
    if (c->n >= c->limit && !prune(c, err))
        return false;
    if (c->n * 2 >= (size_t)1 << c->bits && !rehash(c, c->bits + 1, NULL, err))
        return false;
    if (c->ids >= COUNTER_END)
        return err_set(err, ERR_LIMIT, "more than %zu different words", c->ids);
    if (!mem_grow((void **)&c->entries, &c->capacity, c->n + 1, sizeof *c->entries, "the vocabulary", err) ||
        !mem_grow((void **)&c->text, &c->text_capacity, c->text_n + length, 1, "the vocabulary", err))
        return false;
    memcpy(c->text + c->text_n, word, length);
    c->entries[c->n] = (struct entry){1, c->text_n, length, (uint32_t)c->ids};
    c->text_n += length;
    *free_slot(c, key, length) = (struct slot){key, length, (uint32_t)c->n++};
    *id_out = (uint32_t)c->ids++;
    return true;
}

static inline bool count(struct counter *c, const unsigned char *word, uint32_t length, uint64_t key, uint32_t *id_out,
                         struct err *err)
{
    size_t mask = ((size_t)1 << c->bits) - 1, i = (size_t)(mix(key + length) >> (64 - c->bits));
    for (; c->slots[i].length; i = (i + 1) & mask) {
        const struct slot *s = &c->slots[i];
        if (s->key != key || s->length != length || (length > 8 && memcmp(c->text + c->entries[s->entry].at, word, length) != 0))
            continue;
        c->entries[s->entry].count++;
        *id_out = c->entries[s->entry].id;
        return true;
    }
    return add(c, word, length, key, id_out, err);
}

/* The length of the word at p, which a separator follows, and its key. */
static inline size_t measure(const unsigned char *p, uint64_t *key_out)
{
    uint64_t x = load8(p), found = separators(x), hash = 0;
    if (found) {
        unsigned bits = (unsigned)__builtin_ctzll(found) & ~7u;
        *key_out = x & (((uint64_t)1 << bits) - 1);
        return bits / 8;
    }
    size_t n = 0;
    do {
        hash = mix(hash ^ x) + n;
        n += 8;
        x = load8(p + n);
        found = separators(x);
    } while (!found);
    unsigned bits = (unsigned)__builtin_ctzll(found) & ~7u;
    *key_out = n == 8 && !bits ? load8(p) : mix(hash ^ (x & (((uint64_t)1 << bits) - 1)));
    return n + bits / 8;
}

bool counter_scan(struct counter *c, const unsigned char *text, size_t n, bool last, size_t *used_out, uint32_t *ids_out,
                  size_t *n_ids_out, struct err *err)
{
    const unsigned char *p = text, *end = text + n;
    uint32_t *ids = ids_out;
    bool ended = c->ended;
    for (;;) {
        for (; p < end && *p <= 0x20; p++)
            if (*p == '\n' && !ended) {
                *ids++ = COUNTER_END;
                ended = true;
            }
        if (p == end)
            break;
        uint64_t key;
        size_t length = measure(p, &key);
        if (p + length == end && !last)
            break;
        if (!count(c, p, (uint32_t)length, key, ids, err))
            return false;
        ids++;
        ended = false;
        p += length;
    }
    c->ended = ended;
    *used_out = (size_t)(p - text);
    *n_ids_out = (size_t)(ids - ids_out);
    return true;
}

size_t counter_words(const struct counter *c)
{
    return c->n;
}

size_t counter_ids(const struct counter *c)
{
    return c->ids;
}

uint32_t counter_id(const struct counter *c, size_t i)
{
    return c->entries[i].id;
}

uint64_t counter_count(const struct counter *c, size_t i)
{
    return c->entries[i].count;
}

struct str counter_word(const struct counter *c, size_t i)
{
    return (struct str){c->text + c->entries[i].at, c->entries[i].length};
}
