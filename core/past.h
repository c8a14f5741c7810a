/* What passes over the beginning of a text leave for a pass over what comes behind it: keys and values of a causal stack, and of
 * an encoder–decoder what its cross-attention reads. A pass with a past runs new tokens alone; their attention is over all. */
#ifndef GAZE_CORE_PAST_H
#define GAZE_CORE_PAST_H

#include "core/model.h"

struct attend;

struct past {
    enum stack_kind stack;   /* whose: D where there is one, else L */
    size_t n_texts, length;  /* side by side, all of one length: tokens that are there */
    size_t layers, capacity; /* room, in tokens of a text */
    struct past_layer {      /* [n_texts,layers] rows of Hkv·D */
        float *k, *v;
    } * at;
    struct past_rows { /* [n_texts] rows of H·D of the layer that runs; those of this pass alone are there */
        float *q, *z;
    } * rows;
    struct attend *cross;        /* [layers], made by the first pass over an encoder–decoder */
    const struct tokens *source; /* its keys' axis, of one text */
};

/* For one text of at most `capacity` tokens. Errors: ERR_MEMORY. */
NODISCARD struct past *past_new(const struct model *model, size_t capacity, struct err *err);
void past_free(struct past *past);
/* Text i goes on from what text parents[i] was; n texts from here on. */
NODISCARD bool past_choose(struct past *past, const struct model *model, const size_t *parents, size_t n, struct err *err);

#endif
