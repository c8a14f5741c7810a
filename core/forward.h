/* One forward pass, from texts to a run. */
#ifndef GAZE_CORE_FORWARD_H
#define GAZE_CORE_FORWARD_H

#include "core/run.h"

/* What a run is made from. */
struct run_inputs {
    struct encoding *texts;   /* [n_texts]; taken, also on failure */
    struct encoding *targets; /* [n_texts] the decoder's; taken; NULL: the start token alone */
    size_t n_texts;
    const struct intervention *interventions; /* copied */
    size_t n_interventions;
    const size_t *global; /* [n_global] tokens that see and are seen by all, of each text; copied; NULL: the family's choice */
    size_t n_global;
    struct run_mask mask;
    const struct position_rule *positions; /* of the texts; copied; NULL: their own */
    size_t capacity; /* of each expert, in tokens of a text; 0: the model's */
    size_t maps;     /* bytes of probabilities that are kept as they are made, for those who read all maps; others are made again */
    /* NULL, or what the texts here (an encoder–decoder's: the targets; texts NULL once its first pass is done) go on from, one
     * of its texts each. The pass adds to it. Maps of such a run read it: use its logits, and drop the run before the past. */
    struct past *past;
};

/* Run the model. Errors: a text longer than the model's positions (names both numbers), an id outside the vocabulary,
 * targets for a model without a decoder, a capacity for one whose experts take all, global tokens for one that knows none or
 * beyond a text, ERR_CANCELLED, ERR_MEMORY. An empty text (no tokens) is an error. */
NODISCARD struct run *run_new(struct model *model, const struct run_inputs *inputs, const struct watch *watch, struct err *err);
/* The same for one text, taken. */
NODISCARD struct run *run_one(struct model *model, struct encoding *text, const struct watch *watch, struct err *err);
/* The texts of a run once more, under its mask, positions, global tokens and capacity, with its own changes and further ones
 * behind them. `base` may go before the run does. */
NODISCARD struct run *run_again(struct model *model, const struct run *base, const struct intervention *more, size_t n_more,
                                const struct watch *watch, struct err *err);

#endif
