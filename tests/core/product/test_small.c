/* The small products of attention heads. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/product/reference.h"

static const size_t shapes[][3] = {
    /* m, n, k */
    {1, 1, 1},   {2, 3, 1},    {7, 15, 5},   {14, 32, 64}, {15, 33, 64},  {16, 17, 32},    {29, 64, 100},
    {64, 9, 128}, {3, 64, 511}, {100, 100, 64}, {5, 64, 1024}, {40, 70, 257}, {13, 512, 64}, {1, 31, 600},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef void product(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                     bool add, float *c, size_t ldc);

/* Element (r,o) in double, and the scale of its rounding. */
static double exact(bool turned, const float *a, const float *b, size_t ldb, size_t o, size_t k, double *scale)
{
    double sum = 0;
    *scale = 0;
    for (size_t i = 0; i < k; i++) {
        double p = (double)a[i] * (turned ? b[o * ldb + i] : b[i * ldb + o]);
        sum += p;
        *scale += fabs(p);
    }
    return sum;
}

/* Empty where all is right. */
static const char *check(product *f, bool turned, const size_t shape[3], bool add, size_t lda, size_t ldb)
{
    size_t m = shape[0], n = shape[1], k = shape[2], ldc = n + 2;
    struct noise noise = {m + n + k};
    float *a = malloc(m * lda * sizeof(float)), *b = malloc((turned ? n : k) * ldb * sizeof(float)),
          *c = malloc(m * ldc * sizeof(float)), *before = malloc(m * ldc * sizeof(float)), *one = malloc(n * sizeof(float));
    cr_assert(a && b && c && before && one);
    noise_fill(&noise, a, m * lda);
    noise_fill(&noise, b, (turned ? n : k) * ldb);
    noise_fill(&noise, before, m * ldc);
    memcpy(c, before, m * ldc * sizeof(float));
    f(m, n, k, 0.25f, a, lda, b, ldb, add, c, ldc);
    const char *wrong = "";
    for (size_t r = 0; r < m; r++) {
        for (size_t o = 0; o < n; o++) {
            double scale, want = 0.25 * exact(turned, a + r * lda, b, ldb, o, k, &scale);
            if (add)
                want += before[r * ldc + o], scale += 4;
            if (!(fabs(c[r * ldc + o] - want) <= 1e-6 * scale))
                wrong = "numbers";
        }
        if (memcmp(c + r * ldc + n, before + r * ldc + n, 2 * sizeof(float)))
            wrong = "beyond the row";
        memcpy(one, before + r * ldc, n * sizeof(float));
        f(1, n, k, 0.25f, a + r * lda, lda, b, ldb, add, one, ldc);
        if (memcmp(one, c + r * ldc, n * sizeof(float)))
            wrong = "a row alone has other bits";
    }
    free(a), free(b), free(c), free(before), free(one);
    return wrong;
}

static void check_all(product *f, bool turned)
{
    for (size_t kernel = 0; product_kernels[kernel]; kernel++) {
        if (!product_usable(product_kernels[kernel]) || !product_kernels[kernel]->abt)
            continue;
        cr_assert(product_force(product_kernels[kernel]->name));
        for (size_t s = 0; s < SHAPES; s++)
            for (size_t add = 0; add < 2; add++) {
                size_t k = shapes[s][2], least = turned ? k : shapes[s][1];
                /* rows close together, odd distances, and a distance that maps them to one set of a cache */
                const size_t pads[3][2] = {{k, least}, {k + 3, least + 5}, {(k + 1023) / 1024 * 1024, 1024}};
                for (size_t p = 0; p < 3; p++) {
                    const char *wrong = check(f, turned, shapes[s], add > 0, pads[p][0], pads[p][1] < least ? least : pads[p][1]);
                    cr_expect(!wrong[0], "%s m=%zu n=%zu k=%zu add=%zu strides %zu: %s", product_kernels[kernel]->name,
                              shapes[s][0], shapes[s][1], k, add, p, wrong);
                }
            }
    }
    product_force(NULL);
}

Test(product_small, abt_agrees_with_double_and_rows_stand_alone)
{
    check_all(product_abt, true);
}

Test(product_small, ab_agrees_with_double_and_rows_stand_alone)
{
    check_all(product_ab, false);
}

Test(product_small, empty_sides_write_nothing_and_an_empty_sum_writes_zero)
{
    for (size_t kernel = 0; product_kernels[kernel]; kernel++) {
        if (!product_force(product_kernels[kernel]->name))
            continue;
        product *const both[2] = {product_abt, product_ab};
        for (size_t i = 0; i < 2; i++) {
            float a[4] = {1, 2, 3, 4}, c[4] = {7, 7, 7, 7};
            both[i](0, 2, 2, 1, a, 2, a, 2, false, c, 2);
            both[i](2, 0, 2, 1, a, 2, a, 2, false, c, 2);
            both[i](2, 2, 0, 1, a, 2, a, 2, true, c, 2);
            cr_expect(c[0] == 7 && c[1] == 7 && c[2] == 7 && c[3] == 7, "%s", product_kernels[kernel]->name);
            both[i](1, 2, 0, 1, a, 2, a, 2, false, c, 2);
            cr_expect(c[0] == 0 && c[1] == 0 && c[2] == 7, "%s", product_kernels[kernel]->name);
        }
    }
    product_force(NULL);
}
