/* What a model's own head over its vocabulary says of a text's words, before and after a change. */
#ifndef GAZE_CORE_MEASURE_PREDICTED_H
#define GAZE_CORE_MEASURE_PREDICTED_H

#include "core/run.h"

enum { ASKED_EVERY = 7 }; /* of a text's words, every so many-th is masked: about 15 % */

/* The head that is asked of whole texts, and how. */
struct asked {
    const struct output_head *head; /* NULL: the model has none that can be asked */
    const char *of;                 /* "masked words", "next words"; NULL where head is */
    bool masks;                     /* words are masked before they are asked for, … */
    int32_t mask;                   /* … by this id */
};
/* `emd` false: not behind an enhanced mask decoder. Heads of an encoder–decoder's decoder are not asked. */
struct asked asked_head(const struct model *model, bool emd);
/* The decoder's head that says the next word of a target, of an encoder–decoder; head NULL: there is none. */
struct asked asked_decoder(const struct model *model);

/* One place of a text, and the words whose logits are compared there. */
struct asked_place {
    size_t row;            /* of the head's axis, within the text */
    int32_t word, against; /* −1: the likeliest word before the change; the likeliest other one */
};
struct predicted {
    int32_t word, against;
    double loss[2];     /* −ln p(word), nats: before, after */
    double margin[2];   /* logit of the word less that of the other */
    int32_t first[2];   /* the likeliest words */
    double divergence;  /* Jensen–Shannon, nats, between the two distributions (Lin 1991) */
};
/* Both runs are of the same text under the same head; out [n]. `text` counts in both. Errors: those of run_logits, a word outside
 * the head's vocabulary, logits that are not finite (names the run: "before", "after"). */
NODISCARD bool predicted_compare(const struct run *before, const struct run *after, const struct output_head *head, size_t text,
                                 const struct asked_place *places, size_t n, struct predicted *out, struct err *err);

#endif
