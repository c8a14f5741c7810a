/* The row operations, written once in the words of lanes_*.h. A file includes its lanes, defines
 * OP_KERNEL, and includes this, which ends in its row. Polynomials were fitted for this file by iteratively reweighted least
 * squares (Lawson 1961) on Chebyshev nodes; the errors named are those of the fit, relative. */
#ifdef OP_KERNEL
#include <math.h>
#include <string.h>

/* eˣ to 1–2 ulp: x = n·ln 2 + r, |r| ≤ ln 2 / 2. Fit 3.1e-9. */
LANE_FN vec v_exp(vec x)
{
    x = v_min(v_set(89.0f), v_max(v_set(-104.0f), x));
    vec magic = v_set(0x1.8p23f);
    vec n = v_fma(x, v_set(1.44269504f), magic) - magic;
    vec r = v_fma(n, v_set(-0x1.62e4p-1f), x);
    r = v_fma(n, v_set(-1.42860677e-6f), r);
    vec p = v_set(0.0013814467f);
    p = v_fma(p, r, v_set(0.0083687808f));
    p = v_fma(p, r, v_set(0.041668393f));
    p = v_fma(p, r, v_set(0.1666652f));
    p = v_fma(p, r, v_set(0.49999994f));
    return v_scale2(v_fma(p, r * r, r) + v_set(1), n);
}

/* erf x as x·P(x²)/Q(x²) up to 3.92, ±1 beyond. Fit 2.6e-9. */
LANE_FN vec v_erf(vec x)
{
    vec z = v_min(v_set(16.0f), x * x);
    vec p = v_set(6.7913828e-06f), q = v_set(2.604857e-07f);
    q = v_fma(q, z, v_set(7.2563911e-05f));
    p = v_fma(p, z, v_set(0.00041127820f));
    q = v_fma(q, z, v_set(0.0014212090f));
    p = v_fma(p, z, v_set(0.0042264975f));
    q = v_fma(q, z, v_set(0.016295157f));
    p = v_fma(p, z, v_set(0.055749572f));
    q = v_fma(q, z, v_set(0.11749544f));
    p = v_fma(p, z, v_set(0.19287894f));
    q = v_fma(q, z, v_set(0.50426795f));
    p = v_fma(p, z, v_set(1.1283792f));
    q = v_fma(q, z, v_set(1.0f));
    return v_if_less(v_set(3.92f), v_abs(x), v_sign_of(v_set(1), x), x * (p / q));
}

LANE_FN vec act_linear(vec x)
{
    return x;
}

LANE_FN vec act_sigmoid(vec x)
{
    return v_set(1) / (v_set(1) + v_exp(-x));
}

/* Near 0 a polynomial (fit 6.8e-9), because 1 − 2/(e²ˣ + 1) would cancel there. */
LANE_FN vec act_tanh(vec x)
{
    vec a = v_abs(x), z = x * x;
    vec p = v_set(-0.0055151638f);
    p = v_fma(p, z, v_set(0.020469420f));
    p = v_fma(p, z, v_set(-0.053688023f));
    p = v_fma(p, z, v_set(0.13330831f));
    p = v_fma(p, z, v_set(-0.3333326f));
    vec far = v_set(1) - v_set(2) / (v_exp(a + a) + v_set(1));
    return v_if_less(a, v_set(0.625f), v_fma(p * z, x, x), v_sign_of(far, x));
}

LANE_FN vec act_gelu(vec x)
{
    return v_set(0.5f) * x * (v_set(1) + v_erf(x * v_set(0.707106781f)));
}

/* (1 + tanh u)/2 is σ(2u), which keeps its digits for negative u. */
LANE_FN vec act_gelu_tanh(vec x)
{
    vec u = x * v_fma(v_set(0.044715f), x * x, v_set(1));
    return x * act_sigmoid(u * v_set(1.59576912f));
}

LANE_FN vec act_gelu_10(vec x)
{
    return v_min(v_set(10), v_max(v_set(-10), act_gelu(x)));
}

LANE_FN vec act_quick_gelu(vec x)
{
    return x * act_sigmoid(x * v_set(1.702f));
}

LANE_FN vec act_relu(vec x)
{
    return v_max(v_set(0), x);
}

LANE_FN vec act_relu2(vec x)
{
    return act_relu(x) * act_relu(x);
}

