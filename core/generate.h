/* Generation: what a causal model says next, token after token. Earlier tokens are not run again: their keys and values are kept
 * (past.h), where the family allows it. */
#ifndef GAZE_CORE_GENERATE_H
#define GAZE_CORE_GENERATE_H

#include "core/run.h"

struct generate_options {
    size_t max;          /* new tokens */
    const int32_t *ends; /* [n_ends] a sequence is done behind one of them */
    size_t n_ends;
    size_t beams; /* 1: greedy, or sampled */
    bool sample;  /* from softmax(logits/temperature), of the top_k largest (0: all), of the fewest that reach top_p */
    float temperature, top_p;
    size_t top_k;
    uint64_t seed;
    struct run_mask mask; /* what each token looks back at, as for a run */
    bool whole;           /* run all tokens again at every step: what the kept keys are compared with */
    /* NULL, or told each token as it is settled (without beams). */
    void (*each)(void *context, int32_t id);
    void *context;
};

struct sequence {
    int32_t *ids; /* [n] the new tokens, the end token where it came */
    size_t n;
    double score; /* sum of the log-probabilities, in nats; with beams divided by n */
};

/* The head that says what comes next, or NULL with an error that says what there is. */
const struct output_head *generate_head(const struct model *model, struct err *err);

/* The ids that end a text as the checkpoint says: eos_token_id of generation_config.json, else of its configuration. At most
 * `most` into out; how many. Into unapplied, what it says besides that would change what is generated and is not applied here
 * ("num_beams=4, forced_eos_token_id=2"): the reference's generate would. Errors: a file that is no JSON. */
NODISCARD bool generate_ends(const struct model *model, int32_t *out, size_t most, size_t *n, struct buf *unapplied,
                             struct err *err);

/* Go on from a prompt (an encoder–decoder's: its source; the decoder begins with its start token). With beams all of them come,
 * best first, by the rules of transformers' beam search (length penalty 1, early stopping off). `out` [beams], *n of them set;
 * free with sequences_free. Cancelled, it gives what is there and sets *cancelled (of beams: those that are done and those that run). Errors: a model
 * without such a head, a prompt that with max is longer than the model's positions, ERR_MEMORY. */
NODISCARD bool generate(struct model *model, const struct encoding *prompt, const struct generate_options *options,
                        struct sequence *out, size_t *n, bool *cancelled, struct err *err);
void sequences_free(struct sequence *sequences, size_t n);

#endif
