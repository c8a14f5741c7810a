/* The trunk of BERT, which RoBERTa and others share but for where positions begin and how their heads are named. */
#ifndef GAZE_CORE_ARCH_BERT_H
#define GAZE_CORE_ARCH_BERT_H

#include <stddef.h>

#include "core/arch/classify.h"
#include "core/arch/mlm.h"
#include "core/arch/relative.h"
#include "core/config.h"

struct bert {
    struct tensor word, position, type; /* [V,B] [P,B] [S,B] */
    struct norm norm;    /* of the embeddings */
    struct linear widen; /* embeddings_project [E,B], where B ≠ E */
    struct mlm mlm;
    struct classify classify;
    struct str position_type;   /* "absolute", "relative_key", "relative_key_query" */
    size_t positions, types, pad, embedding; /* P, S, pad_token_id, B (0: E) */
    bool tied, relative;
    struct relative *relatives; /* [layers]: relative_key and relative_key_query */
};
struct bert_layer {
    struct block block;
    const float *distance; /* [2P−1,D], row i−j+P−1: relative_key and relative_key_query */
};

/* The configuration keys that BERT and its relatives share, with a class's defaults for the sizes that differ. */
#define BERT_SIZES(vocabulary, width, layers, heads, inner, positions_)                                                   \
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = vocabulary},                                    \
    {.key = "hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = width},                                        \
    {.key = "num_hidden_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = layers},                                 \
    {.key = "num_attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = heads},                                \
    {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = inner},                                  \
    {.key = "max_position_embeddings", .kind = CONFIG_SIZE, .letter = 'P', .fallback = positions_,                        \
     .field = offsetof(struct bert, positions)}
#define BERT_OPTIONS                                                                                                      \
    {.key = "type_vocab_size", .kind = CONFIG_SIZE, .letter = 'S', .fallback = 2, .field = offsetof(struct bert, types)}, \
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-12}, BERT_ENCODER
#define BERT_ENCODER                                                                                                      \
    {.key = "is_decoder", .kind = CONFIG_ONLY, .text = "false"},                                                          \
    {.key = "add_cross_attention", .kind = CONFIG_ONLY, .text = "false"},                                                 \
    {.key = "tie_word_embeddings", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct bert, tied)}
#define BERT_ACTIVATION(name) {.key = "hidden_act", .kind = CONFIG_ACTIVATION, .text = name}
#define BERT_POSITION_TYPE \
    {.key = "position_embedding_type", .kind = CONFIG_TEXT, .text = "absolute", .field = offsetof(struct bert, position_type)}
#define BERT_KEYS BERT_SIZES(30522, 768, 12, 12, 3072, 512), BERT_OPTIONS, BERT_ACTIVATION("gelu"), BERT_POSITION_TYPE
/* pad_token_id, where positions are counted from it. */
#define BERT_PAD {.key = "pad_token_id", .kind = CONFIG_SIZE, .letter = 'p', .fallback = 1, .field = offsetof(struct bert, pad)}

/* The parameters: the tables of the embeddings, their norm, what widens them, the layers. `width` is the letter of the
 * embeddings' width: "E", or "B" where it may differ. */
#define BERT_TABLES(width)                                                                                                     \
    {.name = "embeddings.word_embeddings.weight", .shape = "V," width, .kind = PARAM_TABLE, .offset = offsetof(struct bert, word), \
     .meaning = "word embeddings"},                                                                                     \
    {.name = "embeddings.position_embeddings.weight", .shape = "P," width, .kind = PARAM_TABLE,                              \
     .offset = offsetof(struct bert, position), .when = bert_absolute, .meaning = "absolute positions"},                \
    BERT_TYPES(width)
#define BERT_TYPES(width)                                                                                                      \
    {.name = "embeddings.token_type_embeddings.weight", .shape = "S," width, .kind = PARAM_TABLE,                            \
     .offset = offsetof(struct bert, type), .when = bert_typed, .meaning = "token types"}
#define BERT_NORM(width)                                                                                                       \
    {.name = "embeddings.LayerNorm", .shape = width, .kind = PARAM_NORM, .offset = offsetof(struct bert, norm),           \
     .meaning = "LayerNorm of the embeddings"}
#define BERT_WIDEN                                                                                                      \
    {.name = "embeddings_project", .shape = "E,B", .kind = PARAM_LINEAR, .offset = offsetof(struct bert, widen),        \
     .when = bert_factored, .meaning = "embeddings to model width"}
#define BERT_LAYERS                                                                                                     \
    BERT_LAYER(LINEAR, "attention.self.query", "A,E", block.q, "query"),                                                \
    BERT_LAYER(LINEAR, "attention.self.key", "A,E", block.k, "key"),                                                    \
    BERT_LAYER(LINEAR, "attention.self.value", "A,E", block.v, "value"),                                                \
    BERT_DISTANCE,                                                                                                      \
    BERT_LAYER(LINEAR, "attention.output.dense", "E,A", block.o, "output of the heads"),                                \
    BERT_LAYER(NORM, "attention.output.LayerNorm", "E", block.attention_norm, "LayerNorm after attention"),             \
    BERT_LAYER(LINEAR, "intermediate.dense", "I,E", block.up, "feed-forward, up"),                                      \
    BERT_LAYER(LINEAR, "output.dense", "E,I", block.down, "feed-forward, down"),                                        \
    BERT_LAYER(NORM, "output.LayerNorm", "E", block.output_norm, "LayerNorm after feed-forward")
