/* Projections: every kernel against double, and the promises about bits. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "tests/core/product/reference.h"

enum { SHORT = 8 };
static const size_t lengths[] = {SHORT, 100, 512, 0}; /* one of each class */
#define EACH_LENGTH(length) (size_t length##_i = 0, length; (length = lengths[length##_i]) > 0; length##_i++)

static const size_t shapes[][3] = {
    /* rows, out, in */
    {1, 1, 1},    {1, 7, 5},     {2, 6, 16},   {3, 13, 17},  {5, 33, 64},   {8, 96, 48},  {13, 97, 100}, {16, 31, 255},
    {17, 64, 256}, {60, 20, 1200}, {29, 65, 257}, {49, 50, 300}, {50, 40, 770}, {100, 193, 65}, {14, 32, 1024}, {2, 3, 2049},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static const struct dtype *const types[] = {&DTYPE_F32, &DTYPE_F16, &DTYPE_BF16, &DTYPE_F64, NULL};

static void complain(struct buf *out, const char *kernel, const char *type, size_t shape, size_t length, const char *what)
{
    buf_printf(out, "%s %s [%zu,%zu]->%zu length %zu: %s\n", kernel, type, shapes[shape][0], shapes[shape][2],
               shapes[shape][1], length, what);
}

static void expect_none(struct buf *complaints)
{
    cr_expect(complaints->n == 0, "%.3000s", buf_cstr(complaints));
    buf_free(complaints);
}

/* Sets the kernel by its row; false where this machine cannot run it. */
static bool use(size_t kernel)
{
    return product_force(product_kernels[kernel]->name);
}

/* One projection with guards around each row of y; complains about wrong numbers and touched guards. */
static void check(struct buf *complaints, size_t kernel, const struct dtype *type, enum layout layout, size_t shape,
                  size_t length, size_t pad, bool with_bias)
{
    size_t rows = shapes[shape][0], out = shapes[shape][1], in = shapes[shape][2];
    size_t x_stride = in + pad, y_stride = out + 3;
    struct noise noise = {shape * 977 + length};
    struct weight w;
    float *bias = malloc(out * sizeof(float)), *x = malloc(rows * x_stride * sizeof(float)),
          *y = malloc(rows * y_stride * sizeof(float));
    struct err err = {0};
    cr_assert(bias && x && y);
    noise_fill(&noise, bias, out);
    noise_fill(&noise, x, rows * x_stride);
    for (size_t i = 0; i < rows * y_stride; i++)
        y[i] = 77;
    cr_assert(weight_make(&w, type, layout, out, in, with_bias ? bias : NULL, pad % 5, &noise));
    const char *name = product_kernels[kernel]->name;
    if (!product_linear(&w.linear, x, rows, x_stride, length, NULL, y, y_stride, &err)) {
        complain(complaints, name, type->name, shape, length, err.message);
    } else {
        for (size_t r = 0, bad = 0; r < rows && !bad; r++) {
            for (size_t o = 0; o < out && !bad; o++) {
                double scale, want = weight_product(&w, x + r * x_stride, o, &scale);
                bad = !(fabs(y[r * y_stride + o] - want) <= 1e-6 * scale);
            }
            for (size_t g = out; g < y_stride && !bad; g++)
                bad = y[r * y_stride + g] != 77;
            if (bad)
                complain(complaints, name, type->name, shape, length, "wrong");
        }
    }
    weight_free(&w);
    free(bias), free(x), free(y);
}

Test(product, every_kernel_type_layout_and_shape_agrees_with_double)
{
    struct buf complaints = {0};
    size_t kernels = 0;
    for (size_t k = 0; product_kernels[k]; k++) {
        if (!use(k))
            continue;
        kernels++;
        for (size_t t = 0; types[t]; t++)
            for (size_t s = 0; s < SHAPES; s++)
                for EACH_LENGTH(length) {
                    check(&complaints, k, types[t], LAYOUT_OUT_IN, s, length, s % 4, s % 3 > 0);
                    check(&complaints, k, types[t], LAYOUT_IN_OUT, s, length, s % 2, s % 3 > 1);
                }
    }
    product_force(NULL);
    expect_none(&complaints);
    cr_expect_geq(kernels, 1);
}

/* Runs shape s and returns y; the caller frees it. */
static float *result(size_t s, size_t first, size_t rows, size_t length)
{
    size_t all = shapes[s][0], out = shapes[s][1], in = shapes[s][2];
    struct noise noise = {s};
    struct weight w;
    struct err err = {0};
    float *x = malloc(all * in * sizeof(float)), *y = calloc(rows * out, sizeof(float));
    cr_assert(x && y);
    noise_fill(&noise, x, all * in);
    cr_assert(weight_make(&w, &DTYPE_F32, LAYOUT_OUT_IN, out, in, NULL, 0, &noise));
    cr_assert(product_linear(&w.linear, x + first * in, rows, in, length, activation_named(STR("gelu")), y, out, &err), "%s", err.message);
    weight_free(&w);
    free(x);
    return y;
}

Test(product, one_two_and_three_threads_give_the_same_bits)
{
    struct buf complaints = {0};
    for (size_t k = 0; product_kernels[k]; k++)
        for (size_t s = 0; s < SHAPES && use(k); s++)
            for EACH_LENGTH(length) {
                size_t bytes = shapes[s][0] * shapes[s][1] * sizeof(float);
                pool_set_threads(1);
                float *one = result(s, 0, shapes[s][0], length);
                for (size_t threads = 2; threads <= 3; threads++) {
                    pool_set_threads(threads);
                    float *more = result(s, 0, shapes[s][0], length);
                    if (memcmp(one, more, bytes))
                        complain(&complaints, product_kernels[k]->name, "F32", s, length, "other bits");
                    free(more);
                }
                free(one);
            }
    product_force(NULL);
    expect_none(&complaints);
}

/* Kernels that own up to rows touching each other are held against whole texts in tests/core/test_run.c. */
Test(product, a_row_alone_has_the_bits_it_has_among_others)
{
    struct buf complaints = {0};
    for (size_t k = 0; product_kernels[k]; k++)
        for (size_t s = 0; s < SHAPES && !product_kernels[k]->rows_touch && use(k); s++)
            for EACH_LENGTH(length) {
                size_t out = shapes[s][1], rows = shapes[s][0];
                float *all = result(s, 0, rows, length);
                for (size_t r = 0; r < rows; r++) {
                    float *alone = result(s, r, 1, length);
                    if (memcmp(all + r * out, alone, out * sizeof(float)))
                        complain(&complaints, product_kernels[k]->name, "F32", s, length, "a row has other bits alone");
                    free(alone);
                }
                free(all);
            }
    product_force(NULL);
    expect_none(&complaints);
}

Test(product, rows_beyond_one_group_have_the_same_bits)
{
    enum { ROWS = 1100, IN = 40, OUT = 33 };
    struct noise noise = {5};
    struct weight w;
    struct err err = {0};
    float *x = malloc(ROWS * IN * sizeof(float)), *y = malloc(ROWS * OUT * sizeof(float)), one[OUT];
    cr_assert(x && y && weight_make(&w, &DTYPE_F16, LAYOUT_OUT_IN, OUT, IN, NULL, 1, &noise));
    noise_fill(&noise, x, ROWS * IN);
    for (size_t k = 0; product_kernels[k]; k++)
        for EACH_LENGTH(length) {
            if (product_kernels[k]->rows_touch || !use(k))
                break;
            cr_assert(product_linear(&w.linear, x, ROWS, IN, length, NULL, y, OUT, &err));
            for (size_t r = 0; r < ROWS; r += 97) {
                cr_assert(product_linear(&w.linear, x + r * IN, 1, IN, length, NULL, one, OUT, &err));
                cr_expect(!memcmp(one, y + r * OUT, sizeof one), "%s, row %zu, length %zu", product_kernels[k]->name, r, length);
            }
        }
    product_force(NULL);
    weight_free(&w);
    free(x), free(y);
}

Test(product, several_projections_together_equal_each_alone)
{
    enum { ROWS = 21, IN = 70 };
    const size_t outs[3] = {70, 200, 6};
    for EACH_LENGTH(length) {
        struct noise noise = {9};
        struct weight w[3];
        struct linear_out call[3];
        struct err err = {0};
        float x[ROWS * IN], bias[200], *together[3], *alone = malloc(ROWS * 200 * sizeof(float));
        noise_fill(&noise, x, ROWS * IN);
        noise_fill(&noise, bias, 200);
        for (size_t i = 0; i < 3; i++) {
            cr_assert(weight_make(&w[i], types[i], i == 1 ? LAYOUT_IN_OUT : LAYOUT_OUT_IN, outs[i], IN, bias, i, &noise));
            together[i] = malloc(ROWS * outs[i] * sizeof(float));
            call[i] = (struct linear_out){&w[i].linear, together[i], outs[i], activations[i]};
        }
        cr_assert(product_linears(call, 3, x, ROWS, IN, length, &err), "%s", err.message);
        for (size_t i = 0; i < 3; i++) {
            cr_assert(product_linear(&w[i].linear, x, ROWS, IN, length, activations[i], alone, outs[i], &err));
            cr_expect(!memcmp(alone, together[i], ROWS * outs[i] * sizeof(float)), "projection %zu", i);
            free(together[i]);
            weight_free(&w[i]);
        }
        free(alone);
    }
}

Test(product, an_activation_of_any_kind_follows_the_bias)
{
    enum { ROWS = 3, IN = 20, OUT = 37 };
    for (size_t k = 0; product_kernels[k]; k++)
        for (size_t a = 0; activations[a] && use(k); a++) {
            struct noise noise = {31};
            struct weight w;
            struct err err = {0};
            float x[ROWS * IN], bias[OUT], y[ROWS * OUT], plain[ROWS * OUT];
            noise_fill(&noise, x, ROWS * IN);
            noise_fill(&noise, bias, OUT);
            cr_assert(weight_make(&w, &DTYPE_F32, LAYOUT_OUT_IN, OUT, IN, bias, 0, &noise));
            cr_assert(product_linear(&w.linear, x, ROWS, IN, SHORT, NULL, plain, OUT, &err));
            cr_assert(product_linear(&w.linear, x, ROWS, IN, SHORT, activations[a], y, OUT, &err));
            for (size_t i = 0; i < ROWS * OUT; i++) {
                double scale, want = weight_product(&w, x + i / OUT * IN, i % OUT, &scale);
                cr_expect(fabs(plain[i] - want) <= 2e-6 * scale, "%s: %g, not %g", product_kernels[k]->name, plain[i], want);
            }
            activations[a]->apply(plain, ROWS * OUT); /* which tests/core/op holds against libm */
            cr_expect(!memcmp(y, plain, sizeof y), "%s, %s", product_kernels[k]->name, activations[a]->names);
            weight_free(&w);
        }
    product_force(NULL);
}

Test(product, infinities_and_nan_of_one_row_stay_in_it)
{
    enum { ROWS = 5, IN = 33, OUT = 40 };
    for (size_t k = 0; product_kernels[k]; k++)
        for EACH_LENGTH(length) {
            if (!use(k))
                break;
            struct noise noise = {3};
            struct weight w;
            struct err err = {0};
            float x[ROWS * IN], y[ROWS * OUT];
            noise_fill(&noise, x, ROWS * IN);
            x[1 * IN + 32] = NAN;
            x[3 * IN] = INFINITY;
            cr_assert(weight_make(&w, &DTYPE_F32, LAYOUT_OUT_IN, OUT, IN, NULL, 0, &noise));
            cr_assert(product_linear(&w.linear, x, ROWS, IN, length, NULL, y, OUT, &err));
            for (size_t i = 0; i < ROWS * OUT; i++) {
                bool right = i / OUT == 1 ? isnan(y[i]) : i / OUT == 3 ? isinf(y[i]) && (y[i] > 0) == (w.exact[i % OUT * IN] > 0) : isfinite(y[i]);
                cr_expect(right, "%s length %zu: row %zu has %g", product_kernels[k]->name, length, i / OUT, y[i]);
            }
            weight_free(&w);
        }
    product_force(NULL);
}

/* A block type: four numbers as one scale and four signed bytes. */
static void widen_blocks(const void *from, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) {
        const signed char *block = (const signed char *)from + i / 4 * 8;
        float scale;
        memcpy(&scale, block, 4);
        out[i] = scale * (float)block[4 + i % 4];
    }
}

