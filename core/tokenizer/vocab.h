/* A vocabulary: strings and their ids, both ways. */
#ifndef GAZE_CORE_TOKENIZER_VOCAB_H
#define GAZE_CORE_TOKENIZER_VOCAB_H

#include <stdint.h>
#include "core/base/mem.h"

struct vocab_entry {
    struct str string; /* in the arena */
    uint32_t hash;
    int32_t id;
};
struct vocab {
    struct arena *arena; /* borrowed: owns the strings */
    char *chunk;         /* of the arena, for the next strings */
    size_t chunk_left;
    struct vocab_entry *entries; /* [n], in the order of arrival */
    size_t n, capacity;
    size_t repeated;            /* strings of a list that came again, where its numbers go on all the same */
    uint32_t *slots;            /* open addressing: number of the entry + 1 */
    size_t slots_n;             /* a power of two */
    uint32_t *by_id;            /* [ids]: number of the entry + 1 */
    size_t ids, by_id_capacity; /* highest id + 1 */
};
void vocab_init(struct vocab *vocab, struct arena *arena);
void vocab_free(struct vocab *vocab); /* a zeroed struct is fine */
NODISCARD bool vocab_reserve(struct vocab *vocab, size_t n, struct err *err);

/* Add a string or give it another id; of two strings with one id the later is the id's. id >= 0. */
NODISCARD bool vocab_add(struct vocab *vocab, struct str string, int32_t id, struct err *err);
int32_t vocab_find(const struct vocab *vocab, struct str string); /* -1 where unknown */
struct str vocab_string(const struct vocab *vocab, int32_t id);   /* n 0 and s NULL where unknown */

struct build;
struct json;
/* Read {"string": id, …}; an empty object's words are those of the build's lists. */
NODISCARD bool vocab_read(struct vocab *vocab, const struct build *build, const struct json *object, struct err *err);

#endif
