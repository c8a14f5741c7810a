/* XLM-RoBERTa (Conneau et al. 2020): RoBERTa over a SentencePiece vocabulary of a hundred languages; see roberta.c.
 *
 * What has caused bugs: ids are the SentencePiece model's plus one, `<mask>` behind them all; the weights keep the prefix
 * `roberta.`. */
#include "core/arch/roberta.h"

static const struct config_key keys[] = {BERT_KEYS, BERT_PAD, {0}};

const struct arch arch_xlm_roberta = {
    .name = "xlm-roberta",
    .model_types = "xlm-roberta",
    .summary = "XLM-RoBERTa: RoBERTa for many languages",
    .source = "Conneau et al. 2020",
    .prefixes = "roberta.",
    .keys = keys,
    ROBERTA_ARCH,
};