Test(product, types_in_blocks_are_widened_from_block_starts)
{
    enum { ROWS = 18, IN = 516, OUT = 45 };
    static const struct dtype blocks = {"Q", 4, 8, true, widen_blocks};
    struct noise noise = {8};
    struct err err = {0};
    unsigned char *data = malloc(OUT * IN * 2);
    float *wide = malloc(OUT * IN * sizeof(float)), *x = malloc(ROWS * IN * sizeof(float)), y[ROWS * OUT];
    cr_assert(data && wide && x);
    noise_fill(&noise, x, ROWS * IN);
    for (size_t b = 0; b < OUT * IN / 4; b++) {
        float scale = noise_next(&noise) / 64;
        memcpy(data + b * 8, &scale, 4);
        for (size_t i = 4; i < 8; i++)
            data[b * 8 + i] = (unsigned char)(noise_next(&noise) * 100);
    }
    widen_blocks(data, OUT * IN, wide);
    struct linear l = {.w = {.name = STR("w"), .dtype = &blocks, .data = data}, .out = OUT, .in = IN};
    for EACH_LENGTH(length) {
        cr_assert(product_linear(&l, x, ROWS, IN, length, NULL, y, OUT, &err), "%s", err.message);
        for (size_t i = 0; i < ROWS * OUT; i++) {
            double want = 0, scale = 0;
            for (size_t j = 0; j < IN; j++) {
                double p = (double)x[i / OUT * IN + j] * wide[i % OUT * IN + j];
                want += p;
                scale += fabs(p);
            }
            cr_expect(fabs(y[i] - want) <= 1e-6 * scale, "length %zu, [%zu,%zu]", length, i / OUT, i % OUT);
        }
    }
    free(data), free(wide), free(x);
}

