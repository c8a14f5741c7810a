/* Replaced-token detection: a discriminator's logit of each token, above 0 where it takes the token for a replacement.
 * (Clark et al. 2020.) */
#ifndef GAZE_CORE_ARCH_RTD_H
#define GAZE_CORE_ARCH_RTD_H

#include "core/model.h"

struct rtd {
    struct linear dense, prediction; /* [E,E] [1,E] */
};

/* Rows of a parameter table, at `field` in the architecture's struct. */
#define RTD_PARAMS(own, field)                                                                                             \
    {.name = "discriminator_predictions.dense", .shape = "E,E", .kind = PARAM_LINEAR, .offset = offsetof(own, field.dense), \
     .optional = true, .meaning = "replaced tokens: dense"},                                                               \
    {.name = "discriminator_predictions.dense_prediction", .shape = "1,E", .kind = PARAM_LINEAR,                           \
     .offset = offsetof(own, field.prediction), .optional = true, .meaning = "replaced tokens"}
/* The slots of a head whose struct rtd is found by `present_` and `logits_`. */
#define RTD_HEAD(present_, logits_)                                                                                        \
    .name = "rtd", .summary = "replaced tokens (discriminator_predictions)", .from = "hidden", .place = HEAD_TOKENS,       \
    .link = HEAD_SIGMOID, .tensor = "logits", .present = present_, .width = rtd_width, .logits = logits_

bool rtd_present(const struct rtd *rtd);
size_t rtd_width(const struct model *model); /* 1 */
/* hidden [n,E] → out [n]: prediction(act(dense(hidden))), act the model's. */
NODISCARD bool rtd_logits(const struct model *model, const struct rtd *rtd, const float *hidden, size_t n, float *out,
                          struct err *err);

#endif
