/* What DeBERTa v1 and v2/v3 share: disentangled attention, embeddings, heads. (He et al. 2021; where paper and reference
 * code differ, the code is followed.)
 *
 *   c2c[i,j] = q_i · k_j                 c2p[i,j] = q_i · PK[b(i−j)]         p2c[i,j] = k_j · PQ[b(i−j)]
 *
 * all three times 1/√(D·(1 + number of position terms)). PK and PQ come from one table of relative positions and no
 * input changes them: they are made once, at first use. */
#ifndef GAZE_CORE_ARCH_DISENTANGLED_H
#define GAZE_CORE_ARCH_DISENTANGLED_H

#include <stddef.h>

#include "core/arch/classify.h"
#include "core/arch/mlm.h"
#include "core/arch/relative.h"
#include "core/arch/rtd.h"
#include "core/config.h"
#include "core/pass.h"

struct deberta {
    struct tensor word, position, type; /* [V,B] [P,B] [S,B] */
    struct linear widen;                /* embed_proj [E,B], where B ≠ E */
    struct norm norm;
    struct tensor relative;    /* [R,E] */
    struct norm relative_norm; /* norm_rel_ebd (v2) */
    struct rtd rtd;             /* mask_predictions, */
    struct norm rtd_norm;       /* whose input is the sum of a token's state and [CLS]'s, normed */
    struct classify classify; /* pooler.dense, classifier */
    struct mlm cls, lm;       /* cls.predictions, lm_predictions.lm_head */
    struct tensor conv;       /* [E, E/groups, kernel] (v2) */
    const float *conv_bias;
    struct norm conv_norm;
    const struct activation *conv_act;
    size_t conv_kernel, conv_groups;
    size_t positions, types, embedding, buckets, farthest; /* P, S, B; of i−j: buckets (0: none), largest distance */
    bool c2p, p2c, biased, relative_attention, legacy, tied, talking, shared;
    struct str table_norm; /* norm_rel_ebd */
    float scale;
    struct relative *relatives; /* [layers] position keys and queries; index is set for each text */
};

