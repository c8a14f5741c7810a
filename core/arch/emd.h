/* The enhanced mask decoder of DeBERTa (He et al. 2021 §3.2): absolute positions enter behind the last layer, and only there.
 *
 *   kv = what enters the last layer;  q = kv + position
 *   twice:  q = the last layer with keys and values of kv, queries and residual of q
 *   masked words:  the head on q
 *
 * These two passes are what masked-word training trained; the plain last layer never entered that loss. */
#ifndef GAZE_CORE_ARCH_EMD_H
#define GAZE_CORE_ARCH_EMD_H

#include "core/arch/disentangled.h"

/* Does the checkpoint hold its weights: absolute positions that the input does not take, and a head for them? */
bool emd_present(const struct model *model);
/* After binding: make the stack E where it is present. */
NODISCARD bool emd_bound(struct model *model, struct err *err);
/* The two passes, where present and every text is within the table of positions. `last`: the last layer's attention as it was
 * made of kv; `query`: the projection whose rows, head h at h·step, are the queries. */
void emd_forward(struct pass *pass, const struct attend *last, const struct block *block, const struct linear *query, size_t step,
                 const float *kv);

#endif
