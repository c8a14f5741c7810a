/* Norm, softmax and activations of every instruction set against libm in double. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/op/kernel.h"
#include "core/op/op.h"

static float sample(size_t i)
{
    uint32_t x = (uint32_t)(i + 1) * 2654435761u;
    x ^= x >> 15, x *= 2246822519u, x ^= x >> 13;
    return (float)(int32_t)x * 0x1p-31f;
}

static const size_t sizes[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 768, 1023};
enum { SIZES = sizeof sizes / sizeof *sizes, MOST = 1024 };

#define EACH_KERNEL(k)                                    \
    for (enum simd k##_i = 0; k##_i < SIMD_SETS; k##_i++) \
        for (const struct op_kernel *k = SIMD_FITS(op_kernels, k##_i) ? op_kernels[k##_i] : NULL; k; k = NULL)

Test(op, layer_norm_agrees_with_double)
{
    EACH_KERNEL(kernel)
    for (size_t s = 0; s < SIZES; s++)
        for (unsigned given = 0; given < 8; given++) {
            size_t E = sizes[s];
            float x[MOST], residual[MOST], weight[MOST], bias[MOST], y[MOST + 1];
            for (size_t i = 0; i < E; i++)
                x[i] = 3 + sample(i), residual[i] = sample(i + 5000), weight[i] = sample(i + 9000), bias[i] = sample(i + 7000);
            y[E] = 55;
            kernel->norm(x, given & 1 ? residual : NULL, E, given & 2 ? weight : NULL, given & 4 ? bias : NULL, 1e-5f, y);
            double mean = 0, var = 0;
            for (size_t i = 0; i < E; i++)
                mean += (x[i] + (given & 1 ? residual[i] : 0.0f)) / (double)E;
            for (size_t i = 0; i < E; i++) {
                double d = x[i] + (given & 1 ? residual[i] : 0.0f) - mean;
                var += d * d / (double)E;
            }
            for (size_t i = 0; i < E; i++) {
                double want = (x[i] + (given & 1 ? residual[i] : 0.0f) - mean) / sqrt(var + (double)1e-5f);
                want = want * (given & 2 ? weight[i] : 1) + (given & 4 ? bias[i] : 0);
                /* where the variance is but eps, the rounding of the mean counts 1/√eps times */
                double tolerance = var > 1e-3 ? 3e-6 : 4e-4;
                cr_expect(fabs(y[i] - want) <= tolerance, "%s E=%zu given=%u: %g, not %g", simd_name(kernel_i), E, given, y[i], want);
            }
            cr_expect(y[E] == 55);
        }
}

Test(op, layer_norm_works_in_place_and_each_row_alone)
{
    enum { ROWS = 70, E = 513 };
    float *x = malloc(ROWS * E * sizeof(float)), *y = malloc(ROWS * E * sizeof(float)), one[E];
    cr_assert(x && y);
    for (size_t i = 0; i < ROWS * E; i++)
        x[i] = sample(i);
    memcpy(y, x, ROWS * E * sizeof(float));
    op_layer_norm(y, NULL, ROWS, E, x, x, 1e-12f, y);
    for (size_t r = 0; r < ROWS; r++) {
        op_layer_norm(x + r * E, NULL, 1, E, x, x, 1e-12f, one);
        cr_expect(!memcmp(one, y + r * E, sizeof one), "row %zu", r);
    }
    free(x), free(y);
}

Test(op, layer_norm_keeps_nan)
{
    float x[20] = {1, 2, NAN}, y[20];
    op_layer_norm(x, NULL, 1, 20, NULL, NULL, 1e-5f, y);
    for (size_t i = 0; i < 20; i++)
        cr_expect(isnan(y[i]));
}

