/* Scores of a lattice from a model. Order m is the model run over m tokens alone, at the places where they stand: no layer lets
 * it see more, as the barriers of a Markov transformer would. Order 0 is run over the text's start token in the place before.
 * What stands before the first position is the prompt's end; an encoder-decoder sees all of its source at every order. */
#ifndef GAZE_CORE_LATTICE_MODEL_H
#define GAZE_CORE_LATTICE_MODEL_H

#include "core/generate.h"
#include "core/lattice.h"

struct lattice_model {
    struct model *model;
    const struct output_head *head;
    const struct encoding *prompt; /* an encoder-decoder's: its source */
    int32_t start;                 /* the token that order 0 stands on */
    bool decodes;
};
/* Errors: a model that does not say what comes next, or without a start token; an empty prompt; more positions than it has. */
NODISCARD bool lattice_model_open(struct model *model, const struct encoding *prompt, size_t n, struct lattice_model *out,
                                  struct err *err);
struct lattice_scorer lattice_model_scorer(struct lattice_model *lattice);
/* Sum of the log-probabilities of n tokens behind the whole prompt, in nats. */
NODISCARD bool lattice_full_score(const struct lattice_model *lattice, const int32_t *ids, size_t n, double *out,
                                  struct err *err);

#endif
