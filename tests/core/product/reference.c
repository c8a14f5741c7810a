#include "tests/core/product/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

float noise_next(struct noise *noise)
{
    noise->state = noise->state * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(noise->state >> 32) * 0x1p-31f;
}

void noise_fill(struct noise *noise, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = noise_next(noise);
}

/* Sixteen bits with `e` exponent bits, by the definition of the format. */
static double half_value(uint16_t bits, int e)
{
    int m = 15 - e, bias = (1 << (e - 1)) - 1;
    int exponent = bits >> m & ((1 << e) - 1), mantissa = bits & ((1 << m) - 1);
    double v = exponent ? ldexp(1 + ldexp(mantissa, -m), exponent - bias) : ldexp(mantissa, 1 - bias - m);
    return bits & 0x8000 ? -v : v;
}

static void store(const struct dtype *dtype, unsigned char *to, size_t i, double *exact, struct noise *noise)
{
    float f = noise_next(noise);
    if (dtype == &DTYPE_F64) {
        double d = f + 0x1p-40;
        memcpy(to + i * 8, &d, 8);
        *exact = f; /* the kernels widen to float */
    } else if (dtype == &DTYPE_F16 || dtype == &DTYPE_BF16) {
        int e = dtype == &DTYPE_F16 ? 5 : 8, m = 15 - e, bias = (1 << (e - 1)) - 1;
        uint32_t random = (uint32_t)((f + 1) * 0x1p20f);
        /* exponents of [2^-6, 2) and now and then a subnormal */
        uint16_t exponent = random % 64 == 0 ? 0 : (uint16_t)(bias - (int)(random % 7));
        uint16_t bits = (uint16_t)((exponent << m) | (random >> 3 & ((1u << m) - 1)) | (random & 4 ? 0x8000 : 0));
        memcpy(to + i * 2, &bits, 2);
        *exact = half_value(bits, e);
    } else {
        memcpy(to + i * 4, &f, 4);
        *exact = f;
    }
}

bool weight_make(struct weight *weight, const struct dtype *dtype, enum layout layout, size_t out, size_t in,
                 const float *bias, size_t misaligned, struct noise *noise)
{
    size_t n = out * in;
    memset(weight, 0, sizeof *weight);
    weight->block = malloc(n * dtype->bytes + misaligned + 1);
    weight->exact = malloc((n + 1) * sizeof(double));
    if (!weight->block || !weight->exact)
        return false;
    for (size_t i = 0; i < n; i++)
        store(dtype, weight->block + misaligned, i, &weight->exact[i], noise);
    struct linear *l = &weight->linear;
    *l = (struct linear){.bias = bias, .out = out, .in = in, .layout = layout};
    l->w = (struct tensor){.name = STR("w"), .dtype = dtype, .rank = 2, .bytes = n * dtype->bytes, .file = "model.safetensors"};
    l->w.data = weight->block + misaligned;
    l->w.shape[0] = layout == LAYOUT_OUT_IN ? out : in;
    l->w.shape[1] = layout == LAYOUT_OUT_IN ? in : out;
    return true;
}

void weight_free(struct weight *weight)
{
    free(weight->block);
    free(weight->exact);
}

double weight_product(const struct weight *weight, const float *x, size_t o, double *scale_out)
{
    const struct linear *l = &weight->linear;
    double sum = l->bias ? l->bias[o] : 0, scale = fabs(sum);
    for (size_t i = 0; i < l->in; i++) {
        double p = x[i] * weight->exact[l->layout == LAYOUT_OUT_IN ? o * l->in + i : i * l->out + o];
        sum += p;
        scale += fabs(p);
    }
    *scale_out = scale;
    return sum;
}
