/* The tile kernels, written once in the words of core/op/lanes_*.h. A kernel's file includes its lanes, defines
 *   MICRO_NAME, MICRO_ROWS, MICRO_STRIP_ROWS, MICRO_DOT_ROWS, MICRO_DOT_COLS,
 *   MICRO_FAR_ROWS, MICRO_FAR_COLS (as many sums at most; rows as many as MICRO_DOT_ROWS at least, columns at most),
 *   MICRO_EACH_ROW(X), MICRO_EACH_STRIP(X), MICRO_EACH_DOT(X)
 * and includes this; it gets `micro` and the functions of its row. Each (rows, columns) is a function of its own, so
 * that all sums live in registers. */
#ifdef MICRO_NAME
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

enum { MICRO_COLS = 2 * LANES };

/* Outer products: m rows of a by v vectors of b. Three rows share a pointer, which the empty asm keeps apart from
 * the others: fourteen pointers do not fit the registers. */
LANE_FN void outer_body(const int m, const int v, size_t n, size_t k, const float *a, size_t lda, const float *b,
                        size_t ldb, float alpha, bool add, float *c, size_t ldc)
{
    vec sums[MICRO_ROWS][2];
    const char *p[(MICRO_ROWS + 2) / 3];
    const size_t stride = lda * sizeof(float);
    UNROLL for (int r = 0; r < m; r++) sums[r][0] = sums[r][1] = v_set(0);
    UNROLL for (int i = 0; i < (m + 2) / 3; i++) p[i] = (const char *)(a + 3 * (size_t)i * lda);
    for (; k > 0; k--) {
        vec b0 = v_load(b), b1 = v > 1 ? v_load(b + LANES) : b0;
        UNROLL for (int i = 0; i < (m + 2) / 3; i++) __asm__("" : "+r"(p[i]));
        UNROLL for (int r = 0; r < m; r++)
        {
            vec x = v_set(*(const float *)(const void *)(p[r / 3] + (size_t)(r % 3) * stride));
            sums[r][0] = v_fma(x, b0, sums[r][0]);
            if (v > 1)
                sums[r][1] = v_fma(x, b1, sums[r][1]);
        }
        UNROLL for (int i = 0; i < (m + 2) / 3; i++) p[i] += sizeof(float);
        b += ldb;
    }
    vec factor = v_set(alpha);
    size_t part = n - (size_t)(v - 1) * LANES;
    UNROLL for (int r = 0; r < m; r++, c += ldc)
    {
        vec y0 = sums[r][0] * factor, y1 = sums[r][1] * factor;
        if (v > 1)
            v_store(c, add ? v_load(c) + y0 : y0);
        else
            y1 = y0;
        float *tail = c + (v - 1) * LANES;
        if (part == LANES)
            v_store(tail, add ? v_load(tail) + y1 : y1);
        else
            v_store_part(tail, add ? v_load_part(tail, part) + y1 : y1, part);
    }
}

#define OUTER(M)                                                                                                      \
    TARGET static void outer1_##M(size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,         \
                                  float alpha, bool add, float *c, size_t ldc)                                        \
    {                                                                                                                 \
        outer_body(M, 1, n, k, a, lda, b, ldb, alpha, add, c, ldc);                                                   \
    }                                                                                                                 \
    TARGET static void outer2_##M(size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,         \
                                  float alpha, bool add, float *c, size_t ldc)                                        \
    {                                                                                                                 \
        outer_body(M, 2, n, k, a, lda, b, ldb, alpha, add, c, ldc);                                                   \
    }
MICRO_EACH_ROW(OUTER)
#undef OUTER

enum { STRIP_AHEAD = 12 };

/* `deep` rows of b on from row i, into the sums; those that come later are fetched, which lie pages apart. */
LANE_FN void strip_rows(const int m, const int deep, size_t n, const float *a, size_t lda, const float *b, size_t ldb,
                        bool first, float *sums)
{
    vec x[4 * 4];
    UNROLL for (int r = 0; r < m; r++)
        UNROLL for (int d = 0; d < deep; d++) x[r * deep + d] = v_set(a[(size_t)r * lda + (size_t)d]);
    for (size_t j = 0; j < n; j += LANES) {
        vec w[4];
        UNROLL for (int d = 0; d < deep; d++)
        {
            w[d] = v_load(b + (size_t)d * ldb + j);
            __builtin_prefetch(b + (size_t)(d + STRIP_AHEAD) * ldb + j, 0, 2);
        }
        UNROLL for (int r = 0; r < m; r++)
        {
            vec sum = first ? v_set(0) : v_load(sums + (size_t)r * n + j);
            UNROLL for (int d = 0; d < deep; d++) sum = v_fma(x[r * deep + d], w[d], sum);
            v_store(sums + (size_t)r * n + j, sum);
        }
    }
}

