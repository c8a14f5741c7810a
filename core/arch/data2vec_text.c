/* data2vec's model of texts (Baevski et al. 2022): RoBERTa, see roberta.c, under names of its own. */
#include "core/arch/roberta.h"

static const struct config_key keys[] = {BERT_KEYS, BERT_PAD, {0}};

const struct arch arch_data2vec_text = {
    .name = "data2vec-text",
    .model_types = "data2vec-text",
    .summary = "data2vec: RoBERTa trained to give what a teacher gives",
    .source = "Baevski et al. 2022",
    .prefixes = "data2vec_text.",
    .keys = keys,
    ROBERTA_ARCH,
};
