/* How likely a model holds a text, token by token, in nats.
 *
 *   masked      Σ_i ln p(w_i | the text with w_i masked): the pseudo-log-likelihood (Salazar et al. 2020)
 *   masked l2r  the same with the later pieces of w_i's own word masked too (Kauf & Ivanova 2023)
 *   causal      Σ_i ln p(w_i | w_0 … w_{i−1}): the log-likelihood; a first token has nothing before it and counts for nothing
 *
 * Tokens that the tokenizer puts around a text are seen and not counted. A text's numbers are bit for bit those it gives
 * alone, whatever is scored with it. */
#ifndef GAZE_CORE_SCORE_H
#define GAZE_CORE_SCORE_H

#include "core/run.h"

enum score_kind { SCORE_MASKED, SCORE_MASKED_L2R, SCORE_CAUSAL };

struct score_options {
    struct model *model;
    enum score_kind kind;
    const struct output_head *head; /* of score_head */
    int32_t front;                  /* id put in front of everything, not counted; -1: none */
    bool keep;                      /* every token's number, in `tokens` */
    const struct watch *watch;      /* progress in texts; or NULL */
    size_t *blamed;                 /* the number of the text that an error is about, from 0; SIZE_MAX: of none */
};

struct token_score {
    struct str string;
    double value; /* ln p; NaN: it does not count */
};
struct text_score {
    double total;
    size_t n, counted, unknown; /* tokens; those that count; of these the tokenizer's unknown one */
    struct token_score *tokens; /* [n] in the arena, or NULL */
};

/* The head that scores texts, and with it the kind: SCORE_CAUSAL where it says the next word, else `masked`. `emd` false: not
 * behind an enhanced mask decoder. ERR_ARG or ERR_NOT_FOUND says why a model scores nothing: no head over its vocabulary, an
 * encoder–decoder, no tokenizer, no mask token. */
const struct output_head *score_head(const struct model *model, enum score_kind masked, bool emd, enum score_kind *kind_out,
                                     struct err *err);
/* out [n]. Errors: a text without a token that counts, or with more tokens than the model takes; a causal head on a model whose
 * tokens see what follows them; ERR_CANCELLED, ERR_MEMORY. */
NODISCARD bool score_texts(const struct score_options *options, const struct str *texts, size_t n, struct arena *arena,
                           struct text_score *out, struct err *err);

#endif