/* The configuration keys that both versions share. */
#define DEBERTA_KEYS                                                                                                             \
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = CONFIG_REQUIRED},                                      \
        {.key = "hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = CONFIG_REQUIRED},                                 \
        {.key = "num_hidden_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = CONFIG_REQUIRED},                           \
        {.key = "num_attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = CONFIG_REQUIRED},                         \
        {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = CONFIG_REQUIRED},                           \
        {.key = "max_position_embeddings",                                                                                       \
         .kind = CONFIG_SIZE,                                                                                                    \
         .letter = 'P',                                                                                                          \
         .fallback = 512,                                                                                                        \
         .field = offsetof(struct deberta, positions)},                                                                          \
        {.key = "type_vocab_size", .kind = CONFIG_SIZE, .letter = 'S', .fallback = 0, .field = offsetof(struct deberta, types)}, \
        {.key = "pooler_hidden_act",                                                                                             \
         .kind = CONFIG_ACTIVATION,                                                                                              \
         .text = "gelu",                                                                                                         \
         .field = offsetof(struct deberta, classify.activation)},                                                                \
        {.key = "hidden_act", .kind = CONFIG_ACTIVATION, .text = "gelu"},                                                        \
        {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-7},                                                         \
        {.key = "position_biased_input", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct deberta, biased)},      \
        {.key = "relative_attention", .kind = CONFIG_BOOL, .field = offsetof(struct deberta, relative_attention)},               \
        {.key = "max_relative_positions", .kind = CONFIG_NUMBER},                                                                \
        {.key = "legacy", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct deberta, legacy)},                     \
    {                                                                                                                            \
        .key = "tie_word_embeddings", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct deberta, tied)             \
    }

/* The parameters outside the layers that both versions have. */
#define DEBERTA_PARAMS                                                                                                           \
    {.name = "embeddings.word_embeddings.weight",                                                                                \
     .shape = "V,B",                                                                                                             \
     .kind = PARAM_TABLE,                                                                                                        \
     .offset = offsetof(struct deberta, word),                                                                                   \
     .meaning = "word embeddings"},                                                                                              \
        {.name = "embeddings.position_embeddings.weight",                                                                        \
         .shape = "P,B",                                                                                                         \
         .kind = PARAM_TABLE,                                                                                                    \
         .offset = offsetof(struct deberta, position),                                                                           \
         .when = deberta_biased,                                                                                                 \
         .meaning = "absolute positions"},                                                                                       \
        {.name = "embeddings.position_embeddings.weight",                                                                        \
         .shape = "P,B",                                                                                                         \
         .kind = PARAM_TABLE,                                                                                                    \
         .offset = offsetof(struct deberta, position),                                                                           \
         .when = deberta_unbiased,                                                                                               \
         .optional = true,                                                                                                       \
         .meaning = "absolute positions of the enhanced mask decoder"},                                                          \
        {.name = "embeddings.token_type_embeddings.weight",                                                                      \
         .shape = "S,B",                                                                                                         \
         .kind = PARAM_TABLE,                                                                                                    \
         .offset = offsetof(struct deberta, type),                                                                               \
         .when = deberta_typed,                                                                                                  \
         .meaning = "token types"},                                                                                              \
        {.name = "embeddings.embed_proj",                                                                                        \
         .shape = "E,B",                                                                                                         \
         .kind = PARAM_LINEAR_NO_BIAS,                                                                                           \
         .offset = offsetof(struct deberta, widen),                                                                              \
         .when = deberta_factored,                                                                                               \
         .meaning = "embeddings to model width"},                                                                                \
        {.name = "embeddings.LayerNorm",                                                                                         \
         .shape = "E",                                                                                                           \
         .kind = PARAM_NORM,                                                                                                     \
         .offset = offsetof(struct deberta, norm),                                                                               \
         .meaning = "LayerNorm of the embeddings"},                                                                              \
        {.name = "encoder.rel_embeddings.weight",                                                                                \
         .shape = "R,E",                                                                                                         \
         .kind = PARAM_TABLE,                                                                                                    \
         .offset = offsetof(struct deberta, relative),                                                                           \
         .when = deberta_relative,                                                                                               \
         .meaning = "relative positions"},                                                                                       \
        MLM_PARAMS(struct deberta, cls, "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",                \
                   "cls.predictions.bias|cls.predictions.decoder.bias", "B", "masked-LM head"),                                  \
        {.name = "cls.predictions.decoder.weight",                                                                               \
         .shape = "V,B",                                                                                                         \
         .kind = PARAM_TABLE,                                                                                                    \
         .offset = offsetof(struct deberta, cls.decoder),                                                                        \
         .when = deberta_untied,                                                                                                 \
         .optional = true,                                                                                                       \
         .meaning = "masked-LM head: table of its own"},                                                                         \
        MLM_PARAMS(struct deberta, lm, "lm_predictions.lm_head.dense", "lm_predictions.lm_head.LayerNorm",                       \
                   "lm_predictions.lm_head.bias", "E", "masked-LM head of the authors"),                                         \
        {.name = "mask_predictions.dense",                                                                                       \
         .shape = "E,E",                                                                                                         \
         .kind = PARAM_LINEAR,                                                                                                   \
         .offset = offsetof(struct deberta, rtd.dense),                                                                          \
         .optional = true,                                                                                                       \
         .meaning = "replaced-token head: dense"},                                                                               \
        {.name = "mask_predictions.LayerNorm",                                                                                   \
         .shape = "E",                                                                                                           \
         .kind = PARAM_NORM,                                                                                                     \
         .offset = offsetof(struct deberta, rtd_norm),                                                                           \
         .optional = true,                                                                                                       \
         .meaning = "replaced-token head: LayerNorm"},                                                                           \
        {.name = "mask_predictions.classifier",                                                                                  \
         .shape = "1,E",                                                                                                         \
         .kind = PARAM_LINEAR,                                                                                                   \
         .offset = offsetof(struct deberta, rtd.prediction),                                                                     \
         .optional = true,                                                                                                       \
         .meaning = "replaced-token head: logit"},                                                                               \
        CLASSIFY_PARAMS(struct deberta, classify, "pooler.dense", "classifier")

/* For `when` of parameters. */
bool deberta_biased(const struct model *model, size_t layer);
bool deberta_unbiased(const struct model *model, size_t layer);
bool deberta_typed(const struct model *model, size_t layer);
bool deberta_factored(const struct model *model, size_t layer);
bool deberta_relative(const struct model *model, size_t layer); /* relative_attention with a term that reads the table */
bool deberta_c2p(const struct model *model, size_t layer);
bool deberta_p2c(const struct model *model, size_t layer);
bool deberta_untied(const struct model *model, size_t layer);

/* What follows from DEBERTA_KEYS: the stack, its terms and its scale. `D`: head width, 0 for E/H. `count_types`: the scale
 * counts every entry of pos_att_type (v1), not c2p and p2c alone (v2). */
NODISCARD bool deberta_configure(struct model *model, const struct json *config, size_t D, bool count_types, struct err *err);
/* After binding. */
NODISCARD bool deberta_bound(struct model *model, struct err *err);
/* x = LayerNorm(word (+ position) (+ type)), widened: the first lines of the forward pass, and its first door. */
float *deberta_embed(const struct model *model, struct pass *pass);
/* The widened, normed table of relative positions [R,E] in scratch of the caller: free(). */
NODISCARD float *deberta_relative_table(const struct model *model, struct err *err);
/* projection [A,E] of the table for layer l, kept in the model: [R,A]. */
NODISCARD bool deberta_project_table(struct model *model, size_t l, const struct linear *linear, const float *table,
                                     struct strided *out, struct err *err);

#endif
