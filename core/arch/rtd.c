/* Replaced-token detection. See rtd.h. */
#include "core/arch/rtd.h"

#include <stdlib.h>

bool rtd_present(const struct rtd *rtd)
{
    return rtd->dense.w.dtype && rtd->prediction.w.dtype;
}

size_t rtd_width(const struct model *model)
{
    (void)model;
    return 1;
}

bool rtd_logits(const struct model *model, const struct rtd *rtd, const float *hidden, size_t n, float *out, struct err *err)
{
    float *x = mem_new(n * model->E, sizeof *x, "the discriminator", err);
    bool ok = x && product_linear(&rtd->dense, hidden, n, model->E, n, model->activation, x, model->E, err) &&
              product_linear(&rtd->prediction, x, n, model->E, n, NULL, out, 1, err);
    free(x);
    return ok;
}