/* Outer products of few rows with b as it lies: four of its rows at a time are read in one long stretch, and the sums
 * [m][n] pass through the first cache. In outer's order: a chain over k that begins at zero, added to c. */
LANE_FN void strip_body(const int m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                        float *sums, bool add, float *c, size_t ldc)
{
    size_t i = 0;
    for (; i + 4 <= k; i += 4)
        strip_rows(m, 4, n, a + i, lda, b + i * ldb, ldb, i == 0, sums);
    for (; i < k; i++)
        strip_rows(m, 1, n, a + i, lda, b + i * ldb, ldb, i == 0, sums);
    for (int r = 0; r < m; r++, c += ldc, sums += n)
        for (size_t j = 0; j < n; j += LANES)
            v_store(c + j, add ? v_load(c + j) + v_load(sums + j) : v_load(sums + j));
}

#define STRIP(M)                                                                                                      \
    TARGET static void strip_##M(size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,          \
                                 float *sums, bool add, float *c, size_t ldc)                                         \
    {                                                                                                                 \
        strip_body(M, n, k, a, lda, b, ldb, sums, add, c, ldc);                                                       \
    }
MICRO_EACH_STRIP(STRIP)
#undef STRIP

static void strip(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *sums,
                  bool add, float *c, size_t ldc)
{
#define STRIP(M) strip_##M,
    static void (*const table[MICRO_STRIP_ROWS])(size_t, size_t, const float *, size_t, const float *, size_t, float *,
                                                 bool, float *, size_t) = {MICRO_EACH_STRIP(STRIP)};
#undef STRIP
    table[m - 1](n, k, a, lda, b, ldb, sums, add, c, ldc);
}

typedef void outer_fn(size_t, size_t, const float *, size_t, const float *, size_t, float, bool, float *, size_t);

static void outer(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float alpha,
                  bool add, float *c, size_t ldc)
{
#define OUTER(M) {outer1_##M, outer2_##M},
    static outer_fn *const table[MICRO_ROWS][2] = {MICRO_EACH_ROW(OUTER)};
#undef OUTER
    table[m - 1][n > LANES](n, k, a, lda, b, ldb, alpha, add, c, ldc);
}

/* Dot products: m rows of x by n rows of w, lanes along the inputs. */
LANE_FN void dot_body(const int m, const int n, const struct micro_dot *call)
{
    vec sums[MICRO_DOT_ROWS * MICRO_DOT_COLS + 3];
    const float *x = call->x, *w = call->w;
    const size_t ldx = call->x_stride, ldw = call->w_stride, k = call->k;
    const char *ahead = call->ahead;
    const size_t ahead_step = call->ahead_step;
    UNROLL for (int i = 0; i < m * n; i++) sums[i] = call->first ? v_set(0) : v_load(call->sums + i * LANES);
    size_t i = 0;
    for (; i + LANES <= k; i += LANES) {
        vec wv[MICRO_DOT_COLS];
        for (size_t line = 0; line < ahead_step; line += 64)
            __builtin_prefetch(ahead + line, 0, 2);
        ahead += ahead_step;
        UNROLL for (int o = 0; o < n; o++) wv[o] = v_load(w + (size_t)o * ldw + i);
        UNROLL for (int r = 0; r < m; r++)
        {
            vec xv = v_load(x + (size_t)r * ldx + i);
            UNROLL for (int o = 0; o < n; o++) sums[r * n + o] = v_fma(xv, wv[o], sums[r * n + o]);
        }
    }
    if (i < k) {
        UNROLL for (int r = 0; r < m; r++)
        {
            vec xv = v_load_part(x + (size_t)r * ldx + i, k - i);
            UNROLL for (int o = 0; o < n; o++)
            {
                vec wv = v_load_part(w + (size_t)o * ldw + i, k - i);
                sums[r * n + o] = v_fma(xv, wv, sums[r * n + o]);
            }
        }
    }
    if (!call->last) {
        UNROLL for (int j = 0; j < m * n; j++) v_store(call->sums + j * LANES, sums[j]);
        return;
    }
    float flat[MICRO_DOT_ROWS * MICRO_DOT_COLS + 3];
    UNROLL for (int j = m * n; j < (m * n + 3) / 4 * 4; j++) sums[j] = v_set(0);
    UNROLL for (int j = 0; j < m * n; j += 4) v_sum4(sums + j, flat + j);
    UNROLL for (int r = 0; r < m; r++)
        UNROLL for (int o = 0; o < n; o++) call->c[(size_t)r * call->c_stride + o] = flat[r * n + o];
}