Test(op, softmax_agrees_with_double_and_hides_exactly)
{
    EACH_KERNEL(kernel)
    for (size_t s = 0; s < SIZES; s++)
        for (unsigned masked = 0; masked < 2; masked++)
            for (size_t bit = 0; bit < 9; bit += 3) {
                size_t n = sizes[s];
                float row[MOST + 1], given[MOST];
                unsigned char allowed[(MOST + 16) / 8];
                for (size_t i = 0; i < sizeof allowed; i++)
                    allowed[i] = (unsigned char)(i * 37 + 1);
                allowed[bit / 8] |= (unsigned char)(1 << bit % 8);
                for (size_t i = 0; i < n; i++)
                    given[i] = row[i] = i % 11 == 7 ? -INFINITY : 40 * sample(i);
                row[n] = 55;
                kernel->softmax(row, n, masked ? allowed : NULL, bit);
                double most = -INFINITY, sum = 0;
#define SEEN(i) (!masked || (allowed[(bit + (i)) / 8] >> (bit + (i)) % 8 & 1))
                for (size_t i = 0; i < n; i++)
                    if (SEEN(i) && given[i] > most)
                        most = given[i];
                for (size_t i = 0; i < n; i++)
                    sum += SEEN(i) ? exp(given[i] - most) : 0;
                for (size_t i = 0; i < n; i++) {
                    double want = SEEN(i) ? exp(given[i] - most) / sum : 0;
                    double rounding = 5e-7 + 0x1p-24 * (most - given[i]); /* of the difference to the largest, in float */
                    bool right = want == 0 ? row[i] == 0 : fabs(row[i] - want) <= rounding * want + 1e-38;
                    cr_expect(right, "%s n=%zu masked=%u bit=%zu i=%zu: %g, not %g", simd_name(kernel_i), n, masked, bit, i, row[i], want);
                }
                cr_expect(row[n] == 55);
            }
}

Test(op, softmax_of_a_window_is_zero_outside)
{
    float row[30];
    for (size_t i = 0; i < 30; i++)
        row[i] = 1;
    op_softmax_row(row, 30, 4, 9, NULL);
    for (size_t i = 0; i < 30; i++)
        cr_expect(row[i] == (i >= 4 && i < 9 ? 0.2f : 0), "%zu: %g", i, row[i]);
    for (size_t i = 0; i < 30; i++)
        row[i] = 1;
    const unsigned char allowed[4] = {0x50, 0, 0, 0};
    op_softmax_row(row, 30, 4, 9, allowed);
    for (size_t i = 0; i < 30; i++)
        cr_expect(row[i] == (i == 4 || i == 6 ? 0.5f : 0), "%zu: %g", i, row[i]);
}

Test(op, softmax_of_nothing_is_zero_and_nan_is_seen)
{
    EACH_KERNEL(kernel)
    for (size_t n = 1; n < 40; n += 13) {
        float row[40];
        const unsigned char none[8] = {0};
        for (size_t i = 0; i < n; i++)
            row[i] = 3;
        kernel->softmax(row, n, none, 0);
        for (size_t i = 0; i < n; i++)
            cr_expect(row[i] == 0, "%s", simd_name(kernel_i));
        for (size_t i = 0; i < n; i++)
            row[i] = -INFINITY;
        kernel->softmax(row, n, NULL, 0);
        for (size_t i = 0; i < n; i++)
            cr_expect(row[i] == 0, "%s", simd_name(kernel_i));
        row[n - 1] = NAN;
        kernel->softmax(row, n, NULL, 0);
        for (size_t i = 0; i < n; i++)
            cr_expect(isnan(row[i]), "%s", simd_name(kernel_i));
    }
    op_softmax_row(NULL, 0, 0, 0, NULL);
}

/* ---- what measures read of maps ---- */

