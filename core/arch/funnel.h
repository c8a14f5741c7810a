/* Funnel-Transformer's parts: the terms of its scores, and how tokens are pooled. (Dai et al. 2020, appendix A.2.) */
#ifndef GAZE_CORE_ARCH_FUNNEL_H
#define GAZE_CORE_ARCH_FUNNEL_H

#include "core/pass.h"

struct funnel_layer {
    struct block block;
    struct tensor kernel;                                 /* r_kernel [E,H,D] */
    const float *content, *position, *segment, *segments; /* r_w_bias, r_r_bias, r_s_bias [H,D]; seg_embed [2,H,D] */
};

/* How far apart query i and key j are: (step·i − j − shift)·stride tokens. */
struct funnel_distance {
    size_t step, stride; /* step 2 where the queries were pooled just now, else 1 */
    long shift;
};

/* What the terms of one layer and text need; attention.own points to it. */
struct funnel_own {
    const struct funnel_layer *layer;
    const float *table; /* [step·(Tq−1) + Tk, H·D] row d: of the distance that step·i − j = d − (Tk−1) makes */
    size_t step;
    bool separate;                    /* the first token has neither positions nor segments */
    const int32_t *queries, *keys; /* types of this text's tokens */
};
/* Sines and cosines of all distances of a text, [step·(Tq−1) + Tk, E], in scratch of the caller: free(). */
NODISCARD float *funnel_sinusoids(struct funnel_distance distance, size_t Tq, size_t Tk, size_t E, struct err *err);

/* How tokens are pooled between blocks: two by two, with `separate` the first alone, with `truncate` then without the last. */
struct funnel_pool {
    size_t blocks;
    bool separate, truncate, mean; /* mean of two, or the larger */
};
/* The axis of the pass's tokens pooled. A text too short to pool keeps all of its tokens. NULL where the pass has failed. */
const struct tokens *funnel_pooled_axis(const struct funnel_pool *w, struct pass *pass);
/* x [rows of `from`] pooled to the rows of `to`; scratch of the pass, whose axis is `to`. */
float *funnel_pool_rows(const struct funnel_pool *w, struct pass *pass, const struct tokens *from, const struct tokens *to,
                        const float *x);
/* The state that enters the decoder: the last one on axis `last`, spread over the pass's tokens, plus an early one; kept. */
float *funnel_upsample(const struct funnel_pool *w, struct pass *pass, const struct tokens *last, const float *x,
                       const float *early);

extern const struct term *const funnel_terms[]; /* content, position, segment */

#endif
