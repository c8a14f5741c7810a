/* The logit lens (nostalgebraist 2020): what the model's own head over the vocabulary says of every layer's hidden states, as if
 * the layers above were not there. */
#ifndef GAZE_CORE_EFFECT_LENS_H
#define GAZE_CORE_EFFECT_LENS_H

#include "core/run.h"

/* The head that a lens reads through and how many hidden states there are (the embedding output first, the last one what the head
 * reads anyway). Errors say why there is no lens: no head over the vocabulary, a head of other tensors than hidden states, a
 * final norm that is not known apart from the pass. */
NODISCARD bool lens_open(const struct run *run, const struct output_head **head_out, size_t *states_out, struct err *err);
/* Logits of n rows (numbers within text `text`) of hidden state `state` into out [n,width]: behind the stack's final norm, where
 * it has one, which the last state is behind already. */
NODISCARD bool lens_logits(const struct run *run, const struct output_head *head, size_t state, size_t text, const size_t *rows,
                           size_t n, float *out, struct err *err);

#endif