Test(op, entropy_of_a_row_agrees_with_double_and_leaves_hidden_keys_out)
{
    EACH_KERNEL(kernel)
    for (size_t s = 0; s < SIZES; s++)
        for (unsigned masked = 0; masked < 2; masked++)
            for (size_t bit = 0; bit < 9; bit += 3) {
                size_t n = sizes[s];
                float row[MOST];
                unsigned char allowed[(MOST + 16) / 8];
                for (size_t i = 0; i < sizeof allowed; i++)
                    allowed[i] = (unsigned char)(i * 37 + 1);
                double sum = 0, want = 0;
                for (size_t i = 0; i < n; i++)
                    sum += row[i] = i % 7 == 3 ? 0 : expf(12 * sample(i));
                for (size_t i = 0; i < n; i++) {
                    row[i] = (float)(row[i] / fmax(sum, 1e-3));
                    double q = 0.9999 * row[i] + 0.0001 / (double)n;
                    want -= SEEN(i) ? q * log(q) : 0;
                }
                double got = kernel->entropy(row, n, masked ? allowed : NULL, bit, 0.9999f, 0.0001f / (float)n);
                cr_expect(fabs(got - want) <= 4e-7 * (1 + want), "%s n=%zu masked=%u bit=%zu: %.9g, not %.9g", simd_name(kernel_i), n, masked, bit,
                          got, want);
            }
}

Test(op, entropy_has_the_logarithm_of_small_and_large)
{
    EACH_KERNEL(kernel)
    for (double q = 0x1p-126; q < 4; q *= 1.37) {
        float row[1] = {(float)q};
        double got = kernel->entropy(row, 1, NULL, 0, 1, 0), want = -(double)row[0] * log((double)row[0]);
        cr_expect(fabs(got - want) <= 3e-7 * fabs(want) + 1e-38, "%s %g: %.9g, not %.9g", simd_name(kernel_i), q, got, want);
    }
}

