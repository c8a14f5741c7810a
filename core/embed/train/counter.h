/* Counting words: from bytes of text to numbers in the order of first appearance, and how often each came. */
#ifndef GAZE_CORE_EMBED_TRAIN_COUNTER_H
#define GAZE_CORE_EMBED_TRAIN_COUNTER_H

#include "core/base/mem.h"

#define COUNTER_END UINT32_MAX /* among the numbers: a sentence ends */
enum { COUNTER_PAD = 16 };     /* zero bytes that follow the text */

struct counter;

/* At most `limit` different words are held; beyond it the rarest are forgotten, as word2vec does, and counted anew, under
 * another number, where they come again: memory is bounded by the limit and the length of the words held. */
NODISCARD struct counter *counter_new(size_t limit, struct err *err);
void counter_free(struct counter *counter);

/* Number the words of text[0..n), which COUNTER_PAD zero bytes follow. A word that reaches the end is left for the next
 * call unless `last`: *used_out says how much was taken. ids_out has room for n/2+1 numbers; a run of newlines gives one
 * COUNTER_END. */
NODISCARD bool counter_scan(struct counter *counter, const unsigned char *text, size_t n, bool last, size_t *used_out,
                            uint32_t *ids_out, size_t *n_ids_out, struct err *err);

size_t counter_words(const struct counter *counter);          /* words held */
size_t counter_ids(const struct counter *counter);            /* numbers given, those of forgotten words too */
uint32_t counter_id(const struct counter *counter, size_t i); /* the number of the i-th word held: they ascend */
uint64_t counter_count(const struct counter *counter, size_t i);
struct str counter_word(const struct counter *counter, size_t i);

#endif