Test(product, a_type_that_cannot_be_multiplied_is_refused_by_name)
{
    int64_t data[4] = {0};
    float x[2] = {0}, y[2];
    struct err err = {0};
    struct linear l = {.w = {.name = STR("layer.7.w"), .dtype = &DTYPE_I64, .data = data, .file = "m.safetensors"}, .out = 2, .in = 2};
    cr_expect(!product_linear(&l, x, 1, 2, SHORT, NULL, y, 2, &err));
    cr_expect_eq(err.code, ERR_UNSUPPORTED);
    cr_expect(strstr(err.message, "layer.7.w") && strstr(err.message, "I64") && strstr(err.message, "m.safetensors"), "%s", err.message);
}

Test(product, cancelling_ends_it_with_that_code)
{
    struct err err = {0};
    float w[4] = {1, 2, 3, 4}, x[2] = {1, 1}, y[2];
    struct linear l = {.w = {.name = STR("w"), .dtype = &DTYPE_F32, .data = w}, .out = 2, .in = 2};
    cancel_request();
    cr_expect(!product_linear(&l, x, 1, 2, SHORT, NULL, y, 2, &err));
    cr_expect_eq(err.code, ERR_CANCELLED);
    cancel_clear();
    cr_expect(product_linear(&l, x, 1, 2, SHORT, NULL, y, 2, &err));
    cr_expect(y[0] == 3 && y[1] == 7);
}

