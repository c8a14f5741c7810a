/* The masked-LM head that the encoders share: dense, activation, LayerNorm, times the word embeddings, plus a bias. */
#ifndef GAZE_CORE_ARCH_MLM_H
#define GAZE_CORE_ARCH_MLM_H

#include "core/model.h"

struct mlm {
    struct linear dense;
    struct norm norm;
    struct tensor decoder; /* [V,B]; dtype NULL: tied to the word embeddings */
    const float *bias;     /* [V] */
    const struct activation *activation;
};

/* The rows of a parameter table for a head at `offset` in the architecture's struct; B is the letter of its inner width. */
#define MLM_PARAMS(own, field, dense_name, norm_name, bias_names, width, meaning_)                                          \
    {.name = dense_name, .shape = width ",E", .kind = PARAM_LINEAR, .offset = offsetof(own, field.dense), .optional = true, \
     .meaning = meaning_ ": dense"},                                                                                        \
    {.name = norm_name, .shape = width, .kind = PARAM_NORM, .offset = offsetof(own, field.norm), .optional = true,          \
     .meaning = meaning_ ": LayerNorm"},                                                                                    \
    {.name = bias_names, .shape = "V", .kind = PARAM_FLOATS, .offset = offsetof(own, field.bias), .optional = true,         \
     .meaning = meaning_ ": bias of the vocabulary"}

bool mlm_present(const struct mlm *mlm);
/* hidden [n,E] → out [n,V]. `word` is the table that the decoder is tied to. */
NODISCARD bool mlm_logits(const struct model *model, const struct mlm *mlm, const struct tensor *word, const float *hidden,
                          size_t n, float *out, struct err *err);

#endif
