/* What lay in a checkpoint and is not used: one list, made when a model is loaded from what was there and what was bound. */
#ifndef GAZE_CORE_UNREAD_H
#define GAZE_CORE_UNREAD_H

#include "core/model.h"

/* Add a remark on how the files are taken. Returns false where there is no memory. */
NODISCARD bool unread_remark(struct model *model, struct err *err, const char *format, ...) PRINTF_LIKE(3, 4);
/* Fill the rest of model->unread, in its arena. */
NODISCARD bool unread_list(struct model *model, struct err *err);
/* How a tensor of the weights is used. */
enum tensor_use {
    TENSOR_READ,   /* a parameter is bound to it */
    TENSOR_SAME,   /* its bytes are those of one that is read, under another name */
    TENSOR_BUFFER, /* follows from the configuration */
    TENSOR_HEAD,   /* of a head of another task */
    TENSOR_UNREAD
};
/* out [checkpoint.weights->n]. */
NODISCARD bool unread_uses(const struct model *model, enum tensor_use *out, struct err *err);
/* Numbers in the tensors that are read, those on the same bytes once: of layers, of heads, of the rest (embeddings, norms). */
struct model_parts {
    size_t layers, heads, rest;
};
NODISCARD bool unread_parts(const struct model *model, struct model_parts *out, struct err *err);
/* The one line of a load; false where there is nothing to say. Buffers and heads of other tasks stay silent. */
bool unread_line(const struct model *model, struct buf *out);

#endif
