/* Routing over many texts: what routers did in each layer, added up text by text, and how sure that is.
 *
 * Shares, means and the balance are of all tokens together; intervals are 95 % of a bootstrap over texts (Efron 1979: texts
 * drawn with replacement, 1,000 times, from a seed), because tokens of one text are not independent. */
#ifndef GAZE_CORE_MEASURE_ROUTING_TEXTS_H
#define GAZE_CORE_MEASURE_ROUTING_TEXTS_H

#include "core/measure/routing.h"

struct estimate {
    double value, low, high;
};
struct routing_estimates {
    struct estimate entropy, load_entropy, balance; /* as in routing.h */
    struct estimate dropped;                        /* share of the tokens */
    struct estimate *share, *mean;                  /* [N] of what is sent; of the probabilities */
    size_t tokens;
};

struct routing_layer_texts {
    enum stack_kind stack;
    size_t layer, N, k, texts, capacity;
    double *sums; /* [texts, 3 + 2N] tokens, entropy, dropped; sent to each expert; its probabilities */
};
struct routing_texts {
    struct routing_layer_texts *layers; /* [n] in the order of the pass */
    size_t n;
};

/* Add a text of a run: all its routed layers. */
NODISCARD bool routing_texts_add(struct routing_texts *texts, const struct run *run, size_t text, struct err *err);
void routing_texts_free(struct routing_texts *texts);
/* NULL where no text had routes there. */
const struct routing_layer_texts *routing_texts_layer(const struct routing_texts *texts, enum stack_kind stack, size_t layer);
/* Arrays on the arena. ERR_CANCELLED. */
NODISCARD bool routing_estimate(const struct routing_layer_texts *layer, uint64_t seed, struct arena *arena,
                                struct routing_estimates *out, struct err *err);

#endif