Test(product, no_rows_no_outputs_and_no_inputs_are_legal)
{
    struct err err = {0};
    float w[4] = {1, 2, 3, 4}, x[2] = {1, 1}, y[2] = {9, 9}, bias[2] = {5, 6};
    struct linear l = {.w = {.name = STR("w"), .dtype = &DTYPE_F32, .data = w}, .bias = bias, .out = 2, .in = 2};
    for EACH_LENGTH(length) {
        cr_expect(product_linear(&l, x, 0, 2, length, NULL, y, 2, &err) && y[0] == 9);
        l.out = 0;
        cr_expect(product_linear(&l, x, 1, 2, length, NULL, y, 2, &err) && y[0] == 9);
        l.out = 2, l.in = 0;
        cr_expect(product_linear(&l, x, 1, 0, length, NULL, y, 2, &err) && y[0] == 5 && y[1] == 6);
        l.in = 2, y[0] = 9;
    }
}

Test(product, kernels_have_names_of_their_own_and_the_last_always_runs)
{
    size_t n = 0;
    for (; product_kernels[n]; n++) {
        cr_expect(product_kernels[n]->name[0] && product_kernels[n]->summary[0]);
        for (size_t i = 0; i < n; i++)
            cr_expect_str_neq(product_kernels[i]->name, product_kernels[n]->name);
    }
    cr_assert(n > 0 && product_usable(product_kernels[n - 1]));
    cr_expect(!product_force("no such kernel"));
}
