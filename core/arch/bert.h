/* The trunk of BERT, which RoBERTa shares but for where positions begin and how its head is named. */
#ifndef GAZE_CORE_ARCH_BERT_H
#define GAZE_CORE_ARCH_BERT_H

#include <stddef.h>

#include "core/arch/mlm.h"
#include "core/arch/relative.h"

struct bert {
    struct tensor word, position, type; /* [V,E] [P,E] [S,E] */
    struct norm norm;
    struct mlm mlm;
    struct relative *relatives; /* [layers]: relative_key and relative_key_query */
};
struct bert_layer {
    struct block block;
    const float *distance; /* [2P−1,D], row i−j+P−1: relative_key and relative_key_query */
};

/* The parameters of the trunk, for the tables of both. */
#define BERT_TRUNK_PARAMS                                                                                               \
    {.name = "embeddings.word_embeddings.weight", .shape = "V,E", .kind = PARAM_TABLE, .offset = offsetof(struct bert, word), \
     .meaning = "word embeddings"},                                                                                     \
    {.name = "embeddings.position_embeddings.weight", .shape = "P,E", .kind = PARAM_TABLE,                              \
     .offset = offsetof(struct bert, position), .when = bert_absolute, .meaning = "absolute positions"},                \
    {.name = "embeddings.token_type_embeddings.weight", .shape = "S,E", .kind = PARAM_TABLE,                            \
     .offset = offsetof(struct bert, type), .when = bert_typed, .meaning = "token types"},                              \
    {.name = "embeddings.LayerNorm", .shape = "E", .kind = PARAM_NORM, .offset = offsetof(struct bert, norm),           \
     .meaning = "LayerNorm of the embeddings"},                                                                         \
    BERT_LAYER(LINEAR, "attention.self.query", "E,E", block.q, "query"),                                                \
    BERT_LAYER(LINEAR, "attention.self.key", "E,E", block.k, "key"),                                                    \
    BERT_LAYER(LINEAR, "attention.self.value", "E,E", block.v, "value"),                                                \
    {.name = "encoder.layer.{l}.attention.self.distance_embedding.weight", .shape = "R,D", .kind = PARAM_FLOATS,        \
     .layered = true, .offset = offsetof(struct bert_layer, distance), .when = bert_relative,                           \
     .meaning = "relative positions i−j"},                                                                              \
    BERT_LAYER(LINEAR, "attention.output.dense", "E,E", block.o, "output of the heads"),                                \
    BERT_LAYER(NORM, "attention.output.LayerNorm", "E", block.attention_norm, "LayerNorm after attention"),             \
    BERT_LAYER(LINEAR, "intermediate.dense", "I,E", block.up, "feed-forward, up"),                                      \
    BERT_LAYER(LINEAR, "output.dense", "E,I", block.down, "feed-forward, down"),                                        \
    BERT_LAYER(NORM, "output.LayerNorm", "E", block.output_norm, "LayerNorm after feed-forward")
#define BERT_LAYER(kind_, name_, shape_, field, meaning_)                                                       \
    {.name = "encoder.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                \
     .offset = offsetof(struct bert_layer, field), .meaning = meaning_}

bool bert_absolute(const struct model *model);
bool bert_relative(const struct model *model);
bool bert_typed(const struct model *model);

/* The configuration that both read; the longest text is left to the caller. */
NODISCARD bool bert_configure(struct model *model, const struct json *config, struct err *err);
/* After binding. */
NODISCARD bool bert_bound(struct model *model, const struct activation *head, struct err *err);
/* positions [rows]: rows of the table of absolute positions. */
NODISCARD bool bert_trunk(const struct model *model, struct pass *pass, const int32_t *positions, struct err *err);
/* The slots of their masked-LM heads. */
bool bert_mlm_present(const struct model *model);
size_t bert_mlm_width(const struct model *model);
bool bert_mlm_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err);
/* An untied decoder's table, where tie_word_embeddings is false. */
bool bert_untied(const struct model *model);

#endif
