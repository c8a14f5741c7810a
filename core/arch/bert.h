/* The trunk of BERT, which RoBERTa and others share but for where positions begin and how their heads are named. */
#ifndef GAZE_CORE_ARCH_BERT_H
#define GAZE_CORE_ARCH_BERT_H

#include <stddef.h>

#include "core/arch/mlm.h"
#include "core/arch/relative.h"
#include "core/config.h"

struct bert {
    struct tensor word, position, type; /* [V,E] [P,E] [S,E] */
    struct norm norm;
    struct mlm mlm;
    struct str position_type;   /* "absolute", "relative_key", "relative_key_query" */
    size_t positions, types, pad; /* P, S, pad_token_id */
    bool tied, relative;
    struct relative *relatives; /* [layers]: relative_key and relative_key_query */
};
struct bert_layer {
    struct block block;
    const float *distance; /* [2P−1,D], row i−j+P−1: relative_key and relative_key_query */
};

/* The configuration keys that BERT and its relatives share. */
#define BERT_KEYS                                                                                                         \
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 30522},                                         \
    {.key = "hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 768},                                          \
    {.key = "num_hidden_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 12},                                     \
    {.key = "num_attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 12},                                   \
    {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 3072},                                   \
    {.key = "max_position_embeddings", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 512,                               \
     .field = offsetof(struct bert, positions)},                                                                          \
    {.key = "type_vocab_size", .kind = CONFIG_SIZE, .letter = 'S', .fallback = 2, .field = offsetof(struct bert, types)}, \
    {.key = "hidden_act", .kind = CONFIG_ACTIVATION, .text = "gelu"},                                                     \
    {.key = "is_decoder", .kind = CONFIG_ONLY, .text = "false"},                                                          \
    {.key = "add_cross_attention", .kind = CONFIG_ONLY, .text = "false"},                                                 \
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-12},                                                     \
    {.key = "position_embedding_type", .kind = CONFIG_TEXT, .text = "absolute", .field = offsetof(struct bert, position_type)}, \
    {.key = "tie_word_embeddings", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct bert, tied)}

/* The parameters of the trunk. */
#define BERT_TRUNK_PARAMS                                                                                               \
    {.name = "embeddings.word_embeddings.weight", .shape = "V,E", .kind = PARAM_TABLE, .offset = offsetof(struct bert, word), \
     .meaning = "word embeddings"},                                                                                     \
    {.name = "embeddings.position_embeddings.weight", .shape = "P,E", .kind = PARAM_TABLE,                              \
     .offset = offsetof(struct bert, position), .when = bert_absolute, .meaning = "absolute positions"},                \
    {.name = "embeddings.token_type_embeddings.weight", .shape = "S,E", .kind = PARAM_TABLE,                            \
     .offset = offsetof(struct bert, type), .when = bert_typed, .meaning = "token types"},                              \
    {.name = "embeddings.LayerNorm", .shape = "E", .kind = PARAM_NORM, .offset = offsetof(struct bert, norm),           \
     .meaning = "LayerNorm of the embeddings"},                                                                         \
    BERT_LAYER(LINEAR, "attention.self.query", "A,E", block.q, "query"),                                                \
    BERT_LAYER(LINEAR, "attention.self.key", "A,E", block.k, "key"),                                                    \
    BERT_LAYER(LINEAR, "attention.self.value", "A,E", block.v, "value"),                                                \
    {.name = "encoder.layer.{l}.attention.self.distance_embedding.weight", .shape = "R,D", .kind = PARAM_FLOATS,        \
     .layered = true, .offset = offsetof(struct bert_layer, distance), .when = bert_relative,                           \
     .meaning = "relative positions i−j"},                                                                              \
    BERT_LAYER(LINEAR, "attention.output.dense", "E,A", block.o, "output of the heads"),                                \
    BERT_LAYER(NORM, "attention.output.LayerNorm", "E", block.attention_norm, "LayerNorm after attention"),             \
    BERT_LAYER(LINEAR, "intermediate.dense", "I,E", block.up, "feed-forward, up"),                                      \
    BERT_LAYER(LINEAR, "output.dense", "E,I", block.down, "feed-forward, down"),                                        \
    BERT_LAYER(NORM, "output.LayerNorm", "E", block.output_norm, "LayerNorm after feed-forward")
#define BERT_LAYER(kind_, name_, shape_, field, meaning_)                                                       \
    {.name = "encoder.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                \
     .offset = offsetof(struct bert_layer, field), .meaning = meaning_}

/* For `when` of parameters. */
bool bert_absolute(const struct model *model, size_t layer);
bool bert_relative(const struct model *model, size_t layer);
bool bert_typed(const struct model *model, size_t layer);
bool bert_untied(const struct model *model, size_t layer);

/* What follows from BERT_KEYS: the stack of texts up to max_tokens (0: any length), its terms, its pruned heads. */
NODISCARD bool bert_configure(struct model *model, const struct json *config, size_t max_tokens, struct err *err);
/* After binding; `head` is the activation of the masked-LM head. */
NODISCARD bool bert_bound(struct model *model, const struct activation *head, struct err *err);
/* positions [rows]: rows of the table of absolute positions. */
void bert_trunk(const struct model *model, struct pass *pass, const int32_t *positions);
/* RoBERTa's positions: the tokens that are no padding counted from pad + 1; padding stays at pad. For the whole pass. */
int32_t *bert_counted_positions(struct pass *pass, int32_t pad);
/* The slots of their masked-LM heads. */
bool bert_mlm_present(const struct model *model);
size_t bert_mlm_width(const struct model *model);
bool bert_mlm_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err);
#define BERT_MLM(where)                                                                                        \
    .name = "mlm", .summary = "masked words (" where ")", .from = "hidden", .place = HEAD_MASKS, .tensor = "logits", \
    .present = bert_mlm_present, .width = bert_mlm_width, .logits = bert_mlm_logits

#endif
