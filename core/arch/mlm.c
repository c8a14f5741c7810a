/* The masked-LM head. See mlm.h. */
#include "core/arch/mlm.h"

#include <stdlib.h>

bool mlm_present(const struct mlm *mlm)
{
    return mlm->dense.w.dtype && mlm->norm.weight && mlm->norm.bias && mlm->bias;
}

bool mlm_logits(const struct model *model, const struct mlm *mlm, const struct tensor *word, const float *hidden, size_t n,
                float *out, struct err *err)
{
    size_t width = mlm->dense.out;
    const struct tensor *table = mlm->decoder.dtype ? &mlm->decoder : word;
    struct linear decoder = {.w = *table, .bias = mlm->bias, .out = table->shape[0], .in = width};
    float *x = mem_new(n * width, sizeof *x, "the masked-LM head", err);
    if (!x)
        return false;
    bool ok = product_linear(&mlm->dense, hidden, n, model->E, n, mlm->activation, x, width, err);
    if (ok) {
        op_layer_norm(x, NULL, n, width, mlm->norm.weight, mlm->norm.bias, model->norm_eps, x);
        ok = product_linear(&decoder, x, n, width, n, NULL, out, decoder.out, err);
    }
    free(x);
    return ok;
}
