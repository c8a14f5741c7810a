/* Outlier dimensions, by both published rules.
 *
 *   weights   of a norm's weight, or of its bias, |x − mean| > 3σ over the dimensions, in more than a quarter of the layers
 *             (Kovaleva et al. 2021; Puccetti et al. 2022)
 *   values    |x − mean| > 6σ of a layer's tensor of one text (Bondarenko et al. 2023)
 *
 * σ is over all numbers of the vector or tensor, not of a sample of them. */
#ifndef GAZE_CORE_MEASURE_OUTLIERS_H
#define GAZE_CORE_MEASURE_OUTLIERS_H

#include "core/run.h"

#define OUTLIERS_WEIGHT 3.0
#define OUTLIERS_VALUE 6.0

/* Which norm of each layer the first rule reads: the last of the table whose numbers are of the model's width, a post-norm
 * encoder's output norm. out [layers,E] each, 1: out there. *name_out: the parameter's pattern, or NULL: there is no such norm. */
void outliers_of_weights(const struct model *model, enum stack_kind stack, unsigned char *weight_out, unsigned char *bias_out,
                         const char **name_out);

/* One number that is out. */
struct outlier {
    size_t layer, dim, index;
    int32_t token;
    double value, sigmas; /* (x − mean)/σ */
};
struct outliers {
    struct outlier *at; /* [n] in the order they were added */
    size_t n, capacity;
    size_t tokens;      /* looked at */
    size_t not_finite;  /* tensors that are left out: they hold numbers that are not finite */
};
/* Add what is out of one layer's tensor [rows,E] of one text, whose ids are ids[rows]. */
NODISCARD bool outliers_add(struct outliers *outliers, size_t layer, const float *x, size_t rows, size_t E, const int32_t *ids, struct err *err);
void outliers_free(struct outliers *outliers);

#endif
