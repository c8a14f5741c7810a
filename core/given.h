/* A run of tensors that were saved elsewhere: maps to look at, measure and compare, without a model.
 *
 *   all layers at once     one tensor [L,H,T,T], "attn", "attention", "attentions" or the only one of four axes
 *   layer by layer         attn.{l} (attention.{l}, attentions.{l}, arr_{l}) [H,T,T] or [1,H,T,T]; scores.{l}, and each term
 * NAME.{l} of the same shape, where every layer has it tokens                 input_ids [T] or [1,T]; names: a list of texts
 * (below)
 */
#ifndef GAZE_CORE_GIVEN_H
#define GAZE_CORE_GIVEN_H

#include "core/run.h"

enum given_mask { GIVEN_AUTO /* causal where nothing stands above the diagonal of any map */, GIVEN_CAUSAL, GIVEN_NONE };
struct given_options {
    const struct str *tokens; /* [n_tokens] names, or NULL: those of the file (__metadata__ "tokens", an array of text) */
    size_t n_tokens;
    enum given_mask mask;
};
/* What the maps are like, for a person. */
struct given_report {
    size_t layers, H, T, terms; /* layers that are there; heads of the layer with most */
    const char *tokens_from;    /* "the file", "input_ids", "none" … a literal */
    bool scores, causal;
    size_t rows, off;            /* rows of all maps, of these not summing to 1 (by more than a tenth of a percent) */
    double worst;                /* the sum of the row that is furthest from 1 */
    size_t negative, not_finite; /* numbers below 0; NaN and infinities */
    size_t hidden;               /* numbers other than 0 that mask=causal hides */
    struct buf unread;           /* names of what is not used, with commas: buf_free it */
};

/* Errors name the file and the tensor: no map in it, another shape than the first layer's, a name for each token missing. */
NODISCARD struct run *given_open(const char *path, const struct given_options *options, struct given_report *report,
                                 struct err *err);
/* The tensors of such a file: .safetensors, .npz or .npy; weights_close them. */
NODISCARD struct weights *given_weights(const char *path, struct err *err);
/* A text of safetensors' __metadata__ into out; false where there is none. */
bool given_metadata(const struct weights *weights, const char *key, struct buf *out);
/* Was this run opened from tensors? Then there are no weights to ask. */
bool run_is_given(const struct run *run);

#endif
