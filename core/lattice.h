/* Cascaded decoding (Deng and Rush 2020, "Cascaded Text Generation with Markov Transformers"): a lattice of candidates for n
 * tokens is pruned by scores of order 0, then 1, then 2 (of a token given none, one, two before it).
 *
 * Order m scores a sequence x by Σ_l log p(x_l | x_{l−m} … x_{l−1}). The max-marginal of a span of m+1 tokens is the score of the
 * best sequence, of those whose spans are all in the lattice, that holds it: forward and backward by dynamic programming, exact.
 * The best `keep` spans that end at each position stay; where two that stay overlap in all but their ends, they are a span of the
 * next order. The best sequence of an order always stays. At the beginning spans are shorter: what stands before is given. */
#ifndef GAZE_CORE_LATTICE_H
#define GAZE_CORE_LATTICE_H

#include "core/base/mem.h"

enum { LATTICE_ORDERS = 3 };

/* Where scores come from. */
struct lattice_scorer {
    size_t width; /* of the vocabulary */
    /* log p of every token at `position` after each context, out [n,width]. contexts [n,m], m = min(order, position): the tokens
     * of the sequence that order lets it see; what stands before the sequence is the scorer's to know. */
    bool (*score)(void *context, size_t order, size_t position, const int32_t *contexts, size_t m, size_t n, float *out,
                  struct err *err);
    void *context;
};

struct lattice_span {
    int32_t ids[LATTICE_ORDERS]; /* [n] the last is the token at its position */
    size_t n;
    double score;        /* log p of its last token */
    double max_marginal; /* of its order; −inf where no sequence of the lattice holds it */
    double forward, backward;
};
struct lattice_place {
    struct lattice_span *spans; /* [n] largest max-marginal first, equal ones by ids; those that stayed alone */
    size_t n, scored;           /* scored: how many there were before */
};
struct lattice {
    size_t n;                                     /* positions */
    struct lattice_place *places[LATTICE_ORDERS]; /* [n] each */
    int32_t *path;                                /* [n] the best sequence of the last order */
    double score;                                 /* its score of that order */
};

/* Build it, in the arena: keep[m] spans a position stay at order m (≥ 1 each). Errors: those of the scorer, ERR_CANCELLED. */
NODISCARD bool lattice_make(const struct lattice_scorer *scorer, size_t n, const size_t keep[LATTICE_ORDERS], struct arena *arena,
                            struct lattice *out, struct err *err);

#endif