#define DOT(M, N)                                                                                                     \
    TARGET static void dot_##M##_##N(const struct micro_dot *call)                                                    \
    {                                                                                                                 \
        dot_body(M, N, call);                                                                                         \
    }
MICRO_EACH_DOT(DOT)
#undef DOT

static void dot(size_t m, size_t n, const struct micro_dot *call)
{
#define DOT(M, N) [M - 1][N - 1] = dot_##M##_##N,
    static void (*const table[MICRO_FAR_ROWS][MICRO_DOT_COLS])(const struct micro_dot *) = {MICRO_EACH_DOT(DOT)};
#undef DOT
    table[m - 1][n - 1](call);
}

/* One square of LANES outputs by up to LANES inputs, turned over. */
LANE_FN void pack_square(size_t n, size_t k, const float *w, size_t ldw, float *panel)
{
    vec r[LANES];
    for (size_t o = 0; o < LANES; o++)
        r[o] = o >= n ? v_set(0) : k == LANES ? v_load(w + o * ldw) : v_load_part(w + o * ldw, k);
    v_transpose(r);
    for (size_t i = 0; i < k; i++)
        v_store(panel + i * MICRO_COLS, r[i]);
}

TARGET static void pack(size_t n, size_t k, const float *w, size_t ldw, float *panel)
{
    for (size_t o = 0; o < MICRO_COLS; o += LANES) {
        size_t outs = n > o ? n - o : 0, i = 0;
        if (outs >= LANES) {
            for (; i + LANES <= k; i += LANES) {
                vec r[LANES];
                v_load_turned(w + o * ldw + i, ldw, r);
                UNROLL for (int j = 0; j < LANES; j++) v_store(panel + (i + (size_t)j) * MICRO_COLS + o, r[j]);
            }
        }
        for (; i < k; i += LANES)
            pack_square(outs, k - i < LANES ? k - i : LANES, w + o * ldw + i, ldw, panel + i * MICRO_COLS + o);
    }
}

TARGET static void copy(size_t n, size_t k, const float *w, size_t ldw, float *panels, size_t step)
{
    for (size_t i = 0; i < k; i++, w += ldw, panels += MICRO_COLS)
        for (size_t p = 0; p < n; p++) {
            vec b0 = v_load(w + p * MICRO_COLS), b1 = v_load(w + p * MICRO_COLS + LANES);
            v_store(panels + p * step, b0);
            v_store(panels + p * step + LANES, b1);
        }
}

#ifdef LANES_NARROW
#include "core/product/narrow.h"
#endif

static const struct micro micro = {
    .name = MICRO_NAME,
    .rows = MICRO_ROWS,
    .cols = MICRO_COLS,
    .dot_tile = {MICRO_DOT_ROWS, MICRO_DOT_COLS},
    .far_tile = {MICRO_FAR_ROWS, MICRO_FAR_COLS},
    .lanes = LANES,
    .outer = outer,
    .strip_rows = MICRO_STRIP_ROWS,
    .strip = strip,
    .dot = dot,
    .pack = pack,
    .copy = copy,
#ifdef LANES_NARROW
#define NARROW(kind) [NARROW_##kind] = narrow_##kind,
    .narrow = {NARROWS(NARROW)},
#undef NARROW
#define NARROW(kind) [NARROW_##kind] = widen_##kind,
    .widen = {NARROW_BLOCKS(NARROW)},
#undef NARROW
#endif
};

static bool micro_linear(const struct linear_out *outs, size_t n, const float *x, size_t rows, size_t x_stride,
                         unsigned class, struct err *err)
{
    return tile_linear(&micro, outs, n, x, rows, x_stride, class, err);
}

static void micro_abt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                      bool add, float *c, size_t ldc)
{
    tile_abt(&micro, m, n, k, alpha, a, lda, b, ldb, add, c, ldc);
}

static void micro_ab(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                     bool add, float *c, size_t ldc)
{
    tile_ab(&micro, m, n, k, alpha, a, lda, b, ldb, add, c, ldc);
}
#endif
