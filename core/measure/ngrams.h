/* Repeated and distinct n-grams of token ids.
 *
 *   rep-n      = 1 − distinct n-grams / n-grams of one sequence (Welleck et al. 2020, seq-rep-n)
 *   distinct-n = distinct n-grams / tokens, over all sequences together (Li et al. 2016)
 *
 * Both depend on the length: compare sequences of one length alone. No n-gram spans two sequences. */
#ifndef GAZE_CORE_MEASURE_NGRAMS_H
#define GAZE_CORE_MEASURE_NGRAMS_H

#include "core/base/mem.h"

struct ngram_text {
    const int32_t *ids; /* [n] */
    size_t n;
};
struct ngram {
    const int32_t *ids; /* [n] where it comes first */
    size_t count;
};
struct ngrams {
    size_t n, tokens, grams, distinct;
    double rep, distinct_n; /* NaN where there is no n-gram */
    struct ngram *most;     /* [distinct] most frequent first, equal ones by place; NULL where not asked for */
};
/* Count the n-grams of some sequences; `most` lists them, in the arena. n ≥ 1. Errors: ERR_MEMORY. */
NODISCARD bool ngrams_count(const struct ngram_text *texts, size_t n_texts, size_t n, struct arena *most, struct ngrams *out,
                            struct err *err);

#endif
