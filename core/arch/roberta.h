/* RoBERTa as its relatives take it: XLM-RoBERTa and CamemBERT are the same graph with a tokenizer and weights of their own;
 * others share its positions and heads. */
#ifndef GAZE_CORE_ARCH_ROBERTA_H
#define GAZE_CORE_ARCH_ROBERTA_H

#include "core/arch/bert.h"

/* lm_head, and classes by a dense layer of their own. */
#define ROBERTA_HEAD_PARAMS                                                                                               \
    MLM_PARAMS(struct bert, mlm, "lm_head.dense", "lm_head.layer_norm", "lm_head.bias|lm_head.decoder.bias", "E",         \
               "masked-LM head"),                                                                                         \
    BERT_MLM_TABLE("lm_head.decoder.weight", "E"),                                                                             \
    CLASSIFY_PARAMS(struct bert, classify, "classifier.dense", "classifier.out_proj|classifier")
/* Everything of a `struct arch` but its names, keys and sources. */
#define ROBERTA_ARCH                                                                                                      \
    .params = roberta_params, .heads = roberta_heads, .own_size = sizeof(struct bert),                                    \
    .layer_size = sizeof(struct bert_layer), .classify = offsetof(struct bert, classify),                                 \
    .configure = bert_counted_configure, .bound = roberta_bound, .forward = roberta_forward

extern const struct param roberta_params[];
extern const struct output_head *const roberta_heads[];
/* After binding: the head's activation is the exact gelu. */
NODISCARD bool roberta_bound(struct model *model, struct err *err);
/* Positions of the pass's tokens from pad + 1. */
const int32_t *roberta_positions(const struct model *model, struct pass *pass);
void roberta_forward(const struct model *model, struct pass *pass);

#endif
