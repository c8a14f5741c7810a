/* CamemBERT (Martin et al. 2020): RoBERTa in French, over a SentencePiece vocabulary; see roberta.c.
 *
 * What has caused bugs: the weights keep the prefix `roberta.`, in some files it is `camembert.`. */
#include "core/arch/roberta.h"

static const struct config_key keys[] = {BERT_KEYS, BERT_PAD, {0}};

const struct arch arch_camembert = {
    .name = "camembert",
    .model_types = "camembert",
    .summary = "CamemBERT: RoBERTa for French",
    .source = "Martin et al. 2020",
    .prefixes = "roberta.|camembert.",
    .keys = keys,
    ROBERTA_ARCH,
};
