/* Trie in one array, level by level, so that the children of a node are neighbours. See trie.h. */
#include "core/tokenizer/trie.h"

#include <stdlib.h>
#include <string.h>

void trie_free(struct trie *trie)
{
    free(trie->nodes);
    memset(trie, 0, sizeof *trie);
}

static int by_string(const void *a, const void *b)
{
    const struct trie_key *x = a, *y = b;
    if (x->head != y->head)
        return x->head < y->head ? -1 : 1;
    size_t n = x->string.n < y->string.n ? x->string.n : y->string.n;
    int order = n ? memcmp(x->string.s, y->string.s, n) : 0;
    if (order || x->string.n != y->string.n)
        return order ? order : x->string.n < y->string.n ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

/* Eight bytes as a number that orders as they do; what is missing counts as 0. */
static uint64_t head_of(struct str string)
{
    uint64_t head = 0;
    for (size_t i = 0; i < 8; i++)
        head = head << 8 | (i < string.n ? (uint8_t)string.s[i] : 0);
    return head;
}

static uint8_t label_of(const struct trie_key *key, uint32_t depth)
{
    return depth < 8 ? (uint8_t)(key->head >> (56 - 8 * depth)) : (uint8_t)key->string.s[depth];
}

/* The keys below a node that is still without children. */
struct span {
    uint32_t node, low, high, depth;
};

static bool add_node(struct trie *trie, uint8_t label, struct err *err)
{
    if (trie->n >= UINT32_MAX - 1)
        return err_set(err, ERR_LIMIT, "the vocabulary is too large for a trie");
    if (!mem_grow((void **)&trie->nodes, &trie->capacity, trie->n + 1, sizeof *trie->nodes, "a trie", err))
        return false;
    trie->nodes[trie->n++] = (struct trie_node){0, 0, label, -1};
    return true;
}

/* Give span.node its value and its children, and append the children's spans to the queue. */
static bool expand(struct trie *trie, const struct trie_key *keys, struct span span, struct span **queue, size_t *n,
                   size_t *capacity, struct err *err)
{
    uint32_t at = span.low;
    while (at < span.high && keys[at].string.n == span.depth) {
        if (trie->nodes[span.node].value < 0)
            trie->nodes[span.node].value = keys[at].value;
        at++;
    }
    trie->nodes[span.node].children = (uint32_t)trie->n;
    while (at < span.high) {
        uint8_t label = label_of(&keys[at], span.depth);
        uint32_t low = at;
        while (at < span.high && label_of(&keys[at], span.depth) == label)
            at++;
        if (!add_node(trie, label, err) || !mem_grow((void **)queue, capacity, *n + 1, sizeof **queue, "a trie", err))
            return false;
        (*queue)[(*n)++] = (struct span){(uint32_t)trie->n - 1, low, at, span.depth + 1};
        trie->nodes[span.node].count++;
    }
    return true;
}

bool trie_build(struct trie *trie, struct trie_key *keys, size_t n, struct err *err)
{
    memset(trie, 0, sizeof *trie);
    if (n > UINT32_MAX - 1)
        return err_set(err, ERR_LIMIT, "the vocabulary is too large for a trie");
    for (size_t i = 0; i < n; i++)
        keys[i].head = head_of(keys[i].string);
    if (n)
        qsort(keys, n, sizeof *keys, by_string);
    struct span *queue = NULL;
    size_t queued = 0, capacity = 0;
    bool ok = add_node(trie, 0, err) && mem_grow((void **)&queue, &capacity, 1, sizeof *queue, "a trie", err);
    if (ok)
        queue[queued++] = (struct span){0, 0, (uint32_t)n, 0};
    for (size_t i = 0; ok && i < queued; i++)
        ok = expand(trie, keys, queue[i], &queue, &queued, &capacity, err);
    free(queue);
    if (!ok)
        trie_free(trie);
    return ok;
}

uint32_t trie_step(const struct trie *trie, uint32_t node, uint8_t byte)
{
    uint32_t low = trie->nodes[node].children, high = low + trie->nodes[node].count;
    while (high - low > 4) {
        uint32_t middle = low + (high - low) / 2;
        if (trie->nodes[middle].label <= byte)
            low = middle;
        else
            high = middle;
    }
    for (; low < high; low++)
        if (trie->nodes[low].label == byte)
            return low;
    return 0;
}

uint32_t trie_walk(const struct trie *trie, struct str s)
{
    uint32_t node = 0;
    for (size_t i = 0; i < s.n; i++)
        if (!(node = trie_step(trie, node, (uint8_t)s.s[i])))
            return 0;
    return node;
}