LANE_FN vec act_relu6(vec x)
{
    return v_min(v_set(6), act_relu(x));
}

LANE_FN vec act_leaky_relu(vec x)
{
    return v_if_less(x, v_set(0), x * v_set(0.01f), x);
}

LANE_FN vec act_silu(vec x)
{
    return x * act_sigmoid(x);
}

/* tanh(ln(1 + e)) = w/(w + 2) with e = eˣ and w = e·(e + 2). */
LANE_FN vec act_mish(vec x)
{
    vec e = v_exp(v_min(v_set(20), x));
    vec w = e * (e + v_set(2));
    return v_if_less(v_set(20), x, x, x * (w / (w + v_set(2))));
}

LANE_FN vec act_laplace(vec x)
{
    return v_set(0.5f) * (v_set(1) + v_erf((x - v_set(0.707107f)) * v_set(1.0f / (0.282095f * 1.41421356f))));
}

#define ACTIVATION(id, names, formula)                                                                      \
    TARGET static void map_##id(float *x, size_t n)                                                                   \
    {                                                                                                                 \
        for (; n >= LANES; n -= LANES, x += LANES)                                                                    \
            v_store(x, act_##id(v_load(x)));                                                                          \
        if (n > 0)                                                                                                    \
            v_store_part(x, act_##id(v_load_part(x, n)), n);                                                          \
    }
#include "core/op/activation_list.h"
#undef ACTIVATION

TARGET static void add(float *y, const float *x, size_t n)
{
    for (; n >= LANES; n -= LANES, y += LANES, x += LANES)
        v_store(y, v_load(y) + v_load(x));
    if (n > 0)
        v_store_part(y, v_load_part(y, n) + v_load_part(x, n), n);
}

/* Two passes, mean then variance: the one-pass formula cancels. */
TARGET static void norm(const float *x, const float *residual, size_t E, const float *weight, const float *bias, float eps,
                        float *y)
{
    size_t whole = E / LANES * LANES, rest = E - whole;
    vec sum = v_set(0), squares = v_set(0);
    for (size_t i = 0; i < whole; i += LANES) {
        vec v = residual ? v_load(x + i) + v_load(residual + i) : v_load(x + i);
        v_store(y + i, v);
        sum = sum + v;
    }
    if (rest) {
        vec v = v_load_part(x + whole, rest);
        if (residual)
            v = v + v_load_part(residual + whole, rest);
        v_store_part(y + whole, v, rest);
        sum = sum + v;
    }
    vec mean = v_set(v_sum(sum) / (float)E);
    for (size_t i = 0; i < whole; i += LANES) {
        vec d = v_load(y + i) - mean;
        squares = v_fma(d, d, squares);
    }
    if (rest) {
        vec d = v_hide(v_load_part(y + whole, rest) - mean, (1u << rest) - 1, v_set(0));
        squares = v_fma(d, d, squares);
    }
    vec scale = v_set(1.0f / sqrtf(v_sum(squares) / (float)E + eps));
    for (size_t i = 0; i < E; i += LANES) {
        size_t n = E - i < LANES ? E - i : LANES;
        vec v = (v_load_part(y + i, n) - mean) * scale;
        if (weight)
            v = v * v_load_part(weight + i, n);
        if (bias)
            v = v + v_load_part(bias + i, n);
        v_store_part(y + i, v, n);
    }
}

/* y = x/√(mean x² + eps)·(weight + add) */
TARGET static void rms(const float *x, size_t E, const float *weight, float add, float eps, float *y)
{
    vec squares = v_set(0), more = v_set(add);
    for (size_t i = 0; i < E; i += LANES) {
        size_t n = E - i < LANES ? E - i : LANES;
        vec v = v_hide(v_load_part(x + i, n), (uint32_t)((1ull << n) - 1), v_set(0));
        squares = v_fma(v, v, squares);
    }
    vec scale = v_set(1.0f / sqrtf(v_sum(squares) / (float)E + eps));
    for (size_t i = 0; i < E; i += LANES) {
        size_t n = E - i < LANES ? E - i : LANES;
        vec v = v_load_part(x + i, n) * scale;
        if (weight)
            v = v * (v_load_part(weight + i, n) + more);
        v_store_part(y + i, v, n);
    }
}

/* Which of the next n ≤ 16 entries may be seen. */
static inline uint32_t visible(const unsigned char *allowed, size_t bit, size_t n)
{
    uint32_t all = (1u << n) - 1, bits = 0;
    if (!allowed)
        return all;
    for (size_t i = bit / 8; i <= (bit + n - 1) / 8; i++)
        bits |= (uint32_t)allowed[i] << (8 * (i - bit / 8));
    return bits >> bit % 8 & all;
}

/* No finite score in the row: NaN stays visible, an empty row is all zero. */
static void softmax_degenerate(float *row, size_t n, const unsigned char *allowed, size_t bit)
{
    float fill = 0;
    for (size_t i = 0; i < n; i++)
        if (visible(allowed, bit + i, 1) && isnan(row[i]))
            fill = NAN;
    for (size_t i = 0; i < n; i++)
        row[i] = visible(allowed, bit + i, 1) ? fill : 0;
}

TARGET static void softmax(float *row, size_t n, const unsigned char *allowed, size_t bit)
{
    vec low = v_set(-INFINITY), top = low, sum = v_set(0);
    for (size_t i = 0; i < n; i += LANES) {
        size_t part = n - i < LANES ? n - i : LANES;
        vec x = part == LANES ? v_load(row + i) : v_load_part(row + i, part);
        if (allowed || part < LANES)
            x = v_hide(x, visible(allowed, bit + i, part), low);
        top = v_max(top, x);
    }
    float largest = v_largest(top);
    if (!(largest > -INFINITY)) {
        softmax_degenerate(row, n, allowed, bit);
        return;
    }
    top = v_set(largest);
    for (size_t i = 0; i < n; i += LANES) {
        size_t part = n - i < LANES ? n - i : LANES;
        vec x = part == LANES ? v_load(row + i) : v_load_part(row + i, part);
        x = v_exp(x - top);
        if (allowed || part < LANES)
            x = v_hide(x, visible(allowed, bit + i, part), v_set(0));
        sum = sum + x;
        if (part == LANES)
            v_store(row + i, x);
        else
            v_store_part(row + i, x, part);
    }
    vec scale = v_set(1.0f / v_sum(sum));
    for (; n >= LANES; n -= LANES, row += LANES)
        v_store(row, v_load(row) * scale);
    if (n > 0)
        v_store_part(row, v_load_part(row, n) * scale, n);
}

/* Numbers of two bytes as floats. */
#define WIDEN(type)                                                                                                   \
    TARGET static void widen_##type(const void *from, size_t n, float *out)                                           \
    {                                                                                                                 \
        const unsigned char *p = from;                                                                                \
        for (; n >= LANES; n -= LANES, p += 2 * LANES, out += LANES)                                                  \
            v_store(out, v_load_##type(p));                                                                           \
        if (n > 0) {                                                                                                  \
            unsigned char rest[2 * LANES] = {0};                                                                      \
            memcpy(rest, p, 2 * n);                                                                                   \
            v_store_part(out, v_load_##type(rest), n);                                                                \
        }                                                                                                             \
    }
WIDEN(f16)
WIDEN(bf16)
#undef WIDEN

/* ---- maps ---- */

/* ln x of normal numbers > 0: x = 2ᵉ·(1 + r), √½ ≤ 1 + r < √2. Fit 5.8e-9. */
LANE_FN vec v_log(vec x)
{
    const int32_t half = 0x3f3504f3; /* √½ */
    veci e = (v_ints(x) - half) >> 23;
    vec r = v_bits(v_ints(x) - (e << 23)) - v_set(1), z = r * r;
    vec p = v_set(-0.076344997f);
    p = v_fma(p, r, v_set(0.12761578f));
    p = v_fma(p, r, v_set(-0.13160183f));
    p = v_fma(p, r, v_set(0.14201757f));
    p = v_fma(p, r, v_set(-0.16623357f));
    p = v_fma(p, r, v_set(0.20001227f));
    p = v_fma(p, r, v_set(-0.2500082f));
    p = v_fma(p, r, v_set(0.3333333f));
    p = v_fma(p * r, z, v_set(-0.5f) * z) + r;
    return v_fma(__builtin_convertvector(e, vec), v_set(0.693147181f), p);
}

TARGET static bool all_finite(const float *x, size_t n)
{
    vec none = v_set(0), zeros = none; /* ∞·0 and NaN·0 are NaN */
    for (; n >= LANES; n -= LANES, x += LANES)
        zeros = v_fma(v_load(x), none, zeros);
    if (n > 0)
        zeros = v_fma(v_load_part(x, n), none, zeros);
    return v_sum(zeros) == 0;
}

/* Sums of long rows go on in double. */
enum { STRETCH = 16 * LANES };

TARGET static double entropy(const float *p, size_t n, const unsigned char *allowed, size_t bit, float scale, float add)
{
    double all = 0;
    for (size_t from = 0; from < n; from += STRETCH) {
        size_t end = n - from < STRETCH ? n : from + STRETCH;
        vec sum = v_set(0);
        for (size_t i = from; i < end; i += LANES) {
            size_t part = end - i < LANES ? end - i : LANES;
            vec q = v_fma(part == LANES ? v_load(p + i) : v_load_part(p + i, part), v_set(scale), v_set(add));
            if (allowed || part < LANES)
                q = v_hide(q, visible(allowed, bit + i, part), v_set(1)); /* 1·ln 1 is 0 */
            sum = v_fma(q, v_log(q), sum);
        }
        all -= v_sum(sum);
    }
    return all;
}

TARGET static void distance(const float *p, size_t n, size_t i, double *weighted, double *mass)
{
    static const float steps[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    vec away = v_load(steps) - v_set((float)i);
    *weighted = *mass = 0;
    for (size_t from = 0; from < n; from += STRETCH) {
        size_t end = n - from < STRETCH ? n : from + STRETCH;
        vec sum = v_set(0), all = v_set(0);
        for (size_t j = from; j < end; j += LANES, away = away + v_set(LANES)) {
            vec x = end - j < LANES ? v_load_part(p + j, end - j) : v_load(p + j);
            sum = v_fma(x, v_abs(away), sum);
            all = all + x;
        }
        *weighted += v_sum(sum);
        *mass += v_sum(all);
    }
}

/* Half as many columns at once, in double. */
enum { HALF = LANES / 2 };
typedef float vech __attribute__((vector_size(2 * LANES)));
typedef double vecd __attribute__((vector_size(4 * LANES)));
typedef int64_t vecl __attribute__((vector_size(4 * LANES)));

/* Columns [skip,n) of n ≤ HALF. */
LANE_FN void columns_of(const float *x, size_t rows, size_t stride, size_t skip, size_t n, const double *times, double least,
                        double *sum, double *weighted, uint32_t *over)
{
    vecd all = {0}, more = {0}, bound = least - (vecd){0};
    vecl count = {0};
    for (size_t r = 0; r < rows; r++, x += stride) {
        vech narrow = {0};
        __builtin_memcpy(&narrow, x, n * sizeof *x);
        vecd wide = __builtin_convertvector(narrow, vecd), product = wide * times[r];
        all += wide;
        more += product;
        count -= product >= bound;
    }
    for (size_t j = skip; j < n; j++) {
        sum[j] += all[j];
        weighted[j] += more[j];
        over[j] += (uint32_t)count[j];
    }
}

/* The last columns are read with those before them. */
TARGET static void columns(const float *x, size_t rows, size_t stride, size_t n, const double *times, double least, double *sum,
                           double *weighted, uint32_t *over)
{
    for (size_t j = 0; j < n && n >= HALF; j += HALF) {
        size_t at = j + HALF <= n ? j : n - HALF;
        columns_of(x + at, rows, stride, j - at, HALF, times, least, sum + at, weighted + at, over + at);
    }
    if (n < HALF)
        columns_of(x, rows, stride, 0, n, times, least, sum, weighted, over);
}

const struct op_kernel OP_KERNEL = {
    .add = add,
    .norm = norm,
    .rms = rms,
    .softmax = softmax,
    .finite = all_finite,
    .entropy = entropy,
    .distance = distance,
    .columns = columns,
    .activate =
        {
#define ACTIVATION(id, names, formula) [ACT_##id] = map_##id,
#include "core/op/activation_list.h"
#undef ACTIVATION
        },
    .widen_f16 = widen_f16,
    .widen_bf16 = widen_bf16,
};
#endif
