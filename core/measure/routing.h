/* What a router did in one layer of one text, read from what the pass kept, whatever the family:
 *
 *   router [T,N] probabilities of the experts; expert [T] or [T,k] the chosen, largest first
 *   weight [T,k] what their outputs are multiplied by; dropped [T] 1 where the expert was full; shared [T]: each where there is one
 *
 * Experts fill in the order of the text: a token's place with an expert is how many were sent there up to it, from 1, those that
 * found it full included (Fedus et al. 2021 §2.2). */
#ifndef GAZE_CORE_MEASURE_ROUTING_H
#define GAZE_CORE_MEASURE_ROUTING_H

#include "core/run.h"

struct routing {
    enum stack_kind stack;
    size_t layer, text;
    size_t T, N, k;          /* tokens, experts, choices a token */
    const float *probs;      /* [T,N] */
    const int64_t *chosen;   /* [T,k] */
    const float *weights;    /* [T,k] or NULL: the probabilities of the chosen */
    const int64_t *dropped;  /* [T] or NULL: none is */
    const float *shared;     /* [T] or NULL */
    const struct tokens *tokens;
};

/* Does that layer route? */
bool routing_is(const struct run *run, enum stack_kind stack, size_t layer);
/* Borrows from the run. ERR_NOT_FOUND, with the layers that have experts, where this one has none. */
NODISCARD bool routing_of(const struct run *run, enum stack_kind stack, size_t layer, size_t text, struct routing *out,
                          struct err *err);

float routing_weight(const struct routing *r, size_t token, size_t choice);
/* places_out [T,k]. NODISCARD for memory. */
NODISCARD bool routing_places(const struct routing *r, size_t *places_out, struct err *err);
/* Of each expert [N]: tokens sent to it, those of them that were dropped, the mean of its probability over all tokens. Any
 * may be NULL. */
void routing_load(const struct routing *r, size_t *sent_out, size_t *dropped_out, double *mean_out);
/* Nats: of a token's probabilities; the mean over tokens; of the shares in which experts are sent tokens. ln N is even. */
double routing_entropy(const struct routing *r, size_t token);
double routing_mean_entropy(const struct routing *r);
double routing_load_entropy(const struct routing *r);
/* N·Σ_e f_e·P_e, f_e tokens sent to e over T, P_e its mean probability: the balance loss of Fedus et al. 2021 eq. 4 without its
 * factor α. Where each token has k experts the f_e sum to k (transformers, load_balancing_loss_func): even routing gives k. */
double routing_balance(const struct routing *r);

#endif
