/* BERT's layer with the norms before its parts instead of behind them (pre-norm; Xiong et al. 2020):
 *
 *   a = x + attention(norm(x))·Wo + bo;  y = a + down(act(up(norm'(a)))) */
#ifndef GAZE_CORE_ARCH_PRENORM_H
#define GAZE_CORE_ARCH_PRENORM_H

#include "core/arch/bert.h"

/* q, k, v of norm(x), kept, into attend's views; x' kept, from z. `block`'s attention_norm and output_norm stand before the
 * attention and the feed-forward. */
void prenorm_begin(struct pass *pass, const struct block *block, const float *x, struct attend *attend);
float *prenorm_end(struct pass *pass, const struct block *block, const float *x, const float *z);

/* A trunk of BERT's tables without a norm of the embeddings, pre-norm layers, and a last norm. */
struct prenorm {
    struct bert bert;
    struct norm last;
};
#define PRENORM_LAST(name_)                                                                                              \
    {.name = name_, .shape = "E", .kind = PARAM_NORM, .offset = offsetof(struct prenorm, last), .meaning = "last LayerNorm"}
void prenorm_trunk(const struct model *model, struct pass *pass, const int32_t *positions);

#endif
