/* A trie over byte strings: which of them begin here, and which is the longest. */
#ifndef GAZE_CORE_TOKENIZER_TRIE_H
#define GAZE_CORE_TOKENIZER_TRIE_H

#include <stdint.h>
#include "core/base/mem.h"

struct trie_node {
    uint32_t children; /* number of the first child; children lie side by side, ascending by label */
    uint16_t count;    /* of children */
    uint8_t label;     /* the byte that leads here */
    int32_t value;     /* of the string that ends here, or -1 */
};
struct trie {
    struct trie_node *nodes; /* nodes[0] is the root */
    size_t n, capacity;
};

struct trie_key {
    struct str string;
    int32_t value; /* >= 0; of equal strings the lowest wins */
    uint64_t head; /* trie_build's: the first eight bytes, to be compared at once */
};

/* Build from keys [n], which are sorted in place. */
NODISCARD bool trie_build(struct trie *trie, struct trie_key *keys, size_t n, struct err *err);
void trie_free(struct trie *trie); /* a zeroed struct is fine */

/* The child of `node` along `byte`, or 0. */
uint32_t trie_step(const struct trie *trie, uint32_t node, uint8_t byte);
/* The node that `s` leads to from the root, or 0 where it leads nowhere (or is empty). */
uint32_t trie_walk(const struct trie *trie, struct str s);

#endif
