/* What a run can be exported as: promises of named tensors, filled on demand. */
#ifndef GAZE_REPL_RUN_EXPORT_TENSORS_H
#define GAZE_REPL_RUN_EXPORT_TENSORS_H

#include "repl/result/result.h"
#include "repl/run/selector.h"

struct tensor_list {
    struct tensor_promise *promises;
    size_t n, capacity;
    struct arena *arena; /* owns the contexts */
};
/* Everything of a run (sites NULL), or the per-head tensors of the sites' layers cut to their heads, with input_ids and
 * heads.{l}. Names and shapes: README, "Export". Free with tensor_list_free. */
NODISCARD bool tensor_list_make(const struct run *run, const struct sites *sites, struct tensor_list *out, struct err *err);
void tensor_list_free(struct tensor_list *list);

/* Keep those that `names` asks for: "attn.0,hidden.2"; a name without its layer ("attn") is that of all layers. */
NODISCARD bool tensor_list_keep(struct tensor_list *list, struct str names, struct err *err);
/* "input_ids, hidden.0-6, attn.0-5, …" */
void tensor_list_names(const struct tensor_list *list, struct buf *out);

#endif
