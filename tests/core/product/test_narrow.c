/* Weights of fewer bits, read as they are stored: the bits of the same weights as floats. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/weights/blocks.h"
#include "tests/core/product/reference.h"

enum { OUT = 227, PAD = 3, MOST_ROWS = 14 };

/* Bytes that stand for ordinary numbers of the type: exponents in the middle, signs of both kinds. */
static void fill(unsigned char *data, size_t n, const struct dtype *type, struct noise *noise)
{
    for (size_t i = 0; i < n / type->block; i++) {
        unsigned char *p = data + i * type->bytes;
        for (size_t b = 0; b < type->bytes; b++)
            p[b] = (unsigned char)(128 + noise_next(noise) * 127);
        /* where scales lie in half precision, 2^-3 to 2^-2 of either sign */
        size_t scale = type == &DTYPE_Q6_K ? 209 : 1, least = type == &DTYPE_Q4_K || type == &DTYPE_Q5_K ? 3 : scale;
        p[scale] = type == &DTYPE_BF16 ? (p[scale] & 0x80) | 0x3e : (p[scale] & 0x83) | 0x30;
        p[least] = type == &DTYPE_BF16 ? p[least] : (p[least] & 0x83) | 0x30;
    }
}

static void check(const struct dtype *type, size_t rows, size_t in, size_t length)
{
    size_t bytes = OUT * in / type->block * type->bytes, stride = in + PAD;
    struct noise noise = {rows * 31 + in};
    struct err err = {0};
    unsigned char *data = malloc(bytes);
    float *wide = malloc(OUT * in * sizeof(float)), *x = malloc(rows * stride * sizeof(float));
    float *y = malloc(2 * rows * OUT * sizeof(float)), *want = y + rows * OUT;
    cr_assert(data && wide && x && y);
    noise_fill(&noise, x, rows * stride);
    fill(data, OUT * in, type, &noise);
    type->widen(data, OUT * in, wide);
    struct linear stored = {.w = {.name = STR("w"), .dtype = type, .data = data, .bytes = bytes}, .out = OUT, .in = in}, floats = stored;
    floats.w.dtype = &DTYPE_F32;
    floats.w.data = (const unsigned char *)wide;
    floats.w.bytes = OUT * in * sizeof(float);
    cr_assert(product_linear(&stored, x, rows, stride, length, NULL, y, OUT, &err), "%s", err.message);
    cr_assert(product_linear(&floats, x, rows, stride, length, NULL, want, OUT, &err), "%s", err.message);
    for (size_t i = 0; i < rows * OUT; i++)
        cr_assert(memcmp(y + i, want + i, sizeof *y) == 0, "%s, %zu rows of %zu: [%zu,%zu] is %g, not %g", type->name, rows, in, i / OUT,
                  i % OUT, (double)y[i], (double)want[i]);
    free(data), free(wide), free(x), free(y);
}

Test(product_narrow, few_rows_have_the_bits_of_the_weights_as_floats)
{
    static const struct dtype *const types[] = {&DTYPE_F16,  &DTYPE_BF16, &DTYPE_Q8_0, &DTYPE_Q4_0,
                                                &DTYPE_Q4_K, &DTYPE_Q5_K, &DTYPE_Q6_K};
    static const size_t ins[] = {32, 96, 160, 256, 1024};
    for (size_t k = 0; product_kernels[k]; k++) {
        if (!product_force(product_kernels[k]->name))
            continue;
        for (size_t t = 0; t < sizeof types / sizeof *types; t++)
            for (size_t i = 0; i < sizeof ins / sizeof *ins; i++)
                for (size_t rows = 1; ins[i] % types[t]->block == 0 && rows <= MOST_ROWS; rows++)
                    check(types[t], rows, ins[i], 8);
    }
    product_force(NULL);
}

Test(product_narrow, inputs_that_fill_no_group_are_widened)
{
    for (size_t rows = 1; rows <= 3; rows++) {
        check(&DTYPE_F16, rows, 100, 8);
        check(&DTYPE_BF16, rows, 33, 8);
    }
}