Test(op, a_number_that_is_not_finite_is_seen_wherever_it_stands)
{
    EACH_KERNEL(kernel)
    for (size_t n = 1; n < 70; n++) {
        float x[71];
        for (size_t i = 0; i <= n; i++)
            x[i] = i == n ? NAN : i % 3 ? FLT_MAX : -1e-40f;
        cr_expect(kernel->finite(x, n), "%s n=%zu", simd_name(kernel_i), n);
        for (size_t i = 0; i < n; i++) {
            float before = x[i];
            x[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
            cr_expect(!kernel->finite(x, n), "%s n=%zu i=%zu", simd_name(kernel_i), n, i);
            x[i] = before;
        }
    }
}

Test(op, distance_of_a_row_agrees_with_double)
{
    EACH_KERNEL(kernel)
    for (size_t s = 0; s < SIZES; s++)
        for (size_t at = 0; at < sizes[s]; at += 1 + sizes[s] / 5) {
            size_t n = sizes[s];
            float row[MOST];
            double weighted = 0, mass = 0, own, own_mass;
            for (size_t i = 0; i < n; i++) {
                row[i] = sample(i) * sample(i);
                weighted += row[i] * fabs((double)at - (double)i);
                mass += row[i];
            }
            kernel->distance(row, n, at, &own, &own_mass);
            cr_expect(fabs(own - weighted) <= 1e-6 * weighted && fabs(own_mass - mass) <= 1e-6 * mass, "%s n=%zu i=%zu: %g %g, not %g %g",
                      simd_name(kernel_i), n, at, own, own_mass, weighted, mass);
        }
}

Test(op, columns_are_summed_row_after_row_to_the_last_bit)
{
    enum { ROWS = 21, COLS = 37 };
    EACH_KERNEL(kernel)
    for (size_t n = 0; n < COLS; n++) {
        float x[ROWS * COLS];
        double times[ROWS], sum[COLS], weighted[COLS];
        uint32_t over[COLS];
        for (size_t i = 0; i < ROWS * COLS; i++)
            x[i] = i % 5 == 1 ? 0.25f : fabsf(sample(i)); /* 0.25 · 8 is 2 */
        for (size_t i = 0; i < ROWS; i++)
            times[i] = (double)(3 + i);
        for (size_t j = 0; j < COLS; j++)
            sum[j] = (double)j, weighted[j] = 2, over[j] = 7;
        kernel->columns(x, ROWS, COLS, n, times, 2, sum, weighted, over);
        for (size_t j = 0; j < COLS; j++) {
            double own = 0, own_weighted = 0;
            uint32_t own_over = 7;
            for (size_t i = 0; j < n && i < ROWS; i++) {
                own += x[i * COLS + j];
                own_weighted += (double)x[i * COLS + j] * times[i];
                own_over += (double)x[i * COLS + j] * times[i] >= 2;
            }
            cr_expect(sum[j] == (double)j + own && weighted[j] == 2 + own_weighted && over[j] == own_over, "%s n=%zu column %zu",
                      simd_name(kernel_i), n, j);
        }
    }
}

/* What each name means, from the reference's definitions. */
static double meaning(const char *name, double x)
{
    double gelu = x / 2 * (1 + erf(x / sqrt(2))), s = 1 / (1 + exp(-x));
    double tanh_form = x / 2 * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    if (!strcmp(name, "gelu") || !strcmp(name, "gelu_python")) return gelu;
    if (!strcmp(name, "gelu_10")) return fmin(10, fmax(-10, gelu));
    if (!strncmp(name, "gelu_", 5)) return tanh_form; /* new, fast, accurate, pytorch_tanh, python_tanh */
    if (!strcmp(name, "quick_gelu")) return x / (1 + exp(-1.702 * x));
    if (!strcmp(name, "relu")) return fmax(0, x);
    if (!strcmp(name, "relu2")) return fmax(0, x) * fmax(0, x);
    if (!strcmp(name, "relu6")) return fmin(6, fmax(0, x));
    if (!strcmp(name, "leaky_relu")) return x < 0 ? 0.01 * x : x;
    if (!strcmp(name, "silu") || !strcmp(name, "swish")) return x * s;
    if (!strcmp(name, "tanh")) return tanh(x);
    if (!strcmp(name, "sigmoid")) return s;
    if (!strcmp(name, "mish")) return x * tanh(log1p(exp(x)));
    if (!strcmp(name, "laplace")) return (1 + erf((x - 0.707107) / (0.282095 * sqrt(2)))) / 2;
    if (!strcmp(name, "linear")) return x;
    return NAN;
}

static const char *const names[] = {"gelu", "gelu_python", "gelu_10", "gelu_new", "gelu_fast", "gelu_accurate",
                                    "gelu_pytorch_tanh", "gelu_python_tanh", "quick_gelu", "relu", "relu2", "relu6",
                                    "leaky_relu", "silu", "swish", "tanh", "sigmoid", "mish", "laplace", "linear"};

Test(op, activations_agree_with_libm)
{
    EACH_KERNEL(kernel)
    for (size_t a = 0; a < sizeof names / sizeof *names; a++) {
        const struct activation *activation = activation_named(str_of(names[a]));
        cr_assert(activation, "%s is not known", names[a]);
        size_t id = 0;
        while (activations[id] != activation)
            id++;
        double worst = 0, at = 0;
        for (double x = -12; x < 12; x += 0.37) {
            float block[37];
            for (size_t i = 0; i < 37; i++)
                block[i] = (float)(x + 0.01 * (double)i);
            kernel->activate[id](block, 37);
            for (size_t i = 0; i < 37; i++) {
                double v = (float)(x + 0.01 * (double)i), error = fabs(block[i] - meaning(names[a], v)) / fmax(1, fabs(v));
                if (!(error <= worst))
                    worst = error, at = v;
            }
        }
        double tolerance = strcmp(names[a], "relu2") == 0 ? 2e-6 : strcmp(simd_name(kernel_i), "plain") == 0 ? 4e-7 : 2e-7;
        cr_expect(worst <= tolerance, "%s %s: error %g at %g", simd_name(kernel_i), names[a], worst, at);
    }
}

Test(op, tanh_near_zero_and_exp_far_out_keep_their_digits)
{
    const struct activation *t = activation_named(STR("tanh")), *s = activation_named(STR("sigmoid"));
    for (float x = 1e-30f; x < 5; x *= 1.7f) {
        float y = x, z = -x;
        t->apply(&y, 1);
        t->apply(&z, 1);
        cr_expect(fabs(y - tanh(x)) <= 3e-7 * tanh(x) && z == -y, "%g", x);
    }
    for (float x = -85; x < 0; x += 0.7f) {
        float y = x;
        double want = 1 / (1 + exp(-(double)x));
        s->apply(&y, 1);
        cr_expect(fabs(y - want) <= 5e-7 * want, "%g: %g, not %g", x, y, want);
    }
}

Test(op, activations_at_the_ends)
{
    EACH_KERNEL(kernel)
    for (size_t id = 0; activations[id]; id++) {
        float far[3] = {NAN, 1000, -1000};
        kernel->activate[id](far, 3);
        cr_expect(isnan(far[0]), "%s %s lost NaN", simd_name(kernel_i), activations[id]->names);
        struct str first = str_of(activations[id]->names);
        char name[32] = "";
        for (size_t i = 0; i < first.n && first.s[i] != '|'; i++)
            name[i] = first.s[i];
        for (size_t i = 1; i < 3; i++) {
            double want = meaning(name, i == 1 ? 1000 : -1000);
            if (!strcmp(name, "mish"))
                want = i == 1 ? 1000 : 0; /* eˣ overflows in the reference formula */
            cr_expect(fabs(far[i] - want) <= 1e-6 * fabs(want), "%s %s: %g, not %g", simd_name(kernel_i), name, far[i], want);
        }
    }
}

Test(op, activations_are_found_by_whole_names_only)
{
    const char *const unknown[] = {"", "gel", "gelu_", "GELU", "gelu|gelu_python", "elu"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        cr_expect_null(activation_named(str_of(unknown[i])), "%s", unknown[i]);
    cr_expect_eq(activation_named(STR("swish")), activation_named(STR("silu")));
    cr_expect_neq(activation_named(STR("gelu")), activation_named(STR("gelu_new")));
}

/* The value of a half by its definition: sign, five bits of exponent, ten of mantissa. */
static float half_by_definition(unsigned h)
{
    int exponent = (int)(h >> 10 & 31), mantissa = (int)(h & 1023);
    double value = exponent == 31 ? (mantissa ? NAN : INFINITY) : exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
    return (float)copysign(value, h & 0x8000 ? -1 : 1);
}

static float bf16_by_definition(unsigned b)
{
    int exponent = (int)(b >> 7 & 255), mantissa = (int)(b & 127);
    double value = exponent == 255 ? (mantissa ? NAN : INFINITY) : exponent ? ldexp(128 + mantissa, exponent - 134) : ldexp(mantissa, -133);
    return (float)copysign(value, b & 0x8000 ? -1 : 1);
}

static bool same(float a, float b)
{
    return isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof a) == 0;
}

Test(op, every_number_of_16_bits_widens_exactly)
{
    enum { ALL = 65536, STEP = 37 }; /* lengths and addresses that suit no vector */
    unsigned char bytes[2 * ALL + 1];
    static float f16[ALL + 1], bf16[ALL + 1];
    for (unsigned i = 0; i < ALL; i++)
        bytes[2 * i + 1] = (unsigned char)i, bytes[2 * i + 2] = (unsigned char)(i >> 8);
    EACH_KERNEL(kernel)
    {
        for (unsigned i = 0; i < ALL; i += STEP) {
            size_t n = ALL - i < STEP ? ALL - i : STEP;
            f16[i + n] = bf16[i + n] = 55;
            kernel->widen_f16(bytes + 1 + 2 * i, n, f16 + i);
            kernel->widen_bf16(bytes + 1 + 2 * i, n, bf16 + i);
            cr_assert(f16[i + n] == 55 && bf16[i + n] == 55);
        }
        for (unsigned i = 0; i < ALL; i++) {
            cr_assert(same(f16[i], half_by_definition(i)), "%s: half %04x is %g", simd_name(kernel_i), i, f16[i]);
            cr_assert(same(bf16[i], bf16_by_definition(i)), "%s: bfloat16 %04x is %g", simd_name(kernel_i), i, bf16[i]);
        }
    }
}
