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

#include "core/arch/mlm.h"
#include "core/arch/relative.h"
#include "core/pass.h"

struct deberta {
    struct tensor word, position, type; /* [V,B] [P,B] [S,B] */
    struct linear widen;                /* embed_proj [E,B], where B ≠ E */
    struct norm norm;
    struct tensor relative;             /* [R,E] */
    struct norm relative_norm;          /* norm_rel_ebd (v2) */
    struct mlm cls, lm;                 /* cls.predictions, lm_predictions.lm_head */
    struct tensor conv;                 /* [E, E/groups, kernel] (v2) */
    const float *conv_bias;
    struct norm conv_norm;
    const struct activation *conv_act;
    size_t conv_groups;
    bool c2p, p2c, biased, legacy;
    float scale;
    struct relative *relatives;         /* [layers] position keys and queries; index is set for each text */
};

/* The parameters outside the layers that both versions have. */
#define DEBERTA_PARAMS                                                                                                   \
    {.name = "embeddings.word_embeddings.weight", .shape = "V,B", .kind = PARAM_TABLE,                                   \
     .offset = offsetof(struct deberta, word), .meaning = "word embeddings"},                                            \
    {.name = "embeddings.position_embeddings.weight", .shape = "P,B", .kind = PARAM_TABLE,                               \
     .offset = offsetof(struct deberta, position), .when = deberta_biased, .meaning = "absolute positions"},             \
    {.name = "embeddings.position_embeddings.weight", .shape = "P,B", .kind = PARAM_TABLE,                               \
     .offset = offsetof(struct deberta, position), .when = deberta_unbiased, .optional = true,                           \
     .meaning = "absolute positions of the enhanced mask decoder"},                                                      \
    {.name = "embeddings.token_type_embeddings.weight", .shape = "S,B", .kind = PARAM_TABLE,                             \
     .offset = offsetof(struct deberta, type), .when = deberta_typed, .meaning = "token types"},                         \
    {.name = "embeddings.embed_proj", .shape = "E,B", .kind = PARAM_LINEAR_NO_BIAS,                                      \
     .offset = offsetof(struct deberta, widen), .when = deberta_factored, .meaning = "embeddings to model width"},       \
    {.name = "embeddings.LayerNorm", .shape = "E", .kind = PARAM_NORM, .offset = offsetof(struct deberta, norm),         \
     .meaning = "LayerNorm of the embeddings"},                                                                          \
    {.name = "encoder.rel_embeddings.weight", .shape = "R,E", .kind = PARAM_TABLE,                                       \
     .offset = offsetof(struct deberta, relative), .when = deberta_relative, .meaning = "relative positions"},           \
    MLM_PARAMS(struct deberta, cls, "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",            \
               "cls.predictions.bias|cls.predictions.decoder.bias", "B", "masked-LM head"),                              \
    {.name = "cls.predictions.decoder.weight", .shape = "V,B", .kind = PARAM_TABLE,                                      \
     .offset = offsetof(struct deberta, cls.decoder), .when = deberta_untied, .optional = true,                          \
     .meaning = "masked-LM head: table of its own"},                                                                     \
    MLM_PARAMS(struct deberta, lm, "lm_predictions.lm_head.dense", "lm_predictions.lm_head.LayerNorm",                   \
               "lm_predictions.lm_head.bias", "E", "masked-LM head of the authors")

bool deberta_biased(const struct model *model);
bool deberta_unbiased(const struct model *model);
bool deberta_typed(const struct model *model);
bool deberta_factored(const struct model *model);
bool deberta_relative(const struct model *model); /* relative_attention with a term that reads the table */
bool deberta_c2p(const struct model *model);
bool deberta_p2c(const struct model *model);
bool deberta_untied(const struct model *model);

/* Read what both versions have in their configurations. `count_types`: the scale counts every entry of pos_att_type
 * (v1), not c2p and p2c alone (v2). */
NODISCARD bool deberta_configure(struct model *model, const struct json *config, bool count_types, struct err *err);
/* After binding: the heads' activation and what configure() remembered in dim. */
NODISCARD bool deberta_bound(struct model *model, struct err *err);
/* x = LayerNorm(word (+ position) (+ type)), widened: the first lines of the forward pass, and its first door. */
NODISCARD bool deberta_embed(const struct model *model, struct pass *pass, float **x_out, struct err *err);
/* The widened, normed table of relative positions [R,E] in scratch of the caller: free(). */
NODISCARD float *deberta_relative_table(const struct model *model, struct err *err);
/* projection [A,E] of the table, kept in the model: [R,A]. */
NODISCARD bool deberta_project_table(struct model *model, const struct linear *linear, const float *table, struct strided *out,
                                     struct err *err);

extern const struct output_head *const deberta_heads[];
const char *deberta_caveat(const struct model *model);

#endif
