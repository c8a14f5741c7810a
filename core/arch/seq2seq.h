/* What encoder–decoders share: where the decoder begins, and the keys and values that its cross-attention reads. */
#ifndef GAZE_CORE_ARCH_SEQ2SEQ_H
#define GAZE_CORE_ARCH_SEQ2SEQ_H

#include "core/pass.h"

/* The first member of what a family keeps: words, and what comes next in the decoder, (y·Wᵀ + bias)·scale. W is the table of
 * words where tied, else a table of its own. */
struct seq2seq_words {
    struct tensor table; /* [V,E] */
    struct linear lm;    /* where it is not tied to the words */
    const float *bias;   /* [V] or NULL */
    float scale;         /* 0: none */
    bool tied;
};
extern const struct output_head *const seq2seq_next[];        /* the heads of a struct arch */
bool seq2seq_untied(const struct model *model, size_t layer); /* of the parameter lm: there is a decoder, not tied */

/* Does the checkpoint hold the encoder alone: a class …EncoderModel or …ForTokenClassification, or is_encoder_decoder false? */
bool seq2seq_encoder_only(const struct json *config);
/* model->start_token: decoder_start_token_id, else `fallback`. An id outside the vocabulary is an error. */
NODISCARD bool seq2seq_start(struct model *model, const struct json *config, long fallback, struct err *err);

/* x·W of all rows, kept, as heads of width D. */
struct strided seq2seq_heads(struct pass *pass, const struct linear *linear, const float *x, size_t D);

/* The cross-attention of every layer of the decoder, but for its queries: keys and values of x, what the encoder gave on the
 * pass's axis. key_of and value_of are offsets in the decoder layer's struct. [layers of D], for the whole pass. */
struct attend *seq2seq_cross(struct pass *pass, const float *x, size_t key_of, size_t value_of, float scale);

#endif
