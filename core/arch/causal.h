/* What causal language models share: the table of words, and the head that says what comes next.
 *
 *   next word   cap·tanh((x·Wᵀ·scale + b) / cap), x the last hidden state, W a table of its own or the table of words
 *   classes     x·Wᵀ of a text's last token (that is no padding), or x·Wᵀ + b of each
 *
 * A struct causal stands first in the own struct of every architecture that has CAUSAL_HEADS. */
#ifndef GAZE_CORE_ARCH_CAUSAL_H
#define GAZE_CORE_ARCH_CAUSAL_H

#include "core/arch/classify.h"

struct causal {
    struct tensor word; /* [V,E] */
    struct tensor head; /* [V,E] */
    const float *bias;  /* [V] of the head, or NULL */
    float scale, cap;   /* 0: none */
    bool tied;          /* the table of words is the head's where the file has no other */
    struct classify classify;
};

/* Rows of a parameter table. */
#define CAUSAL_WORD(own, names)                                                                                        \
    {.name = names, .shape = "V,E", .kind = PARAM_TABLE, .offset = offsetof(own, causal.word),                         \
     .meaning = "word embeddings"}
#define CAUSAL_HEAD(own, names)                                                                                        \
    {.name = names, .shape = "V,E", .kind = PARAM_TABLE, .offset = offsetof(own, causal.head), .when = causal_untied,  \
     .optional = true, .meaning = "next word: table of its own"}
#define CAUSAL_BIAS(own, names)                                                                                        \
    {.name = names, .shape = "V", .kind = PARAM_FLOATS, .offset = offsetof(own, causal.bias), .optional = true,        \
     .meaning = "next word: bias of the vocabulary"}
#define CAUSAL_SCORE(own)                                                                                              \
    {.name = "score|classifier", .shape = "*,E", .kind = PARAM_LINEAR_NO_BIAS, .offset = offsetof(own, causal.classify.out),      \
     .optional = true, .meaning = "classes"},                                                                          \
    {.name = "score.bias|classifier.bias", .shape = "*", .kind = PARAM_FLOATS, .offset = offsetof(own, causal.classify.out.bias),      \
     .optional = true, .meaning = "classes: bias"}
/* Of a table of keys. */
#define CAUSAL_TIED(own, fallback_)                                                                                    \
    {.key = "tie_word_embeddings", .kind = CONFIG_BOOL, .fallback = fallback_, .field = offsetof(own, causal.tied)}

bool causal_untied(const struct model *model, size_t layer);
/* The heads of a struct arch, and where its classes lie: with CAUSAL_SCORE. */
#define CAUSAL_HEADS                                                                                                   \
    (const struct output_head *const[]){&head_next_word, &causal_text, &causal_text_many, &causal_text_value,          \
                                        &causal_tokens, NULL}
#define CAUSAL_CLASSIFY(own) offsetof(own, causal.classify)
extern const struct output_head causal_text, causal_text_many, causal_text_value, causal_tokens;
extern const struct output_head head_next_word; /* "lm", exported as logits */

/* What a family's output head is made of, where it does something to the hidden state before: x [n,E] → out [n,V]. */
NODISCARD bool causal_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err);

#endif