#define BERT_DISTANCE                                                                                                   \
    {.name = "encoder.layer.{l}.attention.self.distance_embedding.weight", .shape = "R,D", .kind = PARAM_FLOATS,        \
     .layered = true, .init = INIT_NORMAL, .offset = offsetof(struct bert_layer, distance), .when = bert_relative,                           \
     .meaning = "relative positions i−j"}
#define BERT_LAYER(kind_, name_, shape_, field, meaning_)                                                       \
    {.name = "encoder.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                \
     .offset = offsetof(struct bert_layer, field), .meaning = meaning_}
#define BERT_TRUNK_PARAMS BERT_TABLES("E"), BERT_NORM("E"), BERT_LAYERS
/* The masked-LM head as BERT and others name it, and a table of its own where it is not tied. */
#define BERT_MLM_PARAMS(width)                                                                                                 \
    MLM_PARAMS(struct bert, mlm, "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",              \
               "cls.predictions.bias|cls.predictions.decoder.bias", width, "masked-LM head"),                             \
    BERT_MLM_TABLE("cls.predictions.decoder.weight", width)
#define BERT_MLM_TABLE(name_, width)                                                                                           \
    {.name = name_, .shape = "V," width, .kind = PARAM_TABLE, .offset = offsetof(struct bert, mlm.decoder),                  \
     .when = bert_untied, .optional = true, .meaning = "masked-LM head: table of its own"}
/* pooler.dense and `classifier`, and whether the second text follows. */
#define BERT_POOLED_PARAMS CLASSIFY_PARAMS(struct bert, classify, "pooler.dense", "classifier")
#define BERT_NEXT_PARAM \
    CLASSIFY_PARAM(struct bert, classify, pair, "cls.seq_relationship", "2,E", "next sentence")

/* For `when` of parameters. */
bool bert_absolute(const struct model *model, size_t layer);
bool bert_relative(const struct model *model, size_t layer);
bool bert_typed(const struct model *model, size_t layer);
bool bert_factored(const struct model *model, size_t layer);
bool bert_untied(const struct model *model, size_t layer);

/* What follows from BERT_KEYS: the stack of texts up to max_tokens (0: any length) and its terms; with its pruned heads. */
NODISCARD bool bert_stack(struct model *model, size_t max_tokens, struct err *err);
NODISCARD bool bert_configure(struct model *model, const struct json *config, size_t max_tokens, struct err *err);
/* The shapes of layers whose heads were pruned, as pruned_heads says of the sets of weights; layer l uses set sets[l] of n,
 * NULL: its own. */
NODISCARD bool bert_prune(struct model *model, const struct json *config, const size_t *sets, size_t n, struct err *err);
/* After binding; `head` is the activation of the masked-LM head. */
NODISCARD bool bert_bound(struct model *model, const struct activation *head, struct err *err);
/* A layer's table of relative positions times a factor, for terms that the attention's scale is not to touch; kept in the
 * model. */
NODISCARD const float *bert_scaled_distance(struct model *model, size_t l, float factor, struct err *err);
/* The forward pass in its parts. word + position + type [rows,B]; positions [rows]: rows of the table of absolute positions,
 * NULL: none are added. */
float *bert_sum(const struct model *model, struct pass *pass, const int32_t *positions);
/* The first door: LayerNorm of the sum (where there is one), to model width. */
float *bert_embed(const struct model *model, struct pass *pass, float *sum);
/* What a layer's attention is given before its views: scale, and the relative positions that bert_owns made for all layers. */
const void *const *bert_owns(const struct model *model, struct pass *pass);
struct attend bert_attend(const struct pass *pass, const void *const *owns, size_t l);
void bert_layers(const struct model *model, struct pass *pass, float *x);
/* All of it. */
void bert_trunk(const struct model *model, struct pass *pass, const int32_t *positions);
/* RoBERTa's positions: the tokens that are no padding counted from pad + 1; padding stays at pad. For the whole pass. */
int32_t *bert_counted_positions(struct pass *pass, int32_t pad);
/* How many tokens a table of so many positions takes where they are counted from pad + 1. */
NODISCARD bool bert_counted_configure(struct model *model, const struct json *config, struct err *err);
/* The slots of their masked-LM heads. */
bool bert_mlm_present(const struct model *model);
bool bert_mlm_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err);
#define BERT_MLM(where)                                                                                        \
    .name = "mlm", .summary = "masked words (" where ")", .from = "hidden", .place = HEAD_MASKS, .tensor = "logits", \
    .present = bert_mlm_present, .width = model_vocabulary, .logits = bert_mlm_logits

#endif
