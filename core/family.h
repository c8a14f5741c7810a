/* Which architecture a checkpoint is of, and under which names its tensors lie. */
#ifndef GAZE_CORE_FAMILY_H
#define GAZE_CORE_FAMILY_H

#include "core/model.h"

/* Set model->arch by config.json's model_type. Where that key is absent: by `architectures`, else by the prefix of the tensors'
 * names, else by the folder's name, as transformers does; a remark says so. An unknown type is ERR_UNSUPPORTED and lists the
 * known ones. */
NODISCARD bool family_find(struct model *model, struct err *err);
/* Where the tensors lie below names of a wrapper ("module.", "model.bert." …): take the wrapper's part off. */
NODISCARD bool family_unwrap(struct model *model, struct err *err);

#endif
