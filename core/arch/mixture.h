/* Mixtures of experts with top-k routing: each token goes through the k feed-forwards that a router prefers, none is dropped
 * (Shazeer et al. 2017; Jiang et al. 2024).
 *
 *   p = softmax(x·Wr + br);  the k largest, largest first;  y = Σ_c w_c · expert_c(x),  expert(x) = down(act(gate(x)) · up(x))
 *   w = p of the chosen, made to sum to 1 or not, as the family does; a shared expert's output is added, times sigmoid(x·ws) where
 *   it has a gate
 *
 * Kept by a pass, side "dec", one row a token: router [experts] p, expert [k], weight [k], and shared where there is one. */
#ifndef GAZE_CORE_ARCH_MIXTURE_H
#define GAZE_CORE_ARCH_MIXTURE_H

#include "core/pass.h"

struct gated {
    struct linear gate, up, down;
};

struct mixture {
    struct linear router;            /* [experts,E] */
    struct linear *gate, *up, *down; /* [experts] */
    struct gated shared;             /* dtype NULL: there is none */
    struct linear shared_gate;       /* [1,E]; dtype NULL: 1 */
};

/* What of it is the family's. */
struct mixture_kind {
    size_t chosen; /* k */
    bool normalised;
    /* NULL: probabilities weigh. Else weights [k] of the chosen from all logits [n], by which they are chosen then. */
    void (*weigh)(const struct model *model, const float *logits, size_t n, const int64_t *chosen, size_t k, float *weights);
    /* NULL: act(gate(x)) · up(x). Else what of gate and up goes down, into up [n,I]; gate [n,I], or NULL where the mixture has
       none and up is [n,2I], both in turn. */
    void (*join)(float *up, const float *gate, size_t n, size_t I);
};

/* The experts' projections where one tensor holds them all, [X,in,out] or [X,out,in], and their biases [X,out], or NULL; in the
 * model's arena. */
struct linear *mixture_stacked(struct model *model, const struct tensor *all, const float *biases, bool out_first,
                               struct err *err);
/* The mixture of layer l over rows of x [rows,E]; scratch. */
float *mixture_forward(struct pass *pass, const struct mixture *mixture, const struct mixture_kind *kind, size_t l,
                       const float *x);

#endif
