/* The heads of DeBERTa checkpoints: the enhanced mask decoder's, and the plain one. */
#ifndef GAZE_CORE_ARCH_DEBERTA_HEADS_H
#define GAZE_CORE_ARCH_DEBERTA_HEADS_H

#include "core/arch/emd.h"

extern const struct output_head *const deberta_heads[];
/* Where the checkpoint has a replaced-token head: keep what it reads, LayerNorm(x_i + x_0) of the last layer's x. */
void deberta_keep_rtd(struct pass *pass, const float *x);
/* An architecture's `note`: what masked-word training made of a layer. */
const char *deberta_note(const struct model *model, enum stack_kind stack, size_t layer);

#endif
