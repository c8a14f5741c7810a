/* What lay in a checkpoint and is not used: one list, made when a model is loaded from what was there and what was bound. */
#ifndef GAZE_CORE_UNREAD_H
#define GAZE_CORE_UNREAD_H

#include "core/model.h"

/* Add a remark on how the files are taken. Returns false where there is no memory. */
NODISCARD bool unread_remark(struct model *model, struct err *err, const char *format, ...) PRINTF_LIKE(3, 4);
/* Fill the rest of model->unread, in its arena. */
NODISCARD bool unread_list(struct model *model, struct err *err);
/* The one line of a load; false where there is nothing to say. Buffers and heads of other tasks stay silent. */
bool unread_line(const struct model *model, struct buf *out);

#endif
