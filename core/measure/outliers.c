/* Outlier dimensions. See outliers.h. */
#include "core/measure/outliers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Mean and σ of n numbers; false where one is not finite. */
static bool moments(const float *x, size_t n, double *mean_out, double *sigma_out)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    *mean_out = mean;
    *sigma_out = sqrt(squares / (double)n);
    return isfinite(mean) && isfinite(*sigma_out);
}

static void mark(const float *x, size_t E, unsigned char *out)
{
    double mean, sigma;
    if (!x || !moments(x, E, &mean, &sigma))
        return;
    for (size_t d = 0; d < E; d++)
        out[d] = fabs((double)x[d] - mean) > OUTLIERS_WEIGHT * sigma;
}

void outliers_of_weights(const struct model *model, enum stack_kind stack, unsigned char *weight_out, unsigned char *bias_out,
                         const char **name_out)
{
    const struct param *found = NULL;
    const struct stack *layers = &model->stacks[stack];
    *name_out = NULL;
    memset(weight_out, 0, layers->layers * model->E);
    memset(bias_out, 0, layers->layers * model->E);
    for (const struct param *p = model->arch->params; p->name; p++)
        if (p->layered && p->stack == stack && !p->count && (p->kind == PARAM_NORM || p->kind == PARAM_NORM_NO_BIAS) && str_is(str_of(p->shape), "E"))
            found = p;
    for (size_t l = 0; found && layers->layer_data && l < layers->layers; l++) {
        const struct norm *norm = (const struct norm *)((const char *)stack_layer(layers, l) + found->offset);
        mark(norm->weight, model->E, weight_out + l * model->E);
        mark(norm->bias, model->E, bias_out + l * model->E);
        *name_out = found->name;
    }
}

bool outliers_add(struct outliers *o, size_t layer, const float *x, size_t rows, size_t E, const int32_t *ids, struct err *err)
{
    double mean, sigma;
    if (!moments(x, rows * E, &mean, &sigma)) {
        o->not_finite++;
        return true;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t d = 0; d < E; d++) {
            double sigmas = sigma > 0 ? ((double)x[r * E + d] - mean) / sigma : 0;
            if (!(fabs(sigmas) > OUTLIERS_VALUE))
                continue;
            if (!mem_grow((void **)&o->at, &o->capacity, o->n + 1, sizeof *o->at, "outliers", err))
                return false;
            o->at[o->n++] = (struct outlier){layer, d, r, ids[r], x[r * E + d], sigmas};
        }
    return true;
}

void outliers_free(struct outliers *outliers)
{
    free(outliers->at);
    *outliers = (struct outliers){0};
}
